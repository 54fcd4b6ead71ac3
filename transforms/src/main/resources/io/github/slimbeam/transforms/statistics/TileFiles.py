class TileFiles(Module):
  __parameters__ = []
  __buffers__ = []

  def add(self: __torch__.TileFiles, total: Tensor, part: Tensor) -> Tensor:
    return torch.add_(total, part, alpha=1)

class LayerDescription(Module):
  __parameters__ = []
  __buffers__ = []

  def add(self: __torch__.LayerDescription, total: Tensor, squares: Tensor, z: Tensor) -> Tensor:
    wide = z.to(7)
    torch.add_(squares, torch.sum(torch.pow(wide, 2), [0], False), alpha=1)
    return torch.add_(total, torch.sum(wide, [0], False), alpha=1)

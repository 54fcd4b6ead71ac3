class LayerDescription(Module):
  __parameters__ = []
  __buffers__ = []

  def add(self: __torch__.LayerDescription, total: Tensor, squares: Tensor, z: Tensor) -> Tensor:
    wide = z.to(7)
    # All new memory before the first change: who runs out of it has added nothing.
    more_squares = torch.sum(torch.pow(wide, 2), [0], False)
    more = torch.sum(wide, [0], False)
    torch.add_(squares, more_squares, alpha=1)
    return torch.add_(total, more, alpha=1)

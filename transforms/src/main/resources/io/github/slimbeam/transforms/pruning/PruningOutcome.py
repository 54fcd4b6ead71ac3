class PruningOutcome(Module):
  __parameters__ = []
  __buffers__ = []

  def columns(self: __torch__.PruningOutcome, w: Tensor, kept: Tensor) -> Tensor:
    return torch.index_select(w, 1, kept)

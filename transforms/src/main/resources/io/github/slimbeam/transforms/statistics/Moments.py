class Moments(Module):
  __parameters__ = []
  __buffers__ = []

  # Puts a tile and its mirror image into the whole matrix.
  def place(self: __torch__.Moments, gram: Tensor, tile: Tensor, r0: int, r1: int, c0: int, c1: int) -> Tensor:
    gram[r0:r1, c0:c1].copy_(tile)
    gram[c0:c1, r0:r1].copy_(torch.t(tile))
    return gram

  def place_sum(self: __torch__.Moments, total: Tensor, part: Tensor, begin: int, end: int) -> Tensor:
    total[begin:end].copy_(part)
    return total

  # ‖ΔW X‖² / ‖W X‖² = tr(ΔW XXᵀ ΔWᵀ) / tr(W XXᵀ Wᵀ), where kept columns of W become v; 0 where W X is 0.
  def relative_error(self: __torch__.Moments, gram: Tensor, w: Tensor, v: Tensor, kept: Tensor) -> Tensor:
    change = torch.neg(w)
    change = torch.index_add(change, 1, kept, v)
    error = torch.sum(torch.matmul(change, gram) * change)
    whole = torch.sum(torch.matmul(w, gram) * w)
    if bool(whole == 0):
      return whole
    return torch.clamp(torch.div(error, whole), 0)

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

  def mean(self: __torch__.Moments, total: Tensor, count: int) -> Tensor:
    return total / float(count)

  def covariance(self: __torch__.Moments, total: Tensor, gram: Tensor, count: int) -> Tensor:
    mean = total / float(count)
    return torch.addr(gram / float(count), mean, mean, beta=1, alpha=-1)

  # ‖ΔW X + b‖² / ‖W X‖², ΔW = Ŵ − W: tr(ΔW XXᵀ ΔWᵀ) + 2 bᵀ ΔW Σx + n ‖b‖² over tr(W XXᵀ Wᵀ); 0 where W X is 0.
  def relative_error(self: __torch__.Moments, gram: Tensor, total: Tensor, count: int, w: Tensor, v: Tensor, b: Tensor, kept: Tensor) -> Tensor:
    change = torch.index_add(torch.neg(w), 1, kept, v)
    error = torch.sum(torch.matmul(change, gram) * change)
    error = error + torch.dot(b, torch.matmul(change, total)) * 2.0 + torch.dot(b, b) * float(count)
    whole = torch.sum(torch.matmul(w, gram) * w)
    if bool(whole == 0):
      return whole
    return torch.clamp(torch.div(error, whole), 0)

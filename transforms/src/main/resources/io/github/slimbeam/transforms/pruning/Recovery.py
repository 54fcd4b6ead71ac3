# What is done to the closing linear once the kept columns R are known. W [m, n], H or C [n, n], float64.
class Recovery(Module):
  __parameters__ = []
  __buffers__ = []

  # Slope and intercept per output: y = W x regressed on W_R x_R (C the covariance, mean the mean of x).
  def regression(self: __torch__.Recovery, w: Tensor, c: Tensor, mean: Tensor, r: Tensor) -> Tuple[Tensor, Tensor]:
    wr = torch.index_select(w, 1, r)
    cr = torch.index_select(c, 0, r)
    covariance = torch.sum(torch.matmul(wr, cr) * w, [1], False)
    variance = torch.sum(torch.matmul(wr, torch.index_select(cr, 1, r)) * wr, [1], False)
    one = torch.ones_like(variance)
    slope = torch.where(variance > 0, covariance / torch.where(variance > 0, variance, one), one)
    intercept = torch.matmul(w, mean) - slope * torch.matmul(wr, torch.index_select(mean, 0, r))
    return (slope, intercept)

  def scaled(self: __torch__.Recovery, w: Tensor, slope: Tensor, r: Tensor) -> Tensor:
    return torch.index_select(w, 1, r) * torch.unsqueeze(slope, 1)

  # The mean of what is gone: W mean − W_R mean_R.
  def lost_mean(self: __torch__.Recovery, w: Tensor, mean: Tensor, r: Tensor) -> Tensor:
    return torch.matmul(w, mean) - torch.matmul(torch.index_select(w, 1, r), torch.index_select(mean, 0, r))

  # W_R = W H[:, R] (H_RR)⁻¹, and 0 or where the factorisation failed.
  def refit(self: __torch__.Recovery, w: Tensor, h: Tensor, r: Tensor) -> Tuple[Tensor, Tensor]:
    hr = torch.index_select(h, 0, r)
    l, info = torch.linalg_cholesky_ex(torch.index_select(hr, 1, r))
    if bool(info != 0):
      return (w, info)
    return (torch.contiguous(torch.t(torch.cholesky_solve(torch.matmul(hr, torch.t(w)), l))), info)

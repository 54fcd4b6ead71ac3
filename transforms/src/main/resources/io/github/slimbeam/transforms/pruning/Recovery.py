# What is done to the closing linear once the kept columns R are known. W [m, n], H or C [n, n], float64.
class Recovery(Module):
  __parameters__ = []
  __buffers__ = []

  # Slope and intercept per output: y = W x regressed on W_R x_R (C the covariance, mean the mean of x). C is a
  # difference of sums: a variance below a 1e-12th of the largest square W_R x_R could have is rounding, not variation.
  def regression(self: __torch__.Recovery, w: Tensor, c: Tensor, mean: Tensor, r: Tensor) -> Tuple[Tensor, Tensor]:
    wr = torch.index_select(w, 1, r)
    cr = torch.index_select(c, 0, r)
    covariance = torch.sum(torch.matmul(wr, cr) * w, [1], False)
    crr = torch.index_select(cr, 1, r)
    variance = torch.sum(torch.matmul(wr, crr) * wr, [1], False)
    mr = torch.index_select(mean, 0, r)
    squares = torch.clamp(torch.diagonal(crr, 0, 0, 1), 0.0) + torch.pow(mr, 2)
    varies = variance > torch.pow(torch.matmul(torch.abs(wr), torch.sqrt(squares)), 2) * 1.0e-12
    one = torch.ones_like(variance)
    slope = torch.where(varies, covariance / torch.where(varies, variance, one), one)
    intercept = torch.matmul(w, mean) - slope * torch.matmul(wr, mr)
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

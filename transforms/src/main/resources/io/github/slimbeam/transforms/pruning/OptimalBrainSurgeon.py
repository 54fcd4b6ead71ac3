# Optimal Brain Surgeon on columns, float64. W [m, n], H [n, n] positive definite, G = H⁻¹; S removed, R kept.
class OptimalBrainSurgeon(Module):
  __parameters__ = []
  __buffers__ = []

  # H = 2 XXᵀ/count; dead inputs get the mean of the live ones on the diagonal (1 where none is live); then damping ·
  # that mean is added to it. X times a constant makes H times its square.
  def hessian(self: __torch__.OptimalBrainSurgeon, gram: Tensor, count: int, damping: float) -> Tensor:
    h = gram * (2.0 / float(count))
    d = torch.diagonal(h, 0, 0, 1)
    dead = (d == 0).to(7)
    mean = torch.sum(d) / torch.clamp(torch.sum(1.0 - dead), 1.0)
    mean = torch.where(mean == 0, torch.ones_like(mean), mean)
    torch.add_(d, dead * mean, alpha=1)
    torch.add_(d, mean * damping, alpha=1)
    return h

  # W with the columns of dead inputs zeroed: they carry nothing.
  def without_dead(self: __torch__.OptimalBrainSurgeon, w: Tensor, gram: Tensor) -> Tensor:
    return w * (torch.diagonal(gram, 0, 0, 1) != 0).to(7)

  # G by Cholesky; the second result is 0, or where the factorisation failed.
  def inverse(self: __torch__.OptimalBrainSurgeon, h: Tensor) -> Tuple[Tensor, Tensor]:
    l, info = torch.linalg_cholesky_ex(h)
    if bool(info != 0):
      return (h, info)
    return (torch.cholesky_inverse(l), info)

  # e_p = Σ_rows W_p² / G_pp, one for each column (SlimGPT eq. 4).
  def column_errors(self: __torch__.OptimalBrainSurgeon, w: Tensor, g: Tensor) -> Tensor:
    return torch.sum(torch.pow(w, 2), [0], False) / torch.diagonal(g, 0, 0, 1)

  # Diagonal blocks [units, d, d] of G.
  def blocks(self: __torch__.OptimalBrainSurgeon, g: Tensor, d: int) -> Tensor:
    units = g.size(0) // d
    b = torch.diagonal(torch.view(g, [units, d, units, d]), 0, 0, 2)
    return torch.contiguous(torch.permute(b, [2, 0, 1]))

  # Σ_columns Σ_rows W² / diag(G): the columns of a unit as if they were alone.
  def diagonal_unit_errors(self: __torch__.OptimalBrainSurgeon, w: Tensor, g: Tensor, d: int) -> Tensor:
    return torch.sum(torch.view(self.column_errors(w, g), [-1, d]), [1], False)

  # As before, with diag(G) after the unit's earlier columns went: L_jj² of the unit's own block (SlimGPT eq. 5).
  def grouped_unit_errors(self: __torch__.OptimalBrainSurgeon, w: Tensor, g: Tensor, d: int) -> Tensor:
    l = torch.linalg_cholesky(self.blocks(g, d))
    pivots = torch.pow(torch.diagonal(l, 0, 1, 2), 2)
    columns = torch.view(torch.sum(torch.pow(w, 2), [0], False), [-1, d])
    return torch.sum(columns / pivots, [1], False)

  # tr(W_u (G_uu)⁻¹ W_uᵀ) = ‖L_u⁻¹ W_uᵀ‖²: the joint error of removing the unit.
  def exact_unit_errors(self: __torch__.OptimalBrainSurgeon, w: Tensor, g: Tensor, d: int) -> Tensor:
    l = torch.linalg_cholesky(self.blocks(g, d))
    wt = torch.view(torch.t(w).contiguous(), [-1, d, w.size(0)])
    return torch.sum(torch.pow(torch.linalg_solve_triangular(l, wt, upper=False, left=True, unitriangular=False), 2), [1, 2], False)

  # Removes S: W_R −= W_S (G_SS)⁻¹ G_SR and G_RR −= G_RS (G_SS)⁻¹ G_SR, both through G_SS = L Lᵀ.
  # With E = L⁻¹ W_Sᵀ and U = L⁻¹ G_SR: W_R −= Eᵀ U, G_RR −= Uᵀ U, and ‖E‖² is the error.
  def remove(self: __torch__.OptimalBrainSurgeon, w: Tensor, g: Tensor, s: Tensor, r: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    gs = torch.index_select(g, 0, s)
    l = torch.linalg_cholesky(torch.index_select(gs, 1, s))
    e = torch.linalg_solve_triangular(l, torch.t(torch.index_select(w, 1, s)), upper=False, left=True, unitriangular=False)
    u = torch.linalg_solve_triangular(l, torch.index_select(gs, 1, r), upper=False, left=True, unitriangular=False)
    wr = torch.index_select(w, 1, r)
    gr = torch.index_select(torch.index_select(g, 0, r), 1, r)
    torch.addmm_(wr, torch.t(e), u, beta=1, alpha=-1)
    torch.addmm_(gr, torch.t(u), u, beta=1, alpha=-1)
    return (wr, gr, torch.sum(torch.pow(e, 2)))

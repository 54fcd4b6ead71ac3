# SlimLLM's scores from moments, float64. W [m, n] closing linear, C [n, n] covariance of its input, u units of d columns.
class SlimLlm(Module):
  __parameters__ = []
  __buffers__ = []

  # Covariance between the units' outputs, channel by channel: S[c, i, j] = W_ci C_ij W_cjᵀ.
  def unit_covariances(self: __torch__.SlimLlm, w: Tensor, c: Tensor, d: int) -> Tensor:
    m = w.size(0)
    u = w.size(1) // d
    s = torch.zeros([m, u, u], dtype=7, device=w.device)
    for i in range(u):
      block = torch.matmul(w[:, i * d:(i + 1) * d], c[i * d:(i + 1) * d])
      s[:, i].copy_(torch.sum(torch.view(block * w, [m, u, d]), [2], False))
    return s

  # J(K) = Σ_c |Pearson_c(Σ_{i∈K} O_i, Σ_i O_i)|; kept is 0 or 1 for each unit, one row a candidate [candidates, u].
  def similarity(self: __torch__.SlimLlm, s: Tensor, kept: Tensor) -> Tensor:
    with_whole = torch.sum(s, [2], False)
    whole = torch.sum(with_whole, [1], True)
    covariance = torch.matmul(with_whole, torch.t(kept))
    variance = torch.sum(torch.matmul(kept, s) * kept, [2], False)
    scale = torch.sqrt(torch.clamp(variance, 0.0) * torch.clamp(whole, 0.0))
    pearson = torch.abs(torch.where(scale > 0, covariance / torch.where(scale > 0, scale, torch.ones_like(scale)), torch.zeros_like(scale)))
    return torch.sum(pearson, [0], False)

  # ‖Z_j‖ · sqrt(Σ_k (⟨w_j, v_k⟩ ω_k)²), with (λ, v) the eigenpairs of the output's scatter n W C Wᵀ and
  # ω = sigmoid(|λ| / mean |λ|).
  def output_scores(self: __torch__.SlimLlm, w: Tensor, c: Tensor, gram: Tensor) -> Tensor:
    scatter = torch.matmul(torch.matmul(w, c), torch.t(w))
    lam, v = torch.linalg_eigh(scatter)
    lam = torch.abs(lam)
    mean = torch.mean(lam)
    omega = torch.sigmoid(lam / torch.where(mean > 0, mean, torch.ones_like(mean)))
    seen = torch.matmul(torch.t(v), w) * torch.unsqueeze(omega, 1)
    norms = torch.sqrt(torch.diagonal(gram, 0, 0, 1))
    return norms * torch.sqrt(torch.sum(torch.pow(seen, 2), [0], False))

  # ‖row_j ⊙ a‖ for each row of an opening linear, a² the squared norms of its input's entries.
  def opening_scores(self: __torch__.SlimLlm, w: Tensor, squared_norms: Tensor) -> Tensor:
    return torch.sqrt(torch.matmul(torch.pow(w.to(7), 2), squared_norms))

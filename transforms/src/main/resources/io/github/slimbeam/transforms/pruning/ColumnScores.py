# Scores of single columns, float64: W [m, n] closing linear, moments of its input.
class ColumnScores(Module):
  __parameters__ = []
  __buffers__ = []

  # ‖W_:j‖²
  def magnitude(self: __torch__.ColumnScores, w: Tensor) -> Tensor:
    return torch.sum(torch.pow(w.to(7), 2), [0], False)

  # Σ_i |W_ij| ‖X_j‖
  def wanda(self: __torch__.ColumnScores, w: Tensor, gram: Tensor) -> Tensor:
    return torch.sum(torch.abs(w), [0], False) * torch.sqrt(torch.diagonal(gram, 0, 0, 1))

  # ‖W_:j‖² Var(X_j), the sample variance
  def fluctuation(self: __torch__.ColumnScores, w: Tensor, gram: Tensor, mean: Tensor, count: int) -> Tensor:
    centred = torch.clamp(torch.diagonal(gram, 0, 0, 1) - torch.pow(mean, 2) * float(count), 0.0)
    return torch.sum(torch.pow(w, 2), [0], False) * centred / float(count - 1)

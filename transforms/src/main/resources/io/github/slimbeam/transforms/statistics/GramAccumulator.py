# x [tokens, n] float32; sums in float64 (7).
class GramAccumulator(Module):
  __parameters__ = []
  __buffers__ = []

  def widen(self: __torch__.GramAccumulator, x: Tensor) -> Tensor:
    return x.to(7)

  # gram += x[:, r0:r1]ᵀ x[:, c0:c1]
  def add_gram(self: __torch__.GramAccumulator, gram: Tensor, x: Tensor, r0: int, r1: int, c0: int, c1: int) -> Tensor:
    return torch.addmm_(gram, torch.t(x[:, r0:r1]), x[:, c0:c1], beta=1, alpha=1)

  # Σ x over tokens
  def token_sum(self: __torch__.GramAccumulator, x: Tensor) -> Tensor:
    return torch.sum(x, [0], False)

  def add(self: __torch__.GramAccumulator, total: Tensor, part: Tensor) -> Tensor:
    return torch.add_(total, part, alpha=1)

  # squares += Σ a² over tokens
  def add_squares(self: __torch__.GramAccumulator, total: Tensor, a: Tensor) -> Tensor:
    return torch.add_(total, torch.sum(torch.pow(a.to(7), 2), [0], False), alpha=1)

  def part(self: __torch__.GramAccumulator, x: Tensor, begin: int, end: int) -> Tensor:
    return torch.contiguous(x[begin:end])

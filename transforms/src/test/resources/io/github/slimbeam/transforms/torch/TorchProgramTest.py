class TorchProgramTest(Module):
  __parameters__ = []
  __buffers__ = []

  def product(self: __torch__.TorchProgramTest, a: Tensor, b: Tensor) -> Tensor:
    return torch.matmul(a, b)

  def both(self: __torch__.TorchProgramTest, a: Tensor) -> Tuple[Tensor, Tensor]:
    return (torch.neg(a), a + a)

  def combine(self: __torch__.TorchProgramTest, w: Dict[str, Tensor], name: str, whole: int, real: float, truth: bool, list: List[int]) -> Tensor:
    y = w[name] * whole + real
    if truth:
      y = y + list[1]
    return y

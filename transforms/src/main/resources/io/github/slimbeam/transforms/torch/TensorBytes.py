# Moves raw elements in and out of tensors. dtype numbers: 5 f16, 6 f32, 15 bf16.
class TensorBytes(Module):
  __parameters__ = []
  __buffers__ = []

  # Fills elements offset... of a flat view of target; bits: the chunk's 16-bit elements are bf16, not f16.
  def fill(self: __torch__.TensorBytes, target: Tensor, offset: int, chunk: Tensor, bits: bool) -> Tensor:
    source = chunk
    if bits:
      source = torch.view_copy(chunk, dtype=15)
    torch.narrow(torch.view(target, [-1]), 0, offset, torch.numel(chunk)).copy_(source)
    return target

  # count elements of x from offset on, rounded to dtype, in the host's memory; bf16 leaves as f16 that holds the same
  # bits.
  def take(self: __torch__.TensorBytes, x: Tensor, offset: int, count: int, dtype: int) -> Tensor:
    y = torch.narrow(torch.reshape(x, [-1]), 0, offset, count).to(dtype)
    if dtype == 15:
      y = torch.view_copy(y, dtype=5)
    return torch.cpu(torch.contiguous(y))

  # x rounded to dtype and back to its own type.
  def rounded(self: __torch__.TensorBytes, x: Tensor, dtype: int) -> Tensor:
    return x.to(dtype).to(x.dtype)

  def finite(self: __torch__.TensorBytes, x: Tensor) -> Tensor:
    return torch.all(torch.isfinite(x)).to(6)

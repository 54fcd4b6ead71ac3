# A decoder layer as LLaMA-like models compute it, in float32. Letters: N tokens of B sequences of T, h hidden size,
# a query heads, g key-value heads, d head size, F channels. Linears are [out, in].

def linear(x: Tensor, w: Dict[str, Tensor], name: str) -> Tensor:
  y = torch.matmul(x, torch.t(w[name + ".weight"]))
  if name + ".bias" in w:
    y = y + w[name + ".bias"]
  return y

def rms_norm(x: Tensor, gain: Tensor, epsilon: float) -> Tensor:
  return gain * (x * torch.rsqrt(torch.mean(torch.pow(x, 2), [-1], True) + epsilon))

def frequencies(d: int, x: Tensor, theta: float, kind: str, factor: float, low: float, high: float, context: float) -> Tensor:
  exponents = torch.div(torch.arange(0, d, 2, dtype=4, device=x.device).to(6), d)
  f = torch.reciprocal(torch.pow(theta, exponents))
  if kind == "linear":
    f = torch.div(f, factor)
  if kind == "llama3":
    smooth = torch.clamp(torch.div(f * (context / 6.283185307179586) - low, high - low), 0.0, 1.0)
    f = torch.div(f, factor) * (1.0 - smooth) + f * smooth
  return f

def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
  half = x.size(-1) // 2
  turned = torch.cat([torch.neg(x[:, :, :, half:]), x[:, :, :, :half]], -1)
  return x * cos + turned * sin

# Queries [B, a, T, d], keys and values [B, g, T, d] of tokens that stand from position begin on, rotated to their places.
def queries_keys_values(x: Tensor, w: Dict[str, Tensor], sequences: int, begin: int, heads: int, groups: int, epsilon: float, theta: float, kind: str, factor: float, low: float, high: float, context: float) -> Tuple[Tensor, Tensor, Tensor]:
  n = __torch__.rms_norm(x, w["norm"], epsilon)
  t = x.size(0) // sequences
  q = __torch__.linear(n, w, "query")
  k = __torch__.linear(n, w, "key")
  v = __torch__.linear(n, w, "value")
  d = q.size(1) // heads
  q = torch.transpose(torch.view(q, [sequences, t, heads, d]), 1, 2)
  k = torch.transpose(torch.view(k, [sequences, t, groups, d]), 1, 2)
  v = torch.transpose(torch.view(v, [sequences, t, groups, d]), 1, 2)
  f = __torch__.frequencies(d, x, theta, kind, factor, low, high, context)
  angles = torch.outer(torch.arange(begin, begin + t, dtype=6, device=x.device), f)
  angles = torch.cat([angles, angles], -1)
  cos = torch.cos(angles)
  sin = torch.sin(angles)
  return (__torch__.rotate(q, cos, sin), __torch__.rotate(k, cos, sin), v)

class DecoderForward(Module):
  __parameters__ = []
  __buffers__ = []

  # x [N, h] -> input of o_proj [N, a d]
  def attention_input(self: __torch__.DecoderForward, x: Tensor, w: Dict[str, Tensor], sequences: int, heads: int, groups: int, epsilon: float, theta: float, kind: str, factor: float, low: float, high: float, context: float) -> Tensor:
    q, k, v = __torch__.queries_keys_values(x, w, sequences, 0, heads, groups, epsilon, theta, kind, factor, low, high, context)
    # Written out: with enable_gqa, PyTorch makes all scores at once in float32, [sequences, heads, t, t].
    if heads != groups:
      k = torch.repeat_interleave(k, heads // groups, 1)
      v = torch.repeat_interleave(v, heads // groups, 1)
    z = torch.scaled_dot_product_attention(q, k, v, None, 0.0, True)
    return torch.reshape(torch.transpose(z, 1, 2), [x.size(0), q.size(1) * q.size(3)])

  # As attention_input, of one sequence's tokens from place begin on; those before have left their keys and values in
  # the caches [g, places, d], into which these put theirs. The queries of a group stand one below the other, so that
  # its keys are read once and not repeated for each.
  def cached_attention_input(self: __torch__.DecoderForward, x: Tensor, w: Dict[str, Tensor], keys: Tensor, values: Tensor, begin: int, heads: int, groups: int, epsilon: float, theta: float, kind: str, factor: float, low: float, high: float, context: float) -> Tensor:
    q, k, v = __torch__.queries_keys_values(x, w, 1, begin, heads, groups, epsilon, theta, kind, factor, low, high, context)
    t = x.size(0)
    d = q.size(3)
    end = begin + t
    keys[:, begin:end].copy_(k[0])
    values[:, begin:end].copy_(v[0])
    k = torch.unsqueeze(keys[:, :end], 0)
    v = torch.unsqueeze(values[:, :end], 0)
    q = torch.reshape(q, [1, groups, heads // groups * t, d])
    if t == 1:
      z = torch.scaled_dot_product_attention(q, k, v, None, 0.0, False)
    else:
      places = torch.arange(0, end, dtype=4, device=x.device)
      seen = torch.unsqueeze(places, 0) <= torch.unsqueeze(places[begin:], 1)
      z = torch.scaled_dot_product_attention(q, k, v, torch.repeat(seen, [heads // groups, 1]), 0.0, False)
    return torch.reshape(torch.transpose(torch.view(torch.contiguous(z), [heads, t, d]), 0, 1), [t, heads * d])

  # x [N, h] -> input of the opening linears [N, h]
  def opening_input(self: __torch__.DecoderForward, x: Tensor, w: Dict[str, Tensor], epsilon: float) -> Tensor:
    return __torch__.rms_norm(x, w["norm"], epsilon)

  # Σ over tokens of cos(x, y), as float64
  def cosine_sum(self: __torch__.DecoderForward, x: Tensor, y: Tensor) -> Tensor:
    return torch.sum(torch.cosine_similarity(x.to(7), y.to(7), -1, 1.0e-12))

  # x [N, h] -> input of down_proj [N, F]
  def ffn_input(self: __torch__.DecoderForward, x: Tensor, w: Dict[str, Tensor], epsilon: float) -> Tensor:
    n = __torch__.rms_norm(x, w["norm"], epsilon)
    return torch.silu(__torch__.linear(n, w, "gate")) * __torch__.linear(n, w, "up")

  # x + z Wᵀ + b, for either sub-layer
  def close(self: __torch__.DecoderForward, x: Tensor, z: Tensor, w: Dict[str, Tensor]) -> Tensor:
    return x + __torch__.linear(z, w, "closing")

  # Puts y into rows of the target from begin on.
  def put(self: __torch__.DecoderForward, target: Tensor, begin: int, y: Tensor) -> Tensor:
    target[begin:begin + y.size(0)].copy_(y)
    return target

  # ids [N] -> [N, h]
  def embed(self: __torch__.DecoderForward, table: Tensor, ids: Tensor) -> Tensor:
    return torch.index_select(table, 0, ids)

  # logits [N, V]
  def logits(self: __torch__.DecoderForward, x: Tensor, gain: Tensor, head: Tensor, epsilon: float) -> Tensor:
    return torch.matmul(__torch__.rms_norm(x, gain, epsilon), torch.t(head))

  # Σ −ln p(ids[t + 1] | …t) over the positions of one sequence, as float64
  def negative_log_likelihood(self: __torch__.DecoderForward, x: Tensor, gain: Tensor, head: Tensor, ids: Tensor, epsilon: float) -> Tensor:
    y = torch.matmul(__torch__.rms_norm(x[:-1], gain, epsilon), torch.t(head))
    p = torch.log_softmax(y, -1, None)
    return torch.neg(torch.sum(torch.gather(p, 1, torch.unsqueeze(ids[1:], 1)).to(7)))

  # ln p(targets[i] | … the token in rows[i]), as float64 [n]
  def log_likelihoods(self: __torch__.DecoderForward, x: Tensor, rows: Tensor, gain: Tensor, head: Tensor, targets: Tensor, epsilon: float) -> Tensor:
    y = torch.matmul(__torch__.rms_norm(torch.index_select(x, 0, rows), gain, epsilon), torch.t(head))
    p = torch.log_softmax(y, -1, None)
    return torch.squeeze(torch.gather(p, 1, torch.unsqueeze(targets, 1)), 1).to(7)

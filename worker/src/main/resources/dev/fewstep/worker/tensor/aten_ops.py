  def group_norm(self: __torch__.Ops, x: Tensor, groups: int, w: Tensor, b: Tensor, eps: float) -> Tensor:
    return torch.group_norm(x, groups, w, b, eps)
  def group_norm_silu(self: __torch__.Ops, x: Tensor, groups: int, w: Tensor, b: Tensor, eps: float) -> Tensor:
    return torch.silu(torch.group_norm(x, groups, w, b, eps))
  def silu(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.silu(x)
  def clamp(self: __torch__.Ops, x: Tensor, least: float, most: float) -> Tensor:
    return torch.clamp(x, least, most)
  def attention(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return torch.scaled_dot_product_attention(q, k, v)
  def conv2d(self: __torch__.Ops, x: Tensor, w: Tensor, b: Tensor, stride: int, pad: int) -> Tensor:
    return torch.conv2d(x, w, b, [stride, stride], [pad, pad])
  def conv2d_no_bias(self: __torch__.Ops, x: Tensor, w: Tensor, stride: List[int], pad: List[int]) -> Tensor:
    return torch.conv2d(x, w, None, stride, pad)
  def avg_pool2d(self: __torch__.Ops, x: Tensor, kernel: int, stride: int, pad: int, include_pad: bool) -> Tensor:
    return torch.avg_pool2d(x, [kernel, kernel], [stride, stride], [pad, pad], False, include_pad)
  def max_pool2d(self: __torch__.Ops, x: Tensor, kernel: int, stride: int, pad: int) -> Tensor:
    return torch.max_pool2d(x, [kernel, kernel], [stride, stride], [pad, pad])
  def pixel_unshuffle(self: __torch__.Ops, x: Tensor, factor: int) -> Tensor:
    return torch.pixel_unshuffle(x, factor)
  def pixel_shuffle(self: __torch__.Ops, x: Tensor, factor: int) -> Tensor:
    return torch.pixel_shuffle(x, factor)
  def upsample_nearest(self: __torch__.Ops, x: Tensor, size: List[int]) -> Tensor:
    return torch.upsample_nearest2d(x, size)
  def upsample_bilinear(self: __torch__.Ops, x: Tensor, size: List[int]) -> Tensor:
    return torch.upsample_bilinear2d(x, size, False)
  def upsample_bilinear_antialias(self: __torch__.Ops, x: Tensor, size: List[int]) -> Tensor:
    return torch._upsample_bilinear2d_aa(x, size, False)
  def upsample_bicubic(self: __torch__.Ops, x: Tensor, size: List[int]) -> Tensor:
    return torch.upsample_bicubic2d(x, size, False)
  def noise(self: __torch__.Ops, shape: List[int], seed: int, dev: str) -> Tensor:
    g = torch.Generator(device=torch.device(dev), seed=seed)
    return torch.randn(shape, generator=g, dtype=6, device=torch.device(dev))
  def noise_rows(self: __torch__.Ops, shape: List[int], seeds: List[int], dev: str) -> Tensor:
    rows = annotate(List[Tensor], [])
    for s in seeds:
      rows.append((self).noise(shape, s, dev))
    return torch.stack(rows)
  def uniform(self: __torch__.Ops, shape: List[int], seed: int, dev: str) -> Tensor:
    g = torch.Generator(device=torch.device(dev), seed=seed)
    return torch.rand(shape, generator=g, dtype=6, device=torch.device(dev))
  def integers(self: __torch__.Ops, high: int, n: int, seed: int, dev: str) -> Tensor:
    g = torch.Generator(device=torch.device(dev), seed=seed)
    return torch.randint(high, [n], generator=g, dtype=4, device=torch.device(dev))
  def dropout(self: __torch__.Ops, x: Tensor, p: float, seed: int, dev: str) -> Tensor:
    g = torch.Generator(device=torch.device(dev), seed=seed)
    mask = torch.bernoulli(torch.empty_like(x), 1.0 - p, generator=g)
    return x * (mask / (1.0 - p))
  def eigh(self: __torch__.Ops, s: Tensor) -> Tuple[Tensor, Tensor]:
    w, v = torch.linalg_eigh(s)
    return (w, v)
  def eigvalsh(self: __torch__.Ops, s: Tensor) -> Tensor:
    return torch.linalg_eigvalsh(s)
  def cholesky(self: __torch__.Ops, s: Tensor) -> Tuple[Tensor, Tensor]:
    l, info = torch.linalg_cholesky_ex(s)
    return (l, info)
  def svdvals(self: __torch__.Ops, s: Tensor) -> Tensor:
    return torch.linalg_svdvals(s)
  def batch_norm_eval(self: __torch__.Ops, x: Tensor, w: Tensor, b: Tensor, mean: Tensor, var: Tensor, eps: float) -> Tensor:
    return torch.batch_norm(x, w, b, mean, var, False, 0., eps, True)
  def global_norm(self: __torch__.Ops, xs: List[Tensor]) -> Tensor:
    norms = annotate(List[Tensor], [])
    for x in xs:
      norms.append(torch.linalg_vector_norm(x))
    return torch.linalg_vector_norm(torch.stack(norms))
  def scale(self: __torch__.Ops, xs: List[Tensor], factor: float) -> Tensor:
    for x in xs:
      _0 = torch.mul_(x, factor)
    return xs[0]
  def ema(self: __torch__.Ops, averages: List[Tensor], xs: List[Tensor], weight: float) -> Tensor:
    for i in range(torch.len(xs)):
      _0 = torch.lerp_(averages[i], xs[i], weight)
    return averages[0]
  def add_lists(self: __torch__.Ops, sums: List[Tensor], xs: List[Tensor]) -> Tensor:
    for i in range(torch.len(xs)):
      _0 = torch.add_(sums[i], xs[i])
    return sums[0]
  def assign(self: __torch__.Ops, targets: List[Tensor], xs: List[Tensor]) -> Tensor:
    for i in range(torch.len(xs)):
      _0 = torch.copy_(targets[i], xs[i])
    return targets[0]
  def adam(self: __torch__.Ops, ws: List[Tensor], gs: List[Tensor], ms: List[Tensor], vs: List[Tensor], lr: float, b1: float, b2: float, eps: float, c1: float, root_c2: float) -> Tensor:
    for i in range(torch.len(ws)):
      m = torch.lerp_(ms[i], gs[i], 1.0 - b1)
      v = torch.addcmul_(torch.mul_(vs[i], b2), gs[i], gs[i], value=1.0 - b2)
      d = torch.add_(torch.div_(torch.sqrt(v), root_c2), eps)
      _0 = torch.addcdiv_(ws[i], m, d, value=-(lr / c1))
    return ws[0]

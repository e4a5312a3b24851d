#!/usr/bin/env python3
"""Values and gradients of layers, losses and metrics by PyTorch, in double precision, as fixtures of
tests/nn/test_layer_values.c (which says how the tensors are called).

    python -m venv .venv && .venv/bin/pip install torch numpy
    .venv/bin/python tests/golden/layers.py [NAME...]     writes tests/golden/layers/NAME.safetensors

Parameters are [in, out], images channels-last: what PyTorch stores otherwise is transposed here.
"""
import json
import pathlib
import struct
import sys
import zlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
FOLDER = pathlib.Path(__file__).parent / "layers"
files = {}


class Draw:
    """Random tensors that follow from a name alone."""

    def __init__(self, name):
        self.generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))

    def __call__(self, *shape, low=-2.0, high=2.0):
        return low + (high - low) * torch.rand(shape, generator=self.generator)

    def ints(self, *shape, low=0, high=3):
        return torch.randint(low, high + 1, shape, generator=self.generator)


def case(function, sample, inputs, f, params=None, buffers=None, f_eval=None):
    """f(inputs..., params dict) -> out, or (out, buffers after) in training; f_eval likewise in evaluation. inputs and
    params: functions of a Draw, or dicts of shapes."""
    draw = Draw(function + "/" + sample)
    out = files.setdefault(function, {})
    xs = [x(draw) if callable(x) else draw(*x) for x in inputs]
    ps = {k: v(draw) if callable(v) else draw(*v, low=-0.7, high=0.7) for k, v in (params or {}).items()}
    bs = {k: v(draw) for k, v in (buffers or {}).items()}
    for i, x in enumerate(xs):
        out[f"{sample}/in{i}"] = x
    for k, v in {**ps, **bs}.items():
        out[f"{sample}/{k}"] = v
    if f_eval:
        out[f"{sample}/out.eval"] = f_eval(*[x.clone() for x in xs], {**ps, **bs})
    if not f:
        return
    leaves = {f"in{i}": x.clone().requires_grad_(x.is_floating_point()) for i, x in enumerate(xs)}
    leaves.update({k: v.clone().requires_grad_() for k, v in ps.items()})
    run = lambda: f(*[leaves[f"in{i}"] for i in range(len(xs))],  # noqa: E731
                    {**{k: leaves[k] for k in ps}, **{k: v.clone() for k, v in bs.items()}})
    try:
        y = run()
    except RuntimeError as e:  # PyTorch has no derivative by some targets
        if "is not differentiable with respect to" not in str(e):
            raise
        for i in range(1, len(xs)):
            leaves[f"in{i}"] = xs[i].clone()
        y = run()
    if isinstance(y, tuple):
        y, after = y
        for k, v in after.items():
            out[f"{sample}/after.{k}"] = v
    out[f"{sample}/out"] = y
    if y.requires_grad:
        u = draw(*y.shape, low=-1.0, high=1.0)
        (u * y).sum().backward()
        out[f"{sample}/u"] = u
        for k, v in leaves.items():
            if v.grad is not None:
                out[f"{sample}/d.{k}"] = v.grad


def write(path, tensors):
    names = {torch.float64: "F64", torch.int64: "I64", torch.int32: "I32", torch.uint8: "U8"}
    order = sorted(tensors, key=lambda k: (-tensors[k].element_size(), k))
    header, data = {}, b""
    for k in order:
        t = tensors[k].detach().contiguous()
        raw = t.numpy().tobytes()
        header[k] = {"dtype": names[t.dtype], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


# ---- layers ----------------------------------------------------------------------------------------------

case("nn_dense", "plain", [(4, 3)], lambda x, p: F.linear(x, p["dense/kernel"].T, p["dense/bias"]),
     {"dense/kernel": (3, 5), "dense/bias": (5,)})
case("nn_dense", "one unit, no bias", [(2, 6)], lambda x, p: F.linear(x, p["dense/kernel"].T), {"dense/kernel": (6, 1)})
case("nn_activate", "tanh", [(4, 3)], lambda x, p: torch.tanh(x))
case("nn_activate", "gelu", [(2, 2, 3)], lambda x, p: F.gelu(x, approximate="tanh"))
case("nn_dropout", "half", [(4, 3)], None, f_eval=lambda x, p: F.dropout(x, 0.5, training=False))

case("nn_dense", "sequence", [(2, 3, 4)], lambda x, p: F.linear(x, p["dense/kernel"].T, p["dense/bias"]),
     {"dense/kernel": (4, 5), "dense/bias": (5,)})
case("nn_spatial_dropout", "half", [(3, 2, 2, 4)], None, f_eval=lambda x, p: F.dropout2d(x, 0.5, training=False))
case("nn_alpha_dropout", "a fifth", [(4, 3)], None, f_eval=lambda x, p: F.alpha_dropout(x, 0.2, training=False))

case("nn_embedding", "sequence", [lambda d: d.ints(2, 5)], lambda i, p: F.embedding(i, p["embed/table"]), {"embed/table": (4, 3)})
case("nn_embedding", "one byte each", [lambda d: d.ints(6).to(torch.uint8)],
     lambda i, p: F.embedding(i.long(), p["embed/table"]), {"embed/table": (4, 3)})
case("nn_embedding", "padded", [lambda d: d.ints(3, 4).to(torch.int32)],
     lambda i, p: F.embedding(i, p["embed/table"], padding_idx=1), {"embed/table": (4, 3)})


def batch_norm(momentum=0.1, eps=1e-5, population=False):
    def f(x, p):
        mean, var = p["bn/mean"], p["bn/variance"]
        y = F.batch_norm(x.movedim(-1, 1), mean, var, p.get("bn/scale"), p.get("bn/bias"), True, momentum, eps)
        if population:  # Keras
            n = x.numel() // x.shape[-1]
            old = (var - momentum * x.detach().reshape(n, -1).var(0)) / (1 - momentum)
            var = (1 - momentum) * old + momentum * x.detach().reshape(n, -1).var(0, unbiased=False)
        return y.movedim(1, -1), {"bn/mean": mean, "bn/variance": var}
    return f


def batch_norm_eval(eps=1e-5):
    return lambda x, p: F.batch_norm(x.movedim(-1, 1), p["bn/mean"], p["bn/variance"], p.get("bn/scale"), p.get("bn/bias"),
                                     False, 0, eps).movedim(1, -1)


def moments(n):
    return {"bn/mean": lambda d: d(n), "bn/variance": lambda d: d(n, low=0.5, high=2)}


def affine(scope, *shape):
    return {scope + "/scale": shape, scope + "/bias": shape}


case("nn_batch_norm", "vectors", [(6, 3)], batch_norm(), affine("bn", 3), moments(3), batch_norm_eval())
case("nn_batch_norm", "images", [(2, 3, 2, 4)], batch_norm(), affine("bn", 4), moments(4), batch_norm_eval())
case("nn_batch_norm", "Keras, no scale, no bias", [(2, 4, 3)], batch_norm(0.01, 1e-3, True), {}, moments(3), batch_norm_eval(1e-3))
def masked_norm(x, mask, p):
    w = mask[..., None] / mask.sum()
    mean = (x * w).sum((0, 1))
    var = ((x - mean) ** 2 * w).sum((0, 1))
    y = (x - mean) / (var + 1e-5).sqrt() * p["bn/scale"] + p["bn/bias"]
    n = mask.sum()
    return y, {"bn/mean": 0.9 * p["bn/mean"] + 0.1 * mean.detach(), "bn/variance": 0.9 * p["bn/variance"] + 0.1 * n / (n - 1) * var.detach()}


case("nn_batch_norm", "mask", [(4, 3, 2), lambda d: torch.tensor([[1, 1, 0], [1, 0, 1], [0, 0, 0], [1, 1, 1]]).to(torch.uint8)], masked_norm,
     affine("bn", 2), moments(2))
case("nn_batch_norm", "frozen", [(4, 3)], lambda x, p: (batch_norm_eval()(x, p), {k: p[k] for k in ("bn/mean", "bn/variance")}),
     affine("bn", 3), moments(3))
case("nn_layer_norm", "sequence", [(2, 3, 4)], lambda x, p: F.layer_norm(x, (4,), p["ln/scale"], p["ln/bias"]), affine("ln", 4))
case("nn_layer_norm", "two axes", [(2, 3, 4)], lambda x, p: F.layer_norm(x, (3, 4), p["ln/scale"], p["ln/bias"], 1e-3),
     affine("ln", 3, 4))
case("nn_rms_norm", "sequence", [(2, 3, 4)], lambda x, p: F.rms_norm(x, (4,), p["rms/scale"], 1e-6), {"rms/scale": (4,)})


def first(f):  # a function of channels-first images, on channels-last ones
    return lambda x, p: f(x.movedim(-1, 1), p).movedim(1, -1)


case("nn_group_norm", "images", [(2, 3, 2, 4)], first(lambda x, p: F.group_norm(x, 2, p["gn/scale"], p["gn/bias"])), affine("gn", 4))
case("nn_group_norm", "vectors", [(3, 6)], lambda x, p: F.group_norm(x, 2, p["gn/scale"], p["gn/bias"]), affine("gn", 6))
case("nn_instance_norm", "series", [(2, 5, 3)],
     first(lambda x, p: F.instance_norm(x, weight=p["in/scale"], bias=p["in/bias"])), affine("in", 3))


def oi(k):  # [size..., in, out] as PyTorch's [out, in, size...]
    n = k.dim() - 2
    return k.permute(n + 1, n, *range(n))


K, B = "conv/kernel", "conv/bias"
case("nn_conv", "causal, dilated", [(2, 6, 3)], first(lambda x, p: F.conv1d(F.pad(x, (4, 0)), oi(p[K]), p[B], dilation=2)),
     {K: (3, 3, 4), B: (4,)})
case("nn_conv", "image", [(2, 4, 4, 2)], first(lambda x, p: F.conv2d(x, oi(p[K]), p[B])), {K: (3, 2, 2, 3), B: (3,)})
case("nn_conv", "strided, groups", [(2, 5, 4, 4)],
     first(lambda x, p: F.conv2d(x, oi(p[K]), p[B], stride=(2, 1), padding=1, groups=2)), {K: (3, 3, 2, 4), B: (4,)})
case("nn_conv", "volume, same", [(1, 3, 2, 3, 2)], first(lambda x, p: F.conv3d(x, oi(p[K]), padding="same")), {K: (3, 3, 3, 2, 2)})
case("nn_conv_transpose", "strided, groups", [(2, 3, 2, 4)],
     first(lambda x, p: F.conv_transpose2d(x, oi(p[K]), p[B], stride=2, padding=(1, 0), output_padding=(1, 0), groups=2)),
     {K: (3, 2, 2, 4), B: (4,)})
case("nn_conv_depthwise", "two of each", [(2, 5, 5, 3)],
     first(lambda x, p: F.conv2d(x, oi(p[K].reshape(3, 3, 1, 6)), p[B], stride=2, groups=3)), {K: (3, 3, 3, 2), B: (6,)})
case("nn_conv_separable", "series", [(2, 6, 3)],
     first(lambda x, p: F.conv1d(F.conv1d(x, oi(p["conv/depthwise/kernel"].reshape(3, 1, 3)), groups=3),
                                 oi(p["conv/pointwise/kernel"]), p["conv/pointwise/bias"])),
     {"conv/depthwise/kernel": (3, 3, 1), "conv/pointwise/kernel": (1, 3, 4), "conv/pointwise/bias": (4,)})
case("nn_upsample", "nearest", [(2, 3, 2, 2)], first(lambda x, p: F.interpolate(x, scale_factor=(2, 3), mode="nearest")))
case("nn_upsample", "bilinear", [(2, 3, 2, 2)], first(lambda x, p: F.interpolate(x, scale_factor=(2, 3), mode="bilinear")))


for name, f in {"elu": F.elu, "relu": F.relu, "sigmoid": torch.sigmoid, "selu": F.selu, "silu": F.silu, "softplus": F.softplus,
                "gelu by erf": F.gelu, "relu6": F.relu6, "leaky relu": F.leaky_relu, "celu": F.celu, "mish": F.mish,
                "softsign": F.softsign, "hard tanh": F.hardtanh, "hard sigmoid": lambda x: F.relu6(x + 3) / 6, "hard swish": F.hardswish,
                "log sigmoid": F.logsigmoid, "tanh shrink": F.tanhshrink}.items():
    # (the derivative of F.hardsigmoid has 1/6 in single precision)
    case("nn_activate", name, [lambda d: d(4, 5, low=-5, high=5)], lambda x, p, f=f: f(x))
case("nn_max_pool", "image", [(2, 4, 6, 2)], first(lambda x, p: F.max_pool2d(x, (2, 3))))
case("nn_max_pool", "series, padded", [(2, 7, 3)], first(lambda x, p: F.max_pool1d(x, 3, 2, 1)))
case("nn_average_pool", "volume", [(1, 3, 2, 3, 2)], first(lambda x, p: F.avg_pool3d(x, 2, 1)))
case("nn_average_pool", "image, padded", [(2, 4, 5, 2)], first(lambda x, p: F.avg_pool2d(x, 3, 2, 1)))
case("nn_adaptive_average_pool", "image", [(2, 4, 5, 2)], first(lambda x, p: F.adaptive_avg_pool2d(x, (2, 3))))
case("nn_adaptive_max_pool", "image", [(2, 4, 5, 2)], first(lambda x, p: F.adaptive_max_pool2d(x, (2, 3))))
case("nn_global_average_pool", "image", [(2, 4, 5, 2)], lambda x, p: x.mean((1, 2)))
case("nn_global_max_pool", "image", [(2, 4, 5, 2)], lambda x, p: x.amax((1, 2)))
case("nn_flatten", "image", [(2, 3, 2, 2)], lambda x, p: torch.flatten(x, 1))
case("nn_pixel_shuffle", "image", [(2, 3, 2, 8)], first(lambda x, p: F.pixel_shuffle(x, 2)))
case("nn_prelu", "each channel", [(2, 3, 4)], first(lambda x, p: F.prelu(x, p["prelu/slope"])), {"prelu/slope": (4,)})
case("nn_prelu", "shared", [(3, 4)], lambda x, p: F.prelu(x, p["prelu/slope"]), {"prelu/slope": (1,)})
case("nn_glu", "vectors", [(3, 6)], lambda x, p: F.glu(x))
case("nn_bilinear", "pair", [(4, 3), (4, 5)], lambda a, b, p: F.bilinear(a, b, p["bi/kernel"], p["bi/bias"]),
     {"bi/kernel": (2, 3, 5), "bi/bias": (2,)})
case("nn_drop_path", "0.4", [(5, 2, 3)], None, f_eval=lambda x, p: x)
case("nn_gaussian_dropout", "0.4", [(4, 3)], None, f_eval=lambda x, p: x)

# Attention.
def dense(p, scope, x):
    return F.linear(x, p[scope + "/kernel"].T, p.get(scope + "/bias"))


def dense_shapes(scope, rows, units, bias=True):
    return {scope + "/kernel": (rows, units), **({scope + "/bias": (units,)} if bias else {})}


def mha_shapes(scope, channels, memory=None, bias=True, width=None, key_width=None):
    width, memory = width or channels, memory or channels
    return {**dense_shapes(scope + "/query", channels, width, bias), **dense_shapes(scope + "/key", memory, key_width or width, bias),
            **dense_shapes(scope + "/value", memory, key_width or width, bias), **dense_shapes(scope + "/out", width, channels, bias)}


def mha(p, scope, x, memory, heads, key_mask=None, causal=False):
    w = [p[f"{scope}/{n}/kernel"].T for n in ("query", "key", "value")]
    t = x.shape[1]
    y, _ = F.multi_head_attention_forward(
        x.transpose(0, 1), memory.transpose(0, 1), memory.transpose(0, 1), x.shape[-1], heads, None,
        torch.cat([p[f"{scope}/{n}/bias"] for n in ("query", "key", "value")]), None, None, False, 0.0,
        p[scope + "/out/kernel"].T, p[scope + "/out/bias"], training=False, need_weights=False,
        key_padding_mask=None if key_mask is None else key_mask == 0,
        attn_mask=torch.ones(t, memory.shape[1]).triu(1).bool() if causal else None, use_separate_proj_weight=True,
        q_proj_weight=w[0], k_proj_weight=w[1], v_proj_weight=w[2])
    return y.transpose(0, 1)


def rotary(x, base=10000.0, first=0):  # as in transformers' Llama
    half = x.shape[-1] // 2
    angle = (first + torch.arange(x.shape[-2]))[:, None] * base ** (-torch.arange(half) / half)
    cos, sin = torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


def grouped(x, p):
    split = lambda y, h: y.reshape(*y.shape[:2], h, -1).transpose(1, 2)  # noqa: E731
    q, k, v = split(dense(p, "mha/query", x), 4), split(dense(p, "mha/key", x), 2), split(dense(p, "mha/value", x), 2)
    y = F.scaled_dot_product_attention(rotary(q), rotary(k), v, is_causal=True, enable_gqa=True)
    return dense(p, "mha/out", y.transpose(1, 2).reshape(2, 4, 8))


case("nn_attend", "bias", [(2, 4, 3, 2), (2, 2, 5, 2), (2, 2, 5, 3), (2, 4, 3, 5)],
     lambda q, k, v, b, p: F.scaled_dot_product_attention(q, k, v, b, enable_gqa=True))
case("nn_attention", "self", [(2, 4, 6)], lambda x, p: mha(p, "mha", x, x, 2), mha_shapes("mha", 6))
case("nn_attention", "causal, key mask", [(2, 4, 6), lambda d: torch.tensor([[1, 1, 0, 1], [1, 0, 1, 0]]).to(torch.uint8)],
     lambda x, k, p: mha(p, "mha", x, x, 2, k, True), mha_shapes("mha", 6))
case("nn_attention", "cross", [(2, 3, 4), (2, 5, 6)], lambda x, y, p: mha(p, "mha", x, y, 2), mha_shapes("mha", 4, 6))
def apart(x, y, z, mask, p):
    def split(v, name, width):
        return (v @ p[f"mha/{name}/kernel"] + p[f"mha/{name}/bias"]).unflatten(-1, (2, width)).transpose(1, 2)
    q, k, v = split(x, "query", 3), split(y, "key", 3), split(z, "value", 2)
    o = F.scaled_dot_product_attention(q, k, v, mask.bool()[:, None]).transpose(1, 2).flatten(2)
    return o @ p["mha/out/kernel"] + p["mha/out/bias"]


case("nn_attention", "keys and values apart, mask of each query",
     [(2, 3, 4), (2, 5, 6), (2, 5, 3), lambda d: (d(2, 3, 5) > -1).to(torch.uint8)], apart,
     {"mha/query/kernel": (4, 6), "mha/query/bias": (6,), "mha/key/kernel": (6, 6), "mha/key/bias": (6,), "mha/value/kernel": (3, 4),
      "mha/value/bias": (4,), "mha/out/kernel": (4, 5), "mha/out/bias": (5,)})
case("nn_attention", "grouped queries, rotary", [(2, 4, 6)], grouped, mha_shapes("mha", 6, bias=False, width=8, key_width=4))
case("nn_rotary", "from the third on", [(2, 3, 5, 4)], lambda x, p: rotary(x, first=3))


def sinusoids(time, width):  # of PyTorch's tutorial on transformers
    table = torch.zeros(time, width)
    angle = torch.arange(time)[:, None] * torch.exp(torch.arange(0, width, 2) * (-torch.log(torch.tensor(10000.0)) / width))
    table[:, 0::2], table[:, 1::2] = angle.sin(), angle.cos()
    return table


case("nn_sinusoidal_positions", "sequence", [(2, 5, 4)], lambda x, p: x + sinusoids(5, 4))
case("nn_learned_positions", "sequence", [(2, 5, 4)], lambda x, p: x + p["position/table"][:5], {"position/table": (6, 4)})


def block_shapes(memory=False, rms=False):
    norms = ["norm1", "norm2"] + (["norm_memory"] if memory else [])
    shapes = {**mha_shapes("block/attention", 4), **dense_shapes("block/dense1", 4, 5), **dense_shapes("block/dense2", 5, 4)}
    for n in norms:
        shapes.update({f"block/{n}/scale": (4,), **({} if rms else {f"block/{n}/bias": (4,)})})
    return {**shapes, **(mha_shapes("block/attention_memory", 4) if memory else {})}


def norm(p, n, x):
    if f"block/{n}/bias" not in p:
        return F.rms_norm(x, (4,), p[f"block/{n}/scale"], 1e-6)
    return F.layer_norm(x, (4,), p[f"block/{n}/scale"], p[f"block/{n}/bias"])


def feed_forward(p, x, f):
    return dense(p, "block/dense2", f(dense(p, "block/dense1", x)))


def gelu(x):
    return F.gelu(x, approximate="tanh")


def encoder(x, p):
    x = norm(p, "norm1", x + mha(p, "block/attention", x, x, 2))
    return norm(p, "norm2", x + feed_forward(p, x, torch.tanh))


def decoder(x, memory, p):
    y = norm(p, "norm1", x)
    x = x + mha(p, "block/attention", y, y, 2, causal=True)
    x = x + mha(p, "block/attention_memory", norm(p, "norm_memory", x), memory, 2)
    return x + feed_forward(p, norm(p, "norm2", x), gelu)


def rms_block(x, p):
    y = norm(p, "norm1", x)
    x = x + mha(p, "block/attention", y, y, 1)
    return x + feed_forward(p, norm(p, "norm2", x), gelu)


case("nn_transformer", "encoder, post-norm", [(2, 3, 4)], encoder, block_shapes())
case("nn_transformer", "decoder, pre-norm", [(2, 3, 4), (2, 2, 4)], decoder, block_shapes(memory=True))
case("nn_transformer", "dropout, RMS norm", [(2, 3, 4)], None, block_shapes(rms=True), f_eval=rms_block)
case("nn_squeeze_excite", "image", [(2, 3, 2, 4)],
     lambda x, p: x * torch.sigmoid(dense(p, "se/dense2", torch.relu(dense(p, "se/dense1", x.mean((1, 2))))))[:, None, None],
     {**dense_shapes("se/dense1", 4, 2), **dense_shapes("se/dense2", 2, 4)})
case("nn_residual", "same", [(3, 4)], lambda x, p: x + torch.tanh(x))
case("nn_residual", "wider", [(2, 3, 4), (2, 3, 5)], lambda x, y, p: y + F.linear(x, p["sum/project/kernel"].T),
     {"sum/project/kernel": (4, 5)})


# Recurrence.
def cell_shapes(scope, rows, units, gates, bias=True):
    shapes = {scope + "/kernel": (rows, gates * units), scope + "/recurrent": (units, gates * units)}
    if bias:
        shapes[scope + "/bias"] = (gates * units,)
    if bias and gates == 3:
        shapes[scope + "/recurrent_bias"] = (units,)
    return shapes


def weights(p, scope):  # as PyTorch has them; its second bias is the GRU's only
    bias = p[scope + "/bias"]
    units = p[scope + "/recurrent"].shape[0]
    second = torch.zeros_like(bias)
    if scope + "/recurrent_bias" in p:
        second = torch.cat([torch.zeros(2 * units), p[scope + "/recurrent_bias"]])
    return [p[scope + "/kernel"].T.contiguous(), p[scope + "/recurrent"].T.contiguous(), bias, second]


def lstm(x, p, scopes, layers=1, bidirectional=False, states=None):
    flat = sum((weights(p, s) for s in scopes), [])
    units = flat[1].shape[1]
    states = states or (torch.zeros(len(scopes), x.shape[0], units),) * 2
    return torch._VF.lstm(x, states, flat, True, layers, 0.0, False, bidirectional, True)


case("nn_rnn", "sequence", [(2, 4, 3)],
     lambda x, p: torch._VF.rnn_tanh(x, torch.zeros(1, 2, 3), weights(p, "rnn"), True, 1, 0.0, False, False, True)[0],
     cell_shapes("rnn", 3, 3, 1))


def rnn_backwards(x, p):
    h = torch.zeros(2, 3)
    for t in reversed(range(4)):
        h = torch.relu(x[:, t] @ p["rnn/kernel"] + h @ p["rnn/recurrent"])
    return h


case("nn_rnn", "relu, reverse, last", [(2, 4, 3)], rnn_backwards, cell_shapes("rnn", 3, 3, 1, False))


def rnn_cells(a, b, p):
    w = weights(p, "rnn")
    return torch.rnn_tanh_cell(b, torch.rnn_tanh_cell(a, torch.zeros(2, 3), *w), *w)


case("nn_rnn", "two steps of the cell", [(2, 3), (2, 3)], rnn_cells, cell_shapes("rnn", 3, 3, 1))
case("nn_gru", "sequence", [(2, 4, 3)],
     lambda x, p: torch._VF.gru(x, torch.zeros(1, 2, 3), weights(p, "gru"), True, 1, 0.0, False, False, True)[0],
     cell_shapes("gru", 3, 3, 3))


def gru_reset_before(x, p):  # Keras with reset_after=False, columns r, z, n
    h, out = torch.zeros(2, 3), []
    wr, wz, wn = p["gru/kernel"].split(3, 1)
    ur, uz, un = p["gru/recurrent"].split(3, 1)
    br, bz, bn = p["gru/bias"].split(3)
    for t in range(3):
        r, z = torch.sigmoid(x[:, t] @ wr + h @ ur + br), torch.sigmoid(x[:, t] @ wz + h @ uz + bz)
        n = torch.tanh(x[:, t] @ wn + bn + (r * h) @ un)
        h = z * h + (1 - z) * n
        out.append(h)
    return torch.stack(out, 1)


before = cell_shapes("gru", 2, 3, 3)
del before["gru/recurrent_bias"]
case("nn_gru", "reset before", [(2, 3, 2)], gru_reset_before, before)


def gru_masked(x, mask, p):
    outs = []
    for scope, times in (("gru/forward", range(4)), ("gru/backward", reversed(range(4)))):
        h, out = torch.zeros(2, 2), [None] * 4
        for t in times:
            h = out[t] = torch.where(mask[:, t:t + 1] > 0, torch.gru_cell(x[:, t], h, *weights(p, scope)), h)
        outs.append(torch.stack(out, 1))
    return torch.cat(outs, -1)


case("nn_gru", "bidirectional, mask", [(2, 4, 3), lambda d: torch.tensor([[1, 1, 1, 0], [0, 1, 0, 1]]).to(torch.uint8)], gru_masked,
     {**cell_shapes("gru/forward", 3, 2, 3), **cell_shapes("gru/backward", 3, 2, 3)})
case("nn_lstm", "sequence", [(2, 4, 3)], lambda x, p: lstm(x, p, ["lstm"])[0], cell_shapes("lstm", 3, 3, 4))


def lstm_states(x, h, c, p):
    _, h, c = lstm(x, p, ["lstm/0", "lstm/1"], 2, states=(h.transpose(0, 1).contiguous(), c.transpose(0, 1).contiguous()))
    return torch.cat([h, c], -1).transpose(0, 1)


case("nn_lstm", "states", [(2, 3, 3), (2, 2, 2), (2, 2, 2)], lstm_states,
     {**cell_shapes("lstm/0", 3, 2, 4), **cell_shapes("lstm/1", 2, 2, 4)})
both = ["lstm/0/forward", "lstm/0/backward", "lstm/1/forward", "lstm/1/backward"]
case("nn_lstm", "bidirectional, two layers", [(2, 3, 2)], lambda x, p: lstm(x, p, both, 2, True)[0],
     {k: v for s in both for k, v in cell_shapes(s, 2 if "/0/" in s else 4, 2, 4).items()})
case("nn_lstm", "stacked, dropout, last", [(2, 3, 2)], None, {**cell_shapes("lstm/0", 2, 2, 4), **cell_shapes("lstm/1", 2, 2, 4)},
     f_eval=lambda x, p: lstm(x, p, ["lstm/0", "lstm/1"], 2)[0][:, -1])


def lstm_stateful(x, p):
    y, h, c = lstm(x, p, ["lstm"], states=(p["lstm/state0"], p["lstm/state1"]))
    return y, {"lstm/state0": h, "lstm/state1": c}


case("nn_lstm", "stateful", [(2, 3, 2)], lstm_stateful, cell_shapes("lstm", 2, 2, 4),
     {"lstm/state0": lambda d: d(1, 2, 2), "lstm/state1": lambda d: d(1, 2, 2)}, lambda x, p: lstm_stateful(x, p)[0])
case("nn_upsample", "bicubic", [(2, 3, 4, 1)], first(lambda x, p: F.interpolate(x, scale_factor=2, mode="bicubic")))
case("nn_local_response_norm", "images", [(2, 2, 2, 5)], first(lambda x, p: F.local_response_norm(x, 3, 0.5)))
case("nn_embedding_bag", "mean, padded", [lambda d: torch.tensor([[0, 1, 2, 3], [1, 1, 1, 2], [3, 3, 0, 0]])],
     lambda i, p: F.embedding_bag(i, p["bag/table"], mode="mean", padding_idx=1), {"bag/table": (4, 3)})
case("nn_embedding_bag", "sum", [lambda d: d.ints(3, 4)], lambda i, p: F.embedding_bag(i, p["bag/table"], mode="sum"),
     {"bag/table": (4, 3)})

# ---- losses ----------------------------------------------------------------------------------------------

case("nn_mse", "pair", [(4, 3), (4, 3)], lambda x, y, p: F.mse_loss(x, y))
case("nn_mae", "pair", [(4, 3), (4, 3)], lambda x, y, p: F.l1_loss(x, y))
case("nn_softmax_cross_entropy", "pair", [(4, 3), lambda d: d(4, 3, low=0, high=1)], lambda x, y, p: F.cross_entropy(x, y))


def unit(*shape, low=0.05, high=0.95):
    return lambda d: d(*shape, low=low, high=high)


M = (4, 3)
case("nn_squared_log_error", "pair", [unit(4, 3, high=3), unit(4, 3, high=3)], lambda x, y, p: ((x + 1).log() - (y + 1).log()).square().mean())
case("nn_relative_error", "pair", [unit(4, 3, high=3), unit(4, 3, low=0.2, high=3)], lambda x, y, p: ((x - y) / y).abs().mean())
case("nn_dice", "images", [unit(2, 3, 4), unit(2, 3, 4)],
     lambda x, y, p: (1 - (2 * (x * y).sum((1, 2)) + 1) / ((x + y).sum((1, 2)) + 1)).mean())
case("nn_categorical_hinge", "pair", [M, lambda d: F.one_hot(d.ints(4, high=2), 3).double()],
     lambda x, y, p: torch.relu(1 + ((1 - y) * x).amax(-1) - (y * x).sum(-1)).mean())


def info_nce(a, b, p):
    similar = F.normalize(a) @ F.normalize(b).T / 0.5
    own = torch.arange(5)
    return (F.cross_entropy(similar, own) + F.cross_entropy(similar.T, own)) / 2


case("nn_info_nce", "pairs", [(5, 3), (5, 3)], info_nce)
case("nn_squared_error", "weights", [M, M, unit(4)], lambda x, y, w, p: (F.mse_loss(x, y, reduction="none") * w[:, None]).mean())
case("nn_absolute_error", "none", [M, M], lambda x, y, p: F.l1_loss(x, y, reduction="none"))
case("nn_huber", "0.7", [M, M], lambda x, y, p: F.huber_loss(x, y, delta=0.7))
case("nn_smooth_l1", "0.7, sum", [M, M], lambda x, y, p: F.smooth_l1_loss(x, y, beta=0.7, reduction="sum"))
case("nn_log_cosh", "pair", [M, M], lambda x, y, p: torch.log(torch.cosh(x - y)).mean())
case("nn_binary_cross_entropy", "pair", [M, unit(4, 3)], lambda x, y, p: F.binary_cross_entropy_with_logits(x, y))
case("nn_binary_cross_entropy", "weighted", [M, unit(4, 3), (4,)],
     lambda x, y, w, p: (w[:, None] * F.binary_cross_entropy_with_logits(x, 0.9 * y + 0.05, reduction="none",
                                                                         pos_weight=torch.tensor(3.0))).sum())
case("nn_binary_cross_entropy_probs", "pair", [unit(4, 3), lambda d: d.ints(4, 3, high=1).double()],
     lambda x, y, p: F.binary_cross_entropy(x, y))


def focal(x, y, p, alpha=0.25, gamma=2):  # torchvision's sigmoid_focal_loss
    q = torch.sigmoid(x)
    p_t = q * y + (1 - q) * (1 - y)
    loss = F.binary_cross_entropy_with_logits(x, y, reduction="none") * (1 - p_t) ** gamma
    return ((alpha * y + (1 - alpha) * (1 - y)) * loss).mean()


case("nn_focal", "pair", [M, lambda d: d.ints(4, 3, high=1).double()], focal)
CLASS = torch.tensor([0.5, 1, 2, 3])
labels = lambda d: d.ints(3, 5)  # noqa: E731
flat = lambda x: x.reshape(-1, x.shape[-1])  # noqa: E731
case("nn_sparse_cross_entropy", "sequence", [(3, 5, 4), labels], lambda x, y, p: F.cross_entropy(flat(x), y.flatten()))
case("nn_sparse_cross_entropy", "class weights, smoothing, ignored", [(3, 5, 4), labels],
     lambda x, y, p: F.cross_entropy(flat(x), y.flatten(), CLASS, ignore_index=2, label_smoothing=0.2))
case("nn_sparse_cross_entropy", "none, weights", [(3, 5, 4), lambda d: d.ints(3, 5).to(torch.int32), (3, 5)],
     lambda x, y, w, p: F.cross_entropy(flat(x), y.flatten().long(), reduction="none").reshape(3, 5) * w)
case("nn_sparse_cross_entropy", "some are no class", [(3, 5, 4), lambda d: d.ints(3, 5, low=-1)],
     lambda x, y, p: F.cross_entropy(flat(x), y.flatten(), ignore_index=-1))
case("nn_nll", "sequence", [(3, 5, 4), labels], lambda x, y, p: F.nll_loss(flat(x), y.flatten()))


def sign(*shape):
    return lambda d: d.ints(*shape, high=1).double() * 2 - 1


case("nn_hinge", "pair", [M, sign(4, 3)], lambda x, y, p: torch.relu(1 - x * y).mean())
case("nn_squared_hinge", "pair", [M, sign(4, 3)], lambda x, y, p: (torch.relu(1 - x * y) ** 2).mean())
case("nn_soft_margin", "pair", [M, sign(4, 3)], lambda x, y, p: F.soft_margin_loss(x, y))
case("nn_hinge_embedding", "pair", [M, sign(4, 3)], lambda x, y, p: F.hinge_embedding_loss(x, y, margin=1.5))
case("nn_multi_margin", "plain", [(5, 4), lambda d: d.ints(5)], lambda x, y, p: F.multi_margin_loss(x, y))
case("nn_multi_margin", "squared, class weights", [(5, 4), lambda d: d.ints(5)],
     lambda x, y, p: F.multi_margin_loss(x, y, p=2, margin=0.6, weight=CLASS))
case("nn_multilabel_soft_margin", "pair", [M, lambda d: d.ints(4, 3, high=1).double()],
     lambda x, y, p: F.multilabel_soft_margin_loss(x, y))
case("nn_kl", "batch mean", [M, unit(4, 3, high=1)], lambda x, y, p: F.kl_div(x, y, reduction="batchmean"))
case("nn_kl", "logarithms", [M, M], lambda x, y, p: F.kl_div(x, y, log_target=True))
R = (5, 3)
case("nn_cosine_embedding", "pairs", [R, R, sign(5)], lambda a, b, y, p: F.cosine_embedding_loss(a, b, y, margin=-0.5))
case("nn_triplet", "triplets", [R, R, R], lambda a, b, c, p: F.triplet_margin_loss(a, b, c, margin=1.5))
case("nn_triplet", "swapped, sum", [R, R, R],
     lambda a, b, c, p: F.triplet_margin_loss(a, b, c, margin=1.5, swap=True, reduction="sum"))
case("nn_margin_ranking", "pairs", [R, R, lambda d: d.ints(5, 3, high=1).double() * 2 - 1],
     lambda a, b, y, p: F.margin_ranking_loss(a, b, y, margin=0.3))


def contrastive(a, b, y, p):
    d = (a - b).norm(dim=1)
    return ((y * d ** 2 + (1 - y) * torch.relu(3 - d) ** 2) / 2).mean()


case("nn_contrastive", "pairs", [R, R, lambda d: d.ints(5, high=1).double()], contrastive)
positive = unit(4, 3, low=0.3, high=4)
whole = lambda d: d.ints(4, 3, high=5).double()  # noqa: E731
case("nn_poisson", "logarithm", [M, whole], lambda x, y, p: F.poisson_nll_loss(x, y))
case("nn_poisson", "rate, full", [positive, whole], lambda x, y, p: F.poisson_nll_loss(x, y.detach(), log_input=False, full=True))
case("nn_gaussian_nll", "full", [M, M, positive], lambda x, y, v, p: F.gaussian_nll_loss(x, y, v, full=True))


def log_nb(mean, theta, x):
    return torch.distributions.NegativeBinomial(theta, logits=torch.log(mean) - torch.log(theta)).log_prob(x)


case("nn_negative_binomial", "counts", [positive, positive, whole], lambda u, t, x, p: -log_nb(u, t, x.detach()).mean())


def zinb(u, t, z, x, p):
    x = (x * (x > 2)).detach()
    nb = F.logsigmoid(-z) + log_nb(u, t, x)
    return -torch.where(x == 0, torch.logaddexp(F.logsigmoid(z), nb), nb).mean()


case("nn_zinb", "counts", [positive, positive, M, whole], zinb)


def ctc(**options):
    return lambda x, y, t, n, p: F.ctc_loss(F.log_softmax(x, -1).transpose(0, 1), y, t, n, **options)


case("nn_ctc", "mean", [(3, 6, 4), lambda d: d.ints(3, 2, low=1), lambda d: d.ints(3, low=5, high=6), lambda d: d.ints(3, high=2)], ctc())
case("nn_ctc", "none, another blank", [(2, 7, 4), lambda d: torch.tensor([[0, 0, 1], [2, 1, 2]]), lambda d: torch.tensor([7, 5]),
                                       lambda d: torch.tensor([3, 2])], ctc(blank=3, reduction="none"))
case("nn_softmax_cross_entropy", "smoothed", [(4, 3), lambda d: d(4, 3, low=0, high=1)],
     lambda x, y, p: F.cross_entropy(x, y, label_smoothing=0.2))

# ---- metrics ---------------------------------------------------------------------------------------------

case("nn_accuracy", "pair", [(4, 3), (4, 3)],
     lambda x, y, p: (x.argmax(-1) == y.argmax(-1)).double().mean())
guesses = [(8, 4), lambda d: torch.tensor([0, 1, 2, 3, -1, 2, 1, 0])]
case("nn_sparse_accuracy", "classes", guesses, lambda x, y, p: (x.argmax(-1) == y).double().mean())
case("nn_top_k_accuracy", "two of four", guesses, lambda x, y, p: (x.topk(2).indices == y[:, None]).any(-1).double().mean())
case("nn_binary_accuracy", "logits", [(4, 3), lambda d: d.ints(4, 3, high=1).double()],
     lambda x, y, p: ((x > 0) == (y > 0.5)).double().mean())

# ----------------------------------------------------------------------------------------------------------

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, tensors in files.items():
        if len(sys.argv) < 2 or name in sys.argv[1:]:
            write(FOLDER / (name + ".safetensors"), tensors)

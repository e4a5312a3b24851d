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

# ---- losses ----------------------------------------------------------------------------------------------

case("nn_mse", "pair", [(4, 3), (4, 3)], lambda x, y, p: F.mse_loss(x, y))
case("nn_mae", "pair", [(4, 3), (4, 3)], lambda x, y, p: F.l1_loss(x, y))
case("nn_softmax_cross_entropy", "pair", [(4, 3), lambda d: d(4, 3, low=0, high=1)], lambda x, y, p: F.cross_entropy(x, y))


def unit(*shape, low=0.05, high=0.95):
    return lambda d: d(*shape, low=low, high=high)


M = (4, 3)
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

# ---- metrics ---------------------------------------------------------------------------------------------

case("nn_accuracy", "pair", [(4, 3), (4, 3)],
     lambda x, y, p: (x.argmax(-1) == y.argmax(-1)).double().mean())

# ----------------------------------------------------------------------------------------------------------

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, tensors in files.items():
        if len(sys.argv) < 2 or name in sys.argv[1:]:
            write(FOLDER / (name + ".safetensors"), tensors)

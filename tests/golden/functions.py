#!/usr/bin/env python3
"""Writes functions.tsv, which tests/autograd/test_functions.c compares with: values and gradients of functions by
PyTorch (and SciPy), in f64.  python functions.py > functions.tsv"""
import sys

import mpmath
import torch
import torch.nn.functional as F
from scipy.special import gammaln, polygamma, psi

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(20)
NAMES = {torch.float64: "f64", torch.float32: "f32", torch.int64: "i64", torch.int32: "i32", torch.uint8: "u8", torch.bool: "u8"}


def row(name, role, t):
    extents = ",".join(str(e) for e in t.shape) or "-"
    values = " ".join(repr(v) for v in t.detach().reshape(-1).to(torch.float64).tolist())
    print(name, role, NAMES[t.dtype], extents, values, sep="\t")


def draw(*shape, low=-2.0, high=2.0):
    return low + (high - low) * torch.rand(shape, generator=generator)


def case(name, function, *inputs):
    """Inputs of float type get a gradient where the output depends on them."""
    print()
    leaves = [i.clone().requires_grad_(i.dtype == torch.float64) for i in inputs]
    out = function(*leaves)
    for i in inputs:
        row(name, "in", i)
    row(name, "out", out)
    if not out.requires_grad:
        return
    dy = draw(*out.shape)
    row(name, "dy", dy)
    wanted = [l for l in leaves if l.requires_grad]
    for l, d in zip(wanted, torch.autograd.grad(out, wanted, dy, allow_unused=True)):
        row(name, "grad", torch.zeros_like(l) if d is None else d)


def scipy_case(name, function, derivative, x):
    """Of one array; where PyTorch has too few digits."""
    print()
    dy = draw(*x.shape)
    row(name, "in", x)
    row(name, "out", torch.tensor(function(x.numpy())))
    row(name, "dy", dy)
    row(name, "grad", dy * torch.tensor(derivative(x.numpy())))


def mpmath_case(name, function, derivative, x):
    def each(f):
        return lambda a: [float(f(mpmath.mpf(v))) for v in a.tolist()]

    scipy_case(name, each(function), each(derivative), x)


special = torch.tensor([0.0, -0.0, 1.0, -1.0, float("inf"), float("-inf"), float("nan"), 0.5, -0.5, 1e-9, 1e9, -1e9, 2.5, -2.5, 1e300])


def elementwise():
    for name, low, high in [
        ("sin", -20, 20), ("cos", -20, 20), ("tan", -1.5, 1.5), ("asin", -1, 1), ("acos", -1, 1), ("atan", -9, 9),
        ("sinh", -5, 5), ("cosh", -5, 5), ("asinh", -50, 50), ("acosh", 1, 50), ("atanh", -1, 1), ("erf", -4, 4),
        ("erfc", -6, 9), ("exp2", -9, 9), ("log2", 0, 9), ("log10", 0, 9),
        ("rsqrt", 0, 9), ("sinc", -3, 3), ("logit", 0, 1), ("floor", -9, 9), ("ceil", -9, 9), ("round", -9, 9),
        ("trunc", -9, 9), ("frac", -9, 9), ("sign", -1, 1), ("isnan", -1, 1), ("isinf", -1, 1), ("isfinite", -1, 1)]:  # fmt: skip
        case(name, getattr(torch, name), draw(14, low=low, high=high))
        case(name, lambda x, f=getattr(torch, name): f(x).detach(), special)
    case("round", torch.round, torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, 4503599627370497.5]))
    scipy_case("lgamma", gammaln, psi, draw(14, low=0.1, high=30))
    scipy_case("lgamma", gammaln, psi, draw(14, low=-9, high=0))
    scipy_case("digamma", psi, lambda x: polygamma(1, x), draw(14, low=0.1, high=30))
    case("digamma", lambda x: torch.digamma(x).detach(), special)
    for n in range(5):  # SciPy's holds for x > 0; PyTorch's trigamma is short of digits
        scipy_case(f"polygamma{n}", lambda x, n=n: polygamma(n, x), lambda x, n=n: polygamma(n + 1, x), draw(14, low=0.1, high=30))
        mpmath_case(f"polygamma{n}", lambda x, n=n: mpmath.psi(n, x), lambda x, n=n: mpmath.psi(n + 1, x), draw(14, low=-30, high=0))
    for name, f in [("maximum", torch.maximum), ("minimum", torch.minimum), ("atan2", torch.atan2), ("fmod", torch.fmod),
                    ("remainder", torch.remainder), ("hypot", torch.hypot), ("logaddexp", torch.logaddexp),
                    ("xlogy", torch.xlogy), ("xlog1py", torch.special.xlog1py), ("power", torch.pow),
                    ("floor_divide", lambda a, b: torch.floor(a / b).detach())]:  # fmt: skip
        low = 0.1 if name in ("xlogy", "xlog1py", "power") else -3
        case(name, f, draw(3, 4, low=low, high=3), draw(4, low=low, high=3))
        some = special[:-1] if name in ("fmod", "remainder") else special  # PyTorch's fmod(1e300, 1e-9) is NaN, C's is not
        a, b = torch.meshgrid(some, some, indexing="ij")
        case(name, lambda x, y, f=f: f(x, y).detach(), a.reshape(-1), b.reshape(-1))
    for name in ["logical_and", "logical_or", "logical_xor", "not_equal"]:
        case(name, getattr(torch, name), torch.tensor([0.0, 0, 1, 2, -1, 0.5]), torch.tensor([0.0, 3, 0, 2, -1, 0.25]))
    tie = torch.tensor([1.0, 2, 3, -1])
    case("maximum", torch.maximum, tie, torch.tensor([1.0, 3, 2, -1]))
    case("minimum", torch.minimum, tie, torch.tensor([1.0, 3, 2, -1]))


def activations():
    # celu and hardsigmoid are written out: the derivatives of PyTorch's own have the digits of a float
    kinks = torch.tensor([0.0, 1.0, -1.0, 3.0, -3.0, 6.0, 0.5, -0.5])
    for name, f in [
        ("relu", F.relu), ("relu6", F.relu6), ("leaky_relu", lambda x: F.leaky_relu(x, 0.1)), ("elu", lambda x: F.elu(x, 0.7)),
        ("celu", lambda x: torch.where(x > 0, x, 0.7 * torch.expm1(x / 0.7))), ("selu", F.selu), ("silu", F.silu), ("mish", F.mish),
        ("gelu", lambda x: F.gelu(x, approximate="tanh")), ("gelu_exact", F.gelu), ("softplus", F.softplus),
        ("logsigmoid", F.logsigmoid), ("softsign", F.softsign), ("hardtanh", lambda x: F.hardtanh(x, -0.5, 1)),
        ("hardsigmoid", lambda x: F.relu6(x + 3) / 6), ("hardswish", F.hardswish), ("threshold", lambda x: F.threshold(x, 0.5, -7)),
        ("softshrink", F.softshrink), ("hardshrink", F.hardshrink), ("tanhshrink", F.tanhshrink),
        ("clamp", lambda x: torch.clamp(x, -0.5, 1)), ("pow_1_5", lambda x: torch.pow(x, 1.5)),
        ("sigmoid", torch.sigmoid)]:  # fmt: skip
        case(name, f, draw(20, low=0.1 if name == "pow_1_5" else -8, high=8))
        if name not in ("pow_1_5", "hardswish", "mish"):
            case(name, f, kinks)
    case("prelu", F.prelu, draw(2, 3, 4), draw(3))
    case("prelu", F.prelu, draw(5), draw(1))


def shapes():
    m, c = draw(3, 4), draw(2, 3, 4)
    case("flip", lambda x: x.flip(1), c)
    case("slice_step", lambda x: x[:, 1:10:3], draw(2, 11))
    case("slice_back", lambda x: torch.flip(x, [1])[:, 1:10:3], draw(2, 11))
    case("slices", lambda x: x[0::2] * x[1::2] + x.flip(0)[0:4] * x[2:6], draw(8))
    case("roll", lambda x: torch.roll(x, -2, 2), c)
    case("stack", lambda *x: torch.stack(x, 1), *[draw(2, 3) for _ in range(3)])
    case("split", lambda x: torch.cat([x.split([1, 4, 2])[2] * 2, x.split([1, 4, 2])[0]]), draw(7, 2))
    case("unbind", lambda x: x.unbind(1)[2] * x.unbind(1)[0], m)
    case("squeeze", lambda x: x.squeeze(1), draw(2, 1, 3))
    case("unsqueeze", lambda x: x.unsqueeze(-1), m)
    case("movedim", lambda x: x.movedim(0, 2), c)
    case("movedim_back", lambda x: x.movedim(-1, 0), c)
    case("swapaxes", lambda x: x.swapaxes(0, -1), c)
    case("flatten", lambda x: x.flatten(1, 2), draw(2, 3, 2, 2))
    case("expand", lambda x: x.expand(2, 3, 4), draw(3, 1))
    case("tile", lambda x: x.tile(2, 1, 3), draw(3, 2))
    case("repeat_interleave", lambda x: x.repeat_interleave(3, 1), m)
    for offset in (-2, 0, 1):
        name = str(offset).replace("-", "minus_")
        case(f"tril_{name}", lambda x, k=offset: x.tril(k), c)
        case(f"triu_{name}", lambda x, k=offset: x.triu(k), c)
        case(f"diagonal_{name}", lambda x, k=offset: x.diagonal(k, 0, 2), draw(3, 2, 4))
        case(f"diag_embed_{name}", lambda x, k=offset: x.diag_embed(k), m)
    case("diag", torch.diag, draw(4))
    case("diag", torch.diag, m)
    case("meshgrid", lambda x, y: torch.meshgrid(x, y, indexing="ij")[1] * torch.meshgrid(x, y, indexing="ij")[0], draw(3), draw(4))
    case("pad_interior", lambda x: torch.stack([x, torch.zeros_like(x), torch.zeros_like(x)], 2).flatten(1)[:, :-2], m)
    case("pad_value", lambda x: F.pad(x, (2, 1), value=0.5), m)
    case("pad_reflect", lambda x: F.pad(x, (3, 2), mode="reflect"), m)
    case("pad_replicate", lambda x: F.pad(x, (5, 2), mode="replicate"), m)
    case("pad_circular", lambda x: F.pad(x, (4, 3), mode="circular"), m)
    case("arange", lambda x: x * torch.arange(1, 4.5, 0.5), draw(7))
    case("linspace", lambda x: x * torch.linspace(-1, 2, 7), draw(7))
    case("eye", lambda x: x * torch.eye(3, 4), m)


def indices():
    index = torch.tensor([[2, 0, 1, 2], [1, 1, 0, 0]])
    case("index_select", lambda x, i: x.index_select(1, i), draw(2, 3, 2), torch.tensor([2, 0, 2, 1]))
    case("embedding", lambda t, i: F.embedding(i, t), draw(3, 2), index)
    case("take_along_axis", lambda x, i: torch.take_along_dim(x, i, 1), draw(2, 3), index)
    case("take_along_axis", lambda x, i: torch.gather(x, 1, i), draw(3, 3), index)
    case("take_along_axis_0", lambda x, i: torch.gather(x, 0, i), draw(3, 4, 2), torch.tensor([[[0, 2], [1, 0], [2, 2]]]))
    case("index_add", lambda x, i, y: x.index_add(1, i, y), draw(2, 3, 2), torch.tensor([2, 0, 2, 1]), draw(2, 4, 2))
    case("put_along_axis_add", lambda x, i, y: x.scatter_add(1, i, y), draw(3, 3), index, draw(2, 4))
    case("one_hot", lambda i: F.one_hot(i, 4).double(), index)


def axes():
    c = draw(2, 3, 4)
    for name, f in [
        ("amax", lambda x: x.amax((0, 2))), ("amin", lambda x: x.amin(1, keepdim=True)), ("mean", lambda x: x.mean((0, 2))),
        ("var_0", lambda x: x.var((1, 2), correction=0)), ("var_1", lambda x: x.var(1, keepdim=True)),
        ("std_1", lambda x: x.std((0, 1))), ("prod", lambda x: x.prod(1)), ("prod_all", lambda x: x.prod()),
        ("norm_1", lambda x: torch.linalg.vector_norm(x, 1, (0, 2))), ("norm_2", lambda x: torch.linalg.vector_norm(x, 2, (0, 2))),
        ("norm_3", lambda x: torch.linalg.vector_norm(x, 3, (0, 2))), ("norm_half", lambda x: torch.linalg.vector_norm(x, 0.5, 1)),
        ("norm_minus_1", lambda x: torch.linalg.vector_norm(x, -1, 1)),
        ("norm_inf", lambda x: torch.linalg.vector_norm(x, float("inf"), (0, 2))),
        ("norm_minus_inf", lambda x: torch.linalg.vector_norm(x, -float("inf"), 1)), ("norm_0", lambda x: torch.linalg.vector_norm(x, 0, 1).detach()),
        ("logsumexp_over", lambda x: x.logsumexp((0, 2))), ("any", lambda x: x.any(1)), ("all", lambda x: x.all(1)),
        ("count_nonzero", lambda x: x.count_nonzero(1).double().detach()), ("cumsum", lambda x: x.cumsum(1)),
        ("cumprod", lambda x: x.cumprod(1)), ("cummax", lambda x: x.cummax(1)[0]), ("cummin", lambda x: x.cummin(1)[0]),
        ("logcumsumexp", lambda x: x.logcumsumexp(1)), ("diff", lambda x: x.diff(dim=1)), ("argsort", lambda x: x.argsort(1)),
        ("argsort_down", lambda x: x.sort(dim=1, descending=True, stable=True)[1]), ("sort", lambda x: x.sort(1)[0]), ("topk", lambda x: x.topk(2, 1)[0]),
        ("topk_places", lambda x: x.topk(2, 1)[1]), ("argmax", lambda x: x.argmax(1)), ("argmin", lambda x: x.argmin(1, keepdim=True)),
        ("kthvalue", lambda x: x.kthvalue(2, 1)[0]), ("median", lambda x: x.median(1)[0]), ("quantile", lambda x: x.quantile(0.3, 1))]:  # fmt: skip
        case(name, f, c)
        case(name, f, draw(2, 5, 3))
    zeros = torch.tensor([[1.0, 0, 3], [0, 2, 0], [4, 5, -6]])
    some_nan = torch.tensor([[1.0, float("nan"), 3], [float("nan"), 2, 0.5], [4, 5, -6]])
    for name, f in [("prod", lambda x: x.prod(1)), ("cumprod", lambda x: x.cumprod(1)), ("any", lambda x: x.any(1)), ("all", lambda x: x.all(1)),
                    ("count_nonzero", lambda x: x.count_nonzero(1).double().detach()), ("norm_2", lambda x: torch.linalg.vector_norm(x * 0, 2, 0)),
                    ("std_1", lambda x: (x * 0).std((0, 1)))]:  # fmt: skip
        if name in ("norm_2", "std_1"):
            case(name, lambda x, n=name: torch.linalg.vector_norm(x, 2, (0, 2)) if n == "norm_2" else x.std((0, 1)), torch.zeros(2, 3, 4))
        else:
            case(name, f, zeros)
    case("nansum", lambda x: x.nansum(1), some_nan)
    case("nanmean", lambda x: x.nanmean(1), some_nan)
    case("nan_to_num", lambda x: x.nan_to_num(0.5, 7, -7), torch.tensor([1.0, float("nan"), float("inf"), -float("inf")]))
    for name, f in [("median", lambda x: x.median(1)[0].detach()), ("quantile", lambda x: x.quantile(0.3, 1).detach()), ("argmax", lambda x: x.argmax(1)),
                    ("argmin", lambda x: x.argmin(1, keepdim=True)), ("sort", lambda x: x.sort(1)[0].detach()), ("argsort_down", lambda x: x.sort(dim=1, descending=True, stable=True)[1]),
                    ("amax", lambda x: x.amax((0, 1)).detach() if x.dim() == 2 else None)]:  # fmt: skip
        if name != "amax":
            case(name, f, some_nan)
    case("argmax", lambda x: x.argmax(1), torch.tensor([[1.0, 3, 3], [2, 2, 1]]))
    case("searchsorted", torch.searchsorted, torch.tensor([1.0, 2, 2, 5]), torch.tensor([[0.0, 2, 5], [9, 1.5, 2]]))
    case("searchsorted_right", lambda s, v: torch.searchsorted(s, v, right=True), torch.tensor([1.0, 2, 2, 5]), torch.tensor([[0.0, 2, 5], [9, 1.5, 2]]))


def last_wins(x, index, y):  # element by element, so that PyTorch's derivative is that of the elements that count
    z = [list(row) for row in x]
    for r, row in enumerate(index.tolist()):
        for c, to in enumerate(row):
            z[r][to] = y[r][c]
    return torch.stack([torch.stack(row) for row in z])


def overwriting():
    case("put_along_axis", lambda x, i, y: x.scatter(1, i, y), draw(3, 3), torch.tensor([[2, 0], [1, 0]]), draw(2, 2))
    case("put_along_axis_0", lambda x, i, y: x.scatter(0, i, y), draw(4, 3), torch.tensor([[3, 0], [1, 2]]), draw(2, 2))
    case("put_along_axis_twice", last_wins, draw(2, 4), torch.tensor([[2, 0, 2, 2, 0], [1, 1, 1, 1, 3]]), draw(2, 5))
    case("index_copy", lambda x, i, y: x.index_copy(1, i, y), draw(2, 4, 3), torch.tensor([2, 0]), draw(2, 2, 3))
    case("index_fill", lambda x, i: x.index_fill(1, i, 0.5), draw(2, 4, 3), torch.tensor([2, 0, 2]))
    case("select_put", lambda x, y: x.select_scatter(y, 1, 2), draw(2, 4, 3), draw(2, 3))


def inverses():
    mpmath.mp.dps = 60
    half = mpmath.sqrt(mpmath.pi) / 2
    inverse = {
        "erfinv": (mpmath.erfinv, lambda x: half * mpmath.exp(mpmath.erfinv(x) ** 2)),
        "erfcinv": (lambda x: mpmath.erfinv(1 - x), lambda x: -half * mpmath.exp(mpmath.erfinv(1 - x) ** 2)),
        "ndtri": (lambda p: mpmath.sqrt(2) * mpmath.erfinv(2 * p - 1), lambda p: 2 * mpmath.sqrt(2) * half * mpmath.exp(mpmath.erfinv(2 * p - 1) ** 2)),
    }
    case("ndtr", torch.special.ndtr, draw(14, low=-9, high=9))
    for name, at in [("erfinv", torch.tensor([1e-300, -1e-9, 0.1, -0.3, 0.4999, 0.5, -0.75, 0.9, 0.999, -1 + 1e-10, 1 - 2.0**-53])),
                     ("erfcinv", torch.tensor([1e-30, 1e-9, 0.1, 0.4999, 0.5, 0.9, 1.0, 1 + 1e-9, 1.5, 1.9, 2 - 2.0**-50])),
                     ("ndtri", torch.tensor([1e-30, 1e-9, 0.05, 0.25, 0.5, 0.6, 0.99, 1 - 2.0**-53]))]:  # fmt: skip
        mpmath_case(name, *inverse[name], at)
    case("erfinv", lambda x: torch.erfinv(x).detach(), special)
    for name, f in [("fmax", torch.fmax), ("fmin", torch.fmin), ("copysign", torch.copysign)]:
        case(name, f, draw(3, 4), draw(4))
        a, b = torch.meshgrid(special, special, indexing="ij")
        case(name, lambda x, y, f=f: f(x, y).detach(), a.reshape(-1), b.reshape(-1))
    case("lerp", torch.lerp, draw(3, 4), draw(4), draw(3, 1))


if __name__ == "__main__":
    print(f"# case, role, element type, extents, values: functions.py by PyTorch {torch.__version__}")
    elementwise()
    activations()
    shapes()
    indices()
    axes()
    overwriting()
    inverses()

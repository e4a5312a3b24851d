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


if __name__ == "__main__":
    print(f"# case, role, element type, extents, values: functions.py by PyTorch {torch.__version__}")
    elementwise()
    activations()

#!/usr/bin/env python3
"""Writes shapes.txt: values and vector-Jacobian products of PyTorch in f64, for tests/autograd/test_peer.c.

    python3 shapes.py > shapes.txt        (torch 2.15.0, numpy 2.4.6)

A case is a line `case KIND TEXT`, then `ints ...`, then arrays as `NAME rank extents... values...`: `in` for each
operand, `out`, `u` (the cotangent of out), `grad` for each operand. Images have channels last, kernels are
[spatial..., in, out]: what PyTorch takes is made from them here."""
import sys

import numpy as np
import torch
import torch.nn.functional as F

rng = np.random.default_rng(20)


def draw(*shape):
    return torch.tensor(rng.integers(-1999, 2000, shape) / 1000.0, dtype=torch.float64)


def spread(*shape):
    """No two numbers alike, for maxima."""
    n = int(np.prod(shape))
    return torch.tensor((rng.permutation(n) - n // 2).reshape(shape) / 16.0, dtype=torch.float64)


def text_of(name, t):
    a = t.detach().numpy()
    return " ".join([name, str(a.ndim), *map(str, a.shape), *("%.17g" % v for v in a.ravel())])


def case(kind, f, inputs, ints=(), text=""):
    inputs = [t.clone().requires_grad_(True) for t in inputs]
    y = f(*inputs)
    u = draw(*y.shape) if y.ndim else draw(1)[0]
    grads = torch.autograd.grad((y * u).sum(), inputs, allow_unused=True)
    print("case", kind, text or "-")
    print("ints", len(ints), *ints)
    for t in inputs:
        print(text_of("in", t))
    print(text_of("out", y))
    print(text_of("u", u))
    for t, d in zip(inputs, grads):
        print(text_of("grad", torch.zeros_like(t) if d is None else d))


def first(x):
    return x.movedim(-1, 1)


def last(y):
    return y.movedim(1, -1)


def oi(w):
    """[spatial..., in, out] as PyTorch's [out, in, spatial...]"""
    return w.movedim((-1, -2), (0, 1))


CONV = [F.conv1d, F.conv2d, F.conv3d]
TRANSPOSED = [F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d]


def convolutions():
    """ints: axes, strides, dilations, padding on both sides, groups"""
    for size, taps, cin, cout, stride, dilation, padding, groups in [
        ([7], [3], 2, 3, [1], [1], [0], 1),
        ([9], [3], 4, 6, [2], [2], [2], 2),
        ([5, 6], [3, 2], 3, 2, [1, 1], [1, 1], [1, 0], 1),
        ([7, 6], [3, 3], 2, 4, [2, 1], [1, 2], [1, 2], 1),
        ([5, 5], [3, 3], 3, 6, [1, 2], [1, 1], [1, 1], 3),
        ([4, 4, 3], [2, 3, 2], 2, 2, [1, 2, 1], [1, 1, 2], [0, 1, 1], 1),
    ]:
        n = len(size)
        ints = [n, *stride, *dilation, *padding, groups]
        x, w = draw(2, *size, cin), draw(*taps, cin // groups, cout)
        case("conv", lambda x, w: last(CONV[n - 1](first(x), oi(w), None, stride, padding, dilation, groups)), [x, w], ints)
    for size, taps, cin, cout, dilation in [([6], [4], 2, 2, [1]), ([5, 6], [2, 3], 2, 3, [2, 1])]:
        n = len(size)
        case("conv_same", lambda x, w: last(CONV[n - 1](first(x), oi(w), None, 1, "same", dilation)),
             [draw(1, *size, cin), draw(*taps, cin, cout)], [n, *dilation])


def transposed():
    """ints: axes, strides, dilations, padding, groups, output padding; kernel [spatial..., out / groups, in]"""
    for size, taps, cin, cout, stride, dilation, padding, groups, extra in [
        ([4], [3], 2, 3, [2], [1], [1], 1, [1]),
        ([3, 4], [3, 2], 4, 2, [2, 1], [1, 2], [1, 0], 2, [1, 0]),
        ([3, 3], [2, 2], 2, 2, [2, 3], [1, 1], [0, 0], 1, [0, 2]),
        ([2, 3, 2], [2, 2, 3], 2, 1, [1, 2, 2], [1, 1, 1], [0, 1, 1], 1, [0, 0, 1]),
    ]:
        n = len(size)
        f = lambda x, w: last(TRANSPOSED[n - 1](first(x), w.movedim((-1, -2), (0, 1)), None, stride, padding, extra, groups,
                                                dilation))
        case("conv_transpose", f, [draw(2, *size, cin), draw(*taps, cout // groups, cin)],
             [n, *stride, *dilation, *padding, groups, *extra])


def pools():
    """ints: axes, sizes, strides, dilations, padding, ceil_mode, count_include_pad"""
    maxima, means = [F.max_pool1d, F.max_pool2d, F.max_pool3d], [F.avg_pool1d, F.avg_pool2d, F.avg_pool3d]
    for size, window, stride, dilation, padding, ceil, count in [
        ([8], [3], [2], [1], [1], 1, 0),
        ([6, 7], [2, 3], [2, 2], [1, 1], [1, 1], 0, 1),
        ([7, 6], [3, 2], [3, 1], [1, 1], [1, 0], 1, 1),
        ([4, 5, 4], [2, 2, 3], [2, 1, 2], [1, 1, 1], [1, 0, 1], 1, 0),
    ]:
        n = len(size)
        ints = [n, *window, *stride, *dilation, *padding, ceil, count]
        x = spread(1, *size, 2)
        case("max_pool", lambda x: last(maxima[n - 1](first(x), window, stride, padding, dilation, bool(ceil))), [x], ints)
        case("average_pool", lambda x: last(means[n - 1](first(x), window, stride, padding, bool(ceil), bool(count))), [x], ints)
    case("max_pool", lambda x: last(F.max_pool2d(first(x), [2, 3], [1, 2], [1, 1], [2, 1])), [spread(2, 6, 5, 1)],
         [2, 2, 3, 1, 2, 2, 1, 1, 1, 0, 0])
    case("lp_pool", lambda x: last(F.lp_pool2d(first(x.abs()), 3.0, [2, 2], [2, 1])), [draw(1, 4, 5, 2)],
         [2, 2, 2, 2, 1, 1, 1, 0, 0, 0, 0])
    for size, places in [([7], [3]), ([6, 5], [3, 2]), ([3, 5, 4], [2, 5, 3])]:
        n = len(size)
        x = spread(1, *size, 2)
        adapt = [F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d][n - 1]
        case("adaptive_average_pool", lambda x: last(adapt(first(x), places)), [x], [n, *places])
        adapt_max = [F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d][n - 1]
        case("adaptive_max_pool", lambda x: last(adapt_max(first(x), places)), [x], [n, *places])


def unfolding():
    """ints: axes 2, sizes, strides, dilations, padding; windows are [batch, places, sizes, channels]"""
    size, stride, dilation, padding = [2, 3], [2, 1], [1, 2], [1, 0]
    ints = [2, *size, *stride, *dilation, *padding]

    def unfold(x):  # [1, c * 2 * 3, 3 * 3] from [1, 5, 7, 2]
        y = F.unfold(first(x), size, dilation, padding, stride)
        return y.reshape(1, 2, 2, 3, 3, 3).permute(0, 4, 5, 2, 3, 1)

    def fold(w):
        return last(F.fold(w.permute(0, 5, 3, 4, 1, 2).reshape(1, 12, 9), [5, 7], size, dilation, padding, stride))

    case("unfold", unfold, [draw(1, 5, 7, 2)], ints)
    case("fold", fold, [draw(1, 3, 3, 2, 3, 2)], [*ints, 5, 7])


def products():
    for equation, *shapes in [
        ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
        ("ij,jk", (3, 4), (4, 2)),
        ("ji,jk->ki", (3, 4), (3, 2)),
        ("i,i->", (4,), (4,)),
        ("i,j->ij", (3,), (4,)),
        ("ij->ji", (3, 4)),
        ("ba", (3, 4)),
        ("ii->i", (4, 4)),
        ("ii", (3, 3)),
        ("iij->j", (3, 3, 2)),
        ("...ii->...i", (2, 3, 3)),
        ("ij->", (3, 4)),
        ("...ij,...jk->...ik", (2, 1, 3, 4), (3, 4, 2)),
        ("i...,i...->...", (3, 2, 2), (3, 1, 2)),
        ("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 5, 4)),
        ("ij,kl->ijkl", (2, 3), (2, 2)),
        ("bi,oij,bj->bo", (2, 3), (4, 3, 2), (2, 2)),
        ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
        ("ab,ac,ad->bcd", (3, 2), (3, 2), (3, 2)),
        ("aBc,Bd", (2, 3, 2), (3, 2)),
        ("ijk,jil->kl", (2, 3, 4), (3, 2, 5)),
        ("i,ij->", (1,), (3, 2)),
        ("ij, jk -> k", (2, 3), (3, 2)),
        ("ijij->ij", (2, 3, 2, 3)),
    ]:
        case("einsum", lambda *x: torch.einsum(equation.replace(" ", ""), *x), [draw(*s) for s in shapes],
             text=equation.replace(" ", "_"))
    case("tensordot", lambda a, b: torch.tensordot(a, b, ([2, 0], [0, 1])), [draw(2, 3, 4), draw(4, 2, 3)], [2, 2, 0, 0, 1])
    case("outer", lambda a, b: torch.outer(a, b), [draw(3), draw(2)])
    case("inner", lambda a, b: torch.inner(a, b), [draw(2, 3), draw(4, 3)])
    case("vdot", lambda a, b: (a * b).sum(), [draw(2, 3), draw(2, 3)])
    case("batch_dot", lambda a, b: torch.linalg.vecdot(a, b), [draw(2, 3), draw(2, 3)])
    case("matvec", lambda a, x: torch.matmul(a, x[..., None])[..., 0], [draw(2, 3, 4), draw(4)])
    case("kron", torch.kron, [draw(2, 3), draw(3, 2)])
    case("bilinear", lambda x, w, y: F.bilinear(x, y, w), [draw(3, 2), draw(4, 2, 3), draw(3, 3)])
    case("lower_triangle", lambda x: torch.tril(x, 1), [draw(2, 3, 4)], [1])
    case("upper_triangle", lambda x: torch.triu(x, -1), [draw(4, 3)], [-1])
    for k, a, b, shape in [(0, 0, 1, (3, 3)), (1, -2, -1, (2, 3, 4)), (-2, 0, 2, (5, 2, 3)), (0, 2, 0, (3, 2, 5))]:
        case("diagonal", lambda x: torch.diagonal(x, k, a, b), [draw(*shape)], [k, a, b])
    case("diagonal_matrix", torch.diag_embed, [draw(2, 3)])
    case("trace", lambda x: torch.diagonal(x, 0, -2, -1).sum(-1), [draw(2, 3, 3)])


def definite(*shape):
    a = draw(*shape)
    return a @ a.mT / 2 + torch.eye(shape[-1], dtype=torch.float64)


def symmetric(a):
    """What ours see of a general matrix"""
    return (a + a.mT) / 2


def columns_by_largest(w, v):
    """Each eigenvector with its largest component positive"""
    at = v.detach().abs().argmax(-2, keepdim=True)
    return v * v.detach().gather(-2, at).sign()


def algebra():
    chol = lambda a: torch.linalg.cholesky(symmetric(a))
    for shape in [(3, 3), (2, 4, 4)]:
        spd, square, right = definite(*shape), draw(*shape), draw(*shape[:-1], 2)
        case("cholesky", chol, [spd])
        case("solve_spd", lambda a, b: torch.linalg.solve(symmetric(a), b), [spd, right])
        case("inverse_spd", lambda a: torch.linalg.inv(symmetric(a)), [spd])
        case("logdet_spd", lambda a: torch.logdet(symmetric(a)), [spd])
        case("solve", torch.linalg.solve, [square, right])
        case("inverse", torch.linalg.inv, [square])
        case("det", torch.linalg.det, [square])
        case("log_det", lambda a: torch.linalg.slogdet(a)[1], [square])
        case("matrix_power", lambda a: torch.linalg.matrix_power(a, 5), [square / 2], [5])
        case("matrix_power", lambda a: torch.linalg.matrix_power(a, -2), [square + 3 * torch.eye(shape[-1])], [-2])
        case("eigh_values", lambda a: torch.linalg.eigvalsh(symmetric(a)), [square])
        case("eigh_vectors", lambda a: columns_by_largest(*torch.linalg.eigh(symmetric(a))), [square])
        lu = lambda i: lambda a: torch.linalg.lu(a)[i]
        case("lu_lower", lu(1), [square])
        case("lu_upper", lu(2), [square])
    case("solve", torch.linalg.solve, [draw(3, 3), draw(3)])
    for shape in [(3, 3), (2, 5, 3), (2, 4), (1, 1)]:
        case("qr_q", lambda a: torch.linalg.qr(a)[0], [draw(*shape)])
        case("qr_r", lambda a: torch.linalg.qr(a)[1], [draw(*shape)])
    case("lstsq", lambda a, b: torch.linalg.lstsq(a, b).solution, [draw(2, 5, 3), draw(2, 5, 2)])
    for flags in range(16):
        upper, turned, unit, right = flags & 1, flags & 2, flags & 4, flags & 8

        def solve(a, b):
            return torch.linalg.solve_triangular(a.mT if turned else a, b, upper=bool(upper) != bool(turned), left=not right,
                                                 unitriangular=bool(unit))

        def masked(a, b):
            return solve(torch.triu(a) if upper else torch.tril(a), b)

        case("triangular_solve", masked, [draw(3, 3) / 2 + 2 * torch.eye(3), draw(2, *((2, 3) if right else (3, 2)))], [flags])


def resized():
    """ints: how (0 nearest, 1 linear, 2 cubic), corners, extents"""
    for size, extents in [([4], [8]), ([5], [3]), ([3, 4], [6, 7]), ([4, 5], [4, 2]), ([2, 3, 2], [4, 3, 5]), ([3, 1], [1, 4])]:
        n, x = len(size), draw(1, *size, 2)
        to = lambda mode, **more: lambda x: last(F.interpolate(first(x), extents, mode=mode, **more))
        case("resize_to", to("nearest"), [x], [0, 0, *extents])
        linear = ["linear", "bilinear", "trilinear"][n - 1]
        for corners in (0, 1):
            case("resize_to", to(linear, align_corners=bool(corners)), [x], [1, corners, *extents])
            if n == 2:
                case("resize_to", to("bicubic", align_corners=bool(corners)), [x], [2, corners, *extents])


def fourier():
    pair = torch.view_as_real
    for shape in [(8,), (2, 7), (2, 1), (3, 2), (96,), (130,)]:
        n = shape[-1]
        case("rfft", lambda x: pair(torch.fft.rfft(x)), [draw(*shape)])
        case("irfft", lambda y: torch.fft.irfft(torch.view_as_complex(y), n), [draw(*shape[:-1], n // 2 + 1, 2)], [n])
    for shape in [(2, 5, 2), (72, 2)]:
        case("fft", lambda x: pair(torch.fft.fft(torch.view_as_complex(x))), [draw(*shape)])
        case("ifft", lambda x: pair(torch.fft.ifft(torch.view_as_complex(x))), [draw(*shape)])


PARTS = [convolutions, transposed, pools, unfolding, products, algebra, resized, fourier]

if __name__ == "__main__":
    for part in PARTS:
        part()

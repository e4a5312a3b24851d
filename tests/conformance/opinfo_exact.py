"""Where PyTorch's numbers are wrong by more than 1e-9, those of mpmath: value, vjps and second-order products of an elementwise function."""
import itertools

import mpmath
import torch

mpmath.mp.dps = 60


def partial(f, at, orders):
    """Scaled by the largest operand, so that the step of the differences can be seen."""
    scale = max(1, *(abs(x) for x in at)) if len(at) > 1 else 1
    if not any(orders):
        return float(f(*at))
    d = mpmath.diff(lambda *x: f(*(a * scale for a in x)), tuple(a / scale for a in at), orders, h=mpmath.mpf(10) ** -20)
    return float(d / scale ** sum(orders))


def elementwise(f):
    """The results for a sample whose inputs are the operands of f; elements with an operand that is not finite stay PyTorch's."""
    def exact(sample, inputs, ys, wrt, weights, first, second):
        shape, n = ys[0].shape, len(inputs)
        full = [x.broadcast_to(shape).reshape(-1) for x in inputs]
        u = weights(0, shape).reshape(-1)
        v = [weights(1000 + i, x.shape).broadcast_to(shape).reshape(-1) for i, x in enumerate(inputs)]
        good = torch.stack([torch.isfinite(x) for x in full]).all(0)
        if not bool(good.all()) and any(x.shape != shape for x in inputs):
            raise AssertionError("not finite, and broadcast")
        value = ys[0].detach().clone().reshape(-1)
        d, h = [torch.zeros_like(u) for _ in inputs], [torch.zeros_like(u) for _ in inputs]
        for e in range(len(u)):
            if not good[e]:
                for i in wrt:
                    d[i][e], h[i][e] = first[wrt.index(i)].reshape(-1)[e], (second or first)[wrt.index(i)].reshape(-1)[e]
                continue
            at = tuple(mpmath.mpf(float(x[e])) for x in full)
            unit = [tuple(int(k == i) for k in range(n)) for i in range(n)]
            value[e] = partial(f, at, (0,) * n)
            for i in wrt:
                d[i][e] = u[e] * partial(f, at, unit[i])
            for i, k in itertools.product(wrt, wrt):
                h[i][e] += u[e] * v[k][e] * partial(f, at, tuple(a + b for a, b in zip(unit[i], unit[k])))
        back = lambda a, x: a.reshape(shape).sum_to_size(x.shape)  # noqa: E731
        return [value.reshape(shape)], [back(d[i], inputs[i]) for i in wrt], [back(h[i], inputs[i]) for i in wrt]
    return exact


def hardsigmoid(x):
    return min(max(x + 3, mpmath.mpf(0)), mpmath.mpf(6)) / 6


def hypot(x, y):  # scaled, for its differences
    return mpmath.sqrt(x * x + y * y)


EXACT = {
    "hypot": ("its derivative is x / hypot, 0 where that overflows", elementwise(hypot)),
    "nn.functional.hardsigmoid": ("its derivative is 1/6 as a 32-bit number", elementwise(hardsigmoid)),
}

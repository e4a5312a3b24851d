"""Exports what PyTorch's optimizers do in 20 steps, in f64, for every set of options of its OptimizerInfo database.

usage: optimizers.py OUTPUT

The problem is one dense layer: mean((tanh(x w + b) - y)^2), w [6, 4], b [4], 16 rows; Muon, which is for matrices, trains
w alone. A line of the output is tab-separated: "data", name, numbers; or "case", optimizer, description, options as
key=value (all that differ from None and False), and then "after", the step, and the numbers of w and b."""
import math
import sys

import torch
from torch.testing._internal.common_optimizers import optim_db

torch.set_default_dtype(torch.float64)
STEPS, SHOWN = 20, (1, 5, 20)
IGNORED = {"foreach", "capturable", "differentiable", "fused"}


def numbers(*tensors):
    return " ".join("%.17g" % v for t in tensors for v in t.detach().flatten().tolist())


def fixed(*shape, phase):
    n = math.prod(shape)
    return torch.tensor([math.sin(1.7 * i + phase) + 0.3 * math.cos(0.9 * i * i + phase) for i in range(n)]).reshape(shape)


def options(defaults):
    words = []
    for key, value in sorted(defaults.items()):
        if key in IGNORED or value is None or value is False:
            continue
        if isinstance(value, torch.Tensor):
            value = float(value)
        if isinstance(value, (tuple, list)):
            words += ["%s%d=%.17g" % (key, i, v) for i, v in enumerate(value) if v is not None]
        elif isinstance(value, str):
            words.append("%s=%s" % (key, value))
        else:
            words.append("%s=%.17g" % (key, value))
    return " ".join(words)


def main(path):
    x, y = fixed(16, 6, phase=0.1), 0.5 * fixed(16, 4, phase=2.0)
    w0, b0 = 0.4 * fixed(6, 4, phase=4.0), 0.1 * fixed(4, phase=5.0)
    with open(path, "w") as out:
        for name, value in (("x", x), ("y", y), ("w", w0), ("b", b0)):
            out.write("data\t%s\t%s\n" % (name, numbers(value)))
        for info in optim_db:
            kind = info.optim_cls.__name__
            for case in info.optim_inputs_func(device="cpu"):
                w, b = w0.clone().requires_grad_(), b0.clone().requires_grad_()
                try:
                    optimizer = info.optim_cls([w] if kind == "Muon" else [w, b], **case.kwargs)
                    lines = []
                    for step in range(1, STEPS + 1):

                        def closure():
                            optimizer.zero_grad()
                            loss = ((torch.tanh(x @ w + b) - y) ** 2).mean()
                            loss.backward()
                            return loss

                        closure()
                        optimizer.step(closure if kind == "LBFGS" else None)
                        if step in SHOWN:
                            lines.append("after\t%d\t%s\n" % (step, numbers(w, b)))
                except RuntimeError as error:  # SparseAdam takes sparse gradients only
                    lines = []
                    print("%s, %s: %s" % (kind, case.desc, error), file=sys.stderr)
                out.write("case\t%s\t%s\t%s\n" % (kind, case.desc, options(optimizer.defaults)))
                out.writelines(lines)


main(sys.argv[1])

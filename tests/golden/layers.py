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
    y = f(*[leaves[f"in{i}"] for i in range(len(xs))], {**{k: leaves[k] for k in ps}, **{k: v.clone() for k, v in bs.items()}})
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

# ---- losses ----------------------------------------------------------------------------------------------

case("nn_mse", "pair", [(4, 3), (4, 3)], lambda x, y, p: F.mse_loss(x, y))
case("nn_mae", "pair", [(4, 3), (4, 3)], lambda x, y, p: F.l1_loss(x, y))
case("nn_softmax_cross_entropy", "pair", [(4, 3), lambda d: d(4, 3, low=0, high=1)], lambda x, y, p: F.cross_entropy(x, y))

# ---- metrics ---------------------------------------------------------------------------------------------

case("nn_accuracy", "pair", [(4, 3), (4, 3)],
     lambda x, y, p: (x.argmax(-1) == y.argmax(-1)).double().mean())

# ----------------------------------------------------------------------------------------------------------

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, tensors in files.items():
        if len(sys.argv) < 2 or name in sys.argv[1:]:
            write(FOLDER / (name + ".safetensors"), tensors)

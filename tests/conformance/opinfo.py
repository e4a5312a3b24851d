#!/usr/bin/env python3
"""PyTorch's OpInfo: samples of its database of operations in double precision, with values, vjps and second-order products.

usage: opinfo.py    writes opinfo.safetensors beside itself, for opinfo.c; reads opinfo.def for the names it can say

The tensor "values" holds all samples' numbers in order. Sample k has metadata "k": "op|arguments|inputs|outputs|mask|second", where
arguments are "0=@0 dim=1 ..." (position or keyword; @i: input i), inputs and outputs are types and shapes ("d2,3 l4": f64[2, 3], i64[4]), bit i
of mask: input i is differentiated, second: 1 if there is a second-order product; then, where PyTorch is wrong and the numbers are mpmath's, how. Its numbers are the inputs, the outputs, the vjp of each
differentiated input for the cotangents weights(k), and the derivative of sum(weights(1000 + i) vjp of i) by each of them.
PyTorch's own wrappers make
matrices symmetric or triangular where it assumes so. A complex output stands as pairs of real and imaginary part. Samples without elements, with complex inputs, or above LARGEST are left out.
"""
import json
import pathlib
import re
import struct
import sys
import warnings

import numpy
import torch
import torch.testing._internal.opinfo.core as core

SMALL = {"S": 3, "M": 4, "L": 6, "XS": 2}  # extents of the samples; PyTorch's own are 5, 10, 20, 3
USUAL = {k: getattr(core, k) for k in SMALL}
vars(core).update(SMALL)
import torch.testing._internal.common_methods_invocations as invocations  # noqa: E402
from torch.testing._internal.opinfo.definitions import _masked, fft, linalg, signal, special  # noqa: E402

from opinfo_exact import EXACT  # noqa: E402

MOST, LARGEST = 6, 400  # samples of an op, numbers of a sample's inputs or outputs
LETTERS = {torch.float64: "d", torch.float32: "f", torch.int64: "l", torch.int32: "i", torch.bool: "b", torch.uint8: "b"}
HERE = pathlib.Path(__file__)
warnings.filterwarnings("ignore")
torch.set_default_dtype(torch.float64)


class Unsaid(Exception):
    """An argument that has no text."""


def weights(seed, shape):  # as weight() of opinfo.c
    n = int(numpy.prod(shape, dtype=numpy.int64))
    x = (numpy.arange(n, dtype=numpy.uint64) * 2654435761 + seed * 40503 + 1) & 0xFFFFFFFF
    x ^= x >> 16
    x = x * 0x45D9F3B & 0xFFFFFFFF
    x ^= x >> 16
    return torch.from_numpy(x.astype(numpy.float64) / 2**32 - 0.5).reshape(shape)


def say(v, inputs):
    if isinstance(v, torch.Tensor):
        if v.is_sparse or v.layout is not torch.strided or v.dtype not in LETTERS:
            raise Unsaid
        inputs.append(v.detach().clone().contiguous())
        return f"@{len(inputs) - 1}"
    if v is None:
        return "N"
    if isinstance(v, bool):
        return str(int(v))
    if isinstance(v, (int, float)):
        return repr(v)
    if isinstance(v, str):
        return "'" + v + "'"
    if isinstance(v, slice):
        return "(" + ":".join(say(a, inputs) for a in (v.start, v.stop, v.step)) + ")"
    if v is Ellipsis:
        return "..."
    if isinstance(v, (list, tuple)):
        return "[" + ",".join(say(a, inputs) for a in v) + "]"
    if isinstance(v, torch.dtype):
        if v not in LETTERS:
            raise Unsaid
        return "'" + str(v)[6:] + "'"
    if isinstance(v, (torch.device, torch.layout, torch.memory_format)):
        return "N"
    raise Unsaid


def put(v, leaves):  # the argument with its tensors taken from leaves, in the order of say()
    if isinstance(v, torch.Tensor):
        return next(leaves)
    return type(v)(put(a, leaves) for a in v) if type(v) in (list, tuple) else v


def flat(y):
    if isinstance(y, torch.Tensor):
        return [torch.view_as_real(y.resolve_conj()) if y.is_complex() else y]
    if isinstance(y, (list, tuple)):
        return [b for a in y for b in flat(a)]
    if isinstance(y, (bool, int, float)):
        return [torch.tensor(y)]
    raise Unsaid


def structure(sample):
    inputs = []
    text = [f"{i}={say(v, inputs)}" for i, v in enumerate([sample.input, *sample.args])]
    text += [f"{k}={say(v, inputs)}" for k, v in sample.kwargs.items()]
    return " ".join(text), inputs


def run(op, sample, leaves):
    given = iter(leaves)
    args = [put(v, given) for v in [sample.input, *sample.args]]
    y = op.gradcheck_wrapper(op.op, *args, **{k: put(v, given) for k, v in sample.kwargs.items()})
    return flat(sample.output_process_fn_grad(y))


def products(ys, leaves, wrt):
    """The vjps and, if there is one, the second-order product."""
    u = sum((weights(k, y.shape) * y).sum() for k, y in enumerate(ys) if y.dtype == torch.float64 and y.requires_grad)
    zeros = [torch.zeros_like(leaves[i]) for i in wrt]
    try:
        g = torch.autograd.grad(u, [leaves[i] for i in wrt], create_graph=True, allow_unused=True)
    except (RuntimeError, NotImplementedError):  # no second order: without it
        u = sum((weights(k, y.shape) * y).sum() for k, y in enumerate(ys) if y.dtype == torch.float64 and y.requires_grad)
        g = torch.autograd.grad(u, [leaves[i] for i in wrt], allow_unused=True)
        return [z if a is None else a for a, z in zip(g, zeros)], None
    v = sum((weights(1000 + i, a.shape) * a).sum() for a, i in zip(g, wrt) if a is not None)
    first = [z if a is None else a.detach() for a, z in zip(g, zeros)]
    if not isinstance(v, torch.Tensor) or not v.requires_grad:
        return first, zeros
    try:
        h = torch.autograd.grad(v, [leaves[i] for i in wrt], allow_unused=True)
    except (RuntimeError, NotImplementedError):
        return first, None
    return first, [z if a is None else a for a, z in zip(h, zeros)]


def differentiate(op, sample, inputs):
    floats = [i for i, x in enumerate(inputs) if x.dtype == torch.float64] if op.supports_autograd else []
    for wrt in (floats, floats[:1], []):  # some refuse derivatives by their later operands
        leaves = [x.clone().requires_grad_(i in wrt) for i, x in enumerate(inputs)]
        try:
            ys = run(op, sample, [x.clone() if x.requires_grad else x for x in leaves])
            if not wrt or not any(y.requires_grad and y.dtype == torch.float64 for y in ys):
                return ys, [], [], []
            first, second = products(ys, leaves, wrt)
            return ys, wrt, first, second
        except (RuntimeError, NotImplementedError):
            if not wrt:
                raise
    raise AssertionError


def types(xs):
    return " ".join(LETTERS[x.dtype] + ",".join(map(str, x.shape)) for x in xs)


def samples_of(op, sizes):
    for module in (core, invocations, _masked, fft, linalg, signal, special):
        vars(module).update({k: v for k, v in sizes.items() if k in vars(module)})
    torch.manual_seed(1)
    numpy.random.seed(1)
    dtype = next(d for d in (torch.float64, torch.int64, torch.bool) if not op.supported_dtypes("cpu") or d in op.supported_dtypes("cpu"))
    return list(op.sample_inputs("cpu", dtype, requires_grad=False))


def chosen(op, sizes):
    """At most MOST samples of different structure, spread over all; if all are large, the two smallest."""
    seen, some, large = set(), [], []
    for sample in samples_of(op, sizes):
        try:
            text, inputs = structure(sample)
        except Unsaid:
            continue
        key = (text, types(inputs))
        if key in seen or not all(x.numel() for x in inputs):
            continue
        seen.add(key)
        n = sum(x.numel() for x in inputs)
        (some if n <= LARGEST else large).append((sample, text, inputs))
    step = max(1, -(-len(some) // MOST))
    return some[::step] or sorted(large, key=lambda a: sum(x.numel() for x in a[2]))[:2]


def export(op, name, notes, values):
    for sizes in (SMALL, USUAL):
        try:
            made = list(exported(op, name, sizes))
            break
        except (RuntimeError, IndexError):
            if sizes is USUAL:
                raise
    for note, numbers in made:
        notes[str(len(notes))] = note
        values += numbers
    return len(made)


def exported(op, name, sizes):
    for sample, text, inputs in chosen(op, sizes):
        torch.manual_seed(2)
        try:
            ys, wrt, first, second = differentiate(op, sample, inputs)
            word = types(ys)
        except (Unsaid, KeyError):
            continue
        if not all(y.numel() for y in ys) or sum(y.numel() for y in ys) > 3 * LARGEST:
            continue
        if name in EXACT and wrt:
            ys, first, second = EXACT[name][1](sample, inputs, ys, wrt, weights, first, second)
        note = "|".join([name, text, types(inputs), word, str(sum(1 << i for i in wrt)), str(int(second is not None))])
        note += "|" + EXACT[name][0] if name in EXACT else ""
        yield note, [numbers(x) for x in [*inputs, *ys, *first, *(second or [])]]


def numbers(x):
    x = x.to_dense() if x.is_sparse else x
    return (x.detach().to(torch.float64) + torch.zeros(x.shape)).reshape(-1).numpy()


def write(path, notes, values):
    raw = numpy.concatenate(values).astype("<f8").tobytes()
    header = {"__metadata__": notes, "values": {"dtype": "F64", "shape": [len(raw) // 8], "data_offsets": [0, len(raw)]}}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + raw)


def main():
    rows = set(re.findall(r'^ROWS?\("([^"]+)"', HERE.with_suffix(".def").read_text(), re.M))
    refused = set(re.findall(r'^REFUSED\("([^"]+)"', HERE.with_name("opinfo_refused.def").read_text(), re.M))
    notes, values, known = {}, [], set()
    for op in invocations.op_db:
        name = op.name + ("." + op.variant_test_name if op.variant_test_name else "")
        known.add(name)
        if name in rows:
            try:
                n = export(op, name, notes, values)
            except Exception as e:
                n = 0
                print(f"{name}: {type(e).__name__} {e}", file=sys.stderr)
            if not n:
                print(f"{name}: no sample", file=sys.stderr)
    for word, names in (("neither said nor refused", known - rows - refused), ("unknown", (rows | refused) - known), ("both", rows & refused)):
        if names:
            print(f"{word}: {' '.join(sorted(names))}", file=sys.stderr)
    write(HERE.with_suffix(".safetensors"), notes, values)
    print(f"{len(notes)} samples, {sum(map(len, values))} numbers")


main()

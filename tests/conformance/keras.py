#!/usr/bin/env python3
"""Keras' own tests of its layers: what they call, and what they compare the result with.

usage: keras.py    writes keras.safetensors beside itself, for keras.c

Runs the tests of the installed keras and listens: each call of a layer (its options, weights, states, masks, inputs) and each
assertAllClose. Where one side of a comparison is the result of a call, the other side, a literal or the tests' own NumPy reference,
becomes a sample, with the tolerance of the test. Sample k has tensors "k/in0", ..., "k/<variable>", "k/out", and metadata "k":
"Layer test|kind|key=value ...", as in modules.py. Images are channels-last. What has no counterpart stands as kind "refused" with the
reason."""
import importlib
import json
import os
import pathlib
import struct
import sys
import unittest

sys.path.pop(0)  # this file is called keras too
os.environ.setdefault("KERAS_BACKEND", "torch")
import keras  # noqa: E402
import numpy  # noqa: E402
from keras.src import backend, testing, tree  # noqa: E402
from keras.src.backend.common.masking import get_keras_mask  # noqa: E402
from keras.src.layers.layer import Layer  # noqa: E402

LARGEST = 8000  # elements of a tensor
TESTS = """core.dense core.embedding convolutional.conv convolutional.conv_transpose convolutional.depthwise_conv
convolutional.separable_conv rnn.gru rnn.lstm rnn.simple_rnn rnn.bidirectional rnn.rnn rnn.stacked_rnn_cells rnn.conv_lstm1d
normalization.batch_normalization normalization.layer_normalization normalization.group_normalization normalization.rms_normalization
attention.attention attention.additive_attention attention.multi_head_attention attention.grouped_query_attention
pooling.average_pooling pooling.max_pooling pooling.global_average_pooling pooling.global_max_pooling""".split()


class Refused(Exception):
    pass


# ---- listening ---------------------------------------------------------------------------------------------

class Call:
    def __init__(self, layer, args, kwargs):
        self.layer, self.kwargs = layer, dict(kwargs)
        self.inputs = [numeric(t) for t in tree.flatten(args)]
        masks = [get_keras_mask(t) if backend.is_tensor(t) else None for t in tree.flatten(args)]
        self.masks = [None if m is None else numeric(m) for m in masks]
        self.states = [numeric(s) for s in tree.flatten(getattr(layer, "states", None) or []) if s is not None]
        self.built, self.values = layer.built, {}
        if self.built:
            self.keep()

    def keep(self):
        self.values = {id(v): numeric(v.value) for v in self.layer.weights}

    def end(self, out):
        if not self.built:
            self.keep()
        self.outputs = [numeric(t) for t in tree.flatten(out)]

    def __getitem__(self, variable):  # its value at the time of the call
        if id(variable) not in self.values:
            raise Refused("a weight made of others (quantized, or in two factors)")
        return self.values[id(variable)]


def numeric(x):
    try:
        return numpy.array(backend.convert_to_numpy(x) if backend.is_tensor(x) else x)  # a copy: tests change what they gave
    except Exception:
        return None


calls, found, inside = [], [], []
original_call, original_check = Layer.__call__, testing.TestCase.assertAllClose


def listening_call(self, *args, **kwargs):
    if inside or isinstance(self, keras.Model):
        return original_call(self, *args, **kwargs)
    try:
        c = Call(self, args, kwargs)
    except Exception:
        c = None
    inside.append(self)
    try:
        out = original_call(self, *args, **kwargs)
    finally:
        inside.pop()
    if c and any(backend.is_tensor(t) for t in tree.flatten(out)):
        c.end(out)
        calls.append(c)
    return out


def place(call, x):  # which output of the call x is
    for i, y in enumerate(call.outputs):
        if y is not None and y.shape == x.shape and numpy.array_equal(y, x):
            return i
    return None


def listening_check(self, x1, x2, *args, **kwargs):
    original_check(self, x1, x2, *args, **kwargs)
    a, b = numeric(x1), numeric(x2)
    if a is None or b is None or not a.size or a.dtype == object or b.dtype == object:
        return
    mine = [[(c, place(c, x)) for c in calls if place(c, x) is not None] for x in (a, b)]
    if all(mine) and not numpy.array_equal(a, b):
        return  # two results of layers: nobody's reference
    tolerance = {"atol": kwargs.get("atol", args[0] if args else 1e-6), "rtol": kwargs.get("rtol", args[1] if args[1:] else 1e-6)}
    for hits, want in ((mine[0], b), (mine[1], a)):
        if hits:
            found.append((self.id().split(".")[-1], *hits[-1], want, tolerance))
            return


class Result(unittest.TextTestResult):
    def startTest(self, test):
        calls.clear()
        super().startTest(test)


# ---- what is ours ------------------------------------------------------------------------------------------
# Each returns kind, options, inputs, variables, and what to do to the expected value.

def channels_last(c, x):
    return numpy.moveaxis(x, 1, -1) if c.layer.data_format == "channels_first" else x


def spread(options, key, values, n):
    options.update({f"{key}{i}": int(v) for i, v in enumerate([values] * n if isinstance(values, int) else values)})


def activation(f, *known):
    name = getattr(f, "__name__", "linear" if f is None else str(f))
    if name not in known:
        raise Refused(f"activation {name}")
    return name


def biased(c, ours, part="m"):
    if c.layer.use_bias:
        ours[f"{part}/bias"] = c[c.layer.bias]
    return int(not c.layer.use_bias)


def plain(c):
    if getattr(c.layer, "quantization_mode", None):
        raise Refused("quantized to integers")
    if getattr(c.layer, "lora_enabled", False):
        raise Refused("a weight made of others (quantized, or in two factors)")


def dense(c, k):
    plain(c)
    ours = {"m/kernel": c[c.layer.kernel]}
    o = {"units": c.layer.units, "no_bias": biased(c, ours), "act": activation(c.layer.activation, "linear", "relu")}
    return "dense", o, c.inputs, ours, None


def embedding(c, k):
    plain(c)
    return ("embedding", {"rows": c.layer.input_dim, "width": c.layer.output_dim}, [c.inputs[0].astype("int64")],
            {"m/table": c[c.layer.embeddings]}, None)


def window(c, o, rank):
    L = c.layer
    spread(o, "size", L.kernel_size, rank), spread(o, "stride", L.strides, rank), spread(o, "dilation", L.dilation_rate, rank)
    o["act"] = activation(L.activation, "linear", "relu")
    o["padding"] = {"valid": 1, "same": 2, "causal": 3}[L.padding]


def conv(kind):
    def f(c, k):
        L, ours, o = c.layer, {}, {}
        window(c, o, L.rank)
        if kind == "separable":
            ours = {"m/depthwise/kernel": c[L.depthwise_kernel], "m/pointwise/kernel": c[L.pointwise_kernel]}
            o["no_bias"] = biased(c, ours, "m/pointwise")
            o.update(filters=L.filters, multiplier=L.depth_multiplier)
        else:
            ours["m/kernel"] = c[L.kernel]
            o["no_bias"] = biased(c, ours)
            o.update({"multiplier": L.depth_multiplier} if kind == "depthwise" else {"filters": L.filters})
        if kind == "conv":
            o["groups"] = L.groups
        if kind == "transpose":
            reach = [(s - 1) * d + 1 for s, d in zip(L.kernel_size, L.dilation_rate)]
            spatial = channels_last(c, c.inputs[0]).shape[1:-1]
            want = channels_last(c, c.outputs[0]).shape[1:-1]
            total = [(n - 1) * s + r - w for n, s, r, w in zip(spatial, L.strides, reach, want)]
            half = [max(t, 0) // 2 for t in total]
            spread(o, "before", half, 0)
            spread(o, "after", [max(t, 0) - h for t, h in zip(total, half)], 0)
            spread(o, "extra", [max(-t, 0) for t in total], 0)
            o["padding"] = 0
        return "conv_" + kind, o, [channels_last(c, c.inputs[0])], ours, lambda y: channels_last(c, y)
    return f


def pool(kind):
    def f(c, k):
        L, o = c.layer, {}
        rank = len(L.pool_size)
        spread(o, "size", L.pool_size, rank), spread(o, "stride", L.strides, rank)
        o["padding"] = {"valid": 1, "same": 2}[L.padding]
        return kind, o, [channels_last(c, c.inputs[0])], {}, lambda y: channels_last(c, y)
    return f


def global_pool(kind):
    def f(c, k):
        if c.masks[0] is not None or c.kwargs.get("mask") is not None or len(c.inputs) > 1:
            raise Refused("a mask over places")
        keeps = c.layer.keepdims
        to = (lambda y: channels_last(c, y).reshape(y.shape[0], -1)) if keeps else None
        return kind, {}, [channels_last(c, c.inputs[0])], {}, to
    return f


def norm(kind):
    def f(c, k):
        L, ours = c.layer, {}
        x = c.inputs[0]
        axis = [a % x.ndim for a in (L.axis if isinstance(L.axis, (list, tuple)) else [L.axis])]
        if getattr(L, "renorm", False):
            raise Refused("batch renormalization")
        if kind == "layer_norm" and getattr(L, "rms_scaling", False):
            raise Refused("a scale that is not trained with the variance alone (rms_scaling)")
        to = None
        o = {"epsilon": L.epsilon}
        if kind in ("layer_norm", "rms_norm"):
            if axis != list(range(x.ndim - len(axis), x.ndim)):
                x = numpy.moveaxis(x, axis, range(-len(axis), 0))
                to = lambda y: numpy.moveaxis(y, axis, range(-len(axis), 0))  # noqa: E731
            o["axes"] = len(axis)
        elif axis != [x.ndim - 1]:
            x, to = numpy.moveaxis(x, axis[0], -1), lambda y: numpy.moveaxis(y, axis[0], -1)
        scale = getattr(L, "gamma", None) if getattr(L, "scale", True) is not False else None
        if kind == "rms_norm":
            scale = L.scale
        center = getattr(L, "beta", None) if getattr(L, "center", False) else None
        if scale is not None:
            ours["m/scale"] = c[scale]
        if center is not None:
            ours["m/bias"] = c[center]
        o.update(no_scale=int(scale is None), no_bias=int(center is None))
        inputs = [x]
        if kind == "batch_norm":
            ours.update({"m/mean": c[L.moving_mean], "m/variance": c[L.moving_variance]})
            o["train"] = int(bool(c.kwargs.get("training", False)) and L.trainable)
            mask = c.kwargs.get("mask")
            if mask is not None or c.masks[0] is not None:
                mask = numeric(mask) if mask is not None else c.masks[0]
                inputs.append(numpy.broadcast_to(mask, c.inputs[0].shape[:mask.ndim]).astype("float32"))
                o["mask"] = 1
                if axis != [c.inputs[0].ndim - 1]:
                    raise Refused("a mask where the channels are not last")
        if kind == "group_norm":
            o["groups"] = L.groups if L.groups != -1 else x.shape[-1]
        return kind, o, inputs, ours, to
    return f


# ---- recurrence ----

def weights_of(c, cell, kind, name):
    units = cell.units
    ours = {f"{name}/kernel": c[cell.kernel], f"{name}/recurrent": c[cell.recurrent_kernel]}
    bias = c[cell.bias] if cell.use_bias else None
    if kind == "gru":
        turn = numpy.r_[units:2 * units, 0:units, 2 * units:3 * units]  # z, r, n to r, z, n
        ours = {n: w[:, turn] for n, w in ours.items()}
        if cell.reset_after:
            both = bias[:, turn] if bias is not None else numpy.zeros((2, 3 * units), "float32")
            bias = both[0].copy()
            bias[:2 * units] += both[1][:2 * units]
            ours[f"{name}/recurrent_bias"] = both[1][2 * units:]
        elif bias is not None:
            bias = bias[turn]
    if bias is None and kind == "gru" and cell.reset_after:
        raise AssertionError
    if bias is not None:
        ours[f"{name}/bias"] = bias
    activation(cell.activation, "tanh")
    if kind != "rnn":
        activation(cell.recurrent_activation, "sigmoid")
    return ours, int(bias is None)


def random_ones(c, layer):
    if c.kwargs.get("training") and (layer.dropout or layer.recurrent_dropout):
        raise Refused("dropout draws numbers")


def mask_of(c):
    mask = c.kwargs.get("mask")
    return numeric(mask) if mask is not None else c.masks[0]


def initial_of(c):
    given = c.kwargs.get("initial_state")
    given = [numeric(s) for s in tree.flatten(given)] if given is not None else c.inputs[1:]
    return given or c.states


KINDS = {"GRU": "gru", "LSTM": "lstm", "SimpleRNN": "rnn"}


def recurrent(c, k):
    L = c.layer
    if type(L).__name__ == "RNN":
        raise Refused("cells of the test's own")
    kind = KINDS[type(L).__name__]
    random_ones(c, L)
    ours, no_bias = weights_of(c, L.cell, kind, "m")
    o = {"units": L.units, "no_bias": no_bias, "last": int(not L.return_sequences), "reverse": int(L.go_backwards), "result": k,
         "before": int(kind == "gru" and not L.cell.reset_after)}
    states = initial_of(c)
    inputs = [c.inputs[0], *[s[None] for s in states]]
    if mask_of(c) is not None:
        inputs.append(mask_of(c).astype("float32"))
        o["mask"] = 1
    o["states"] = len(states)
    flips = L.go_backwards and L.return_sequences and k == 0
    return kind, o, inputs, ours, (lambda y: y[:, ::-1]) if flips else None


def bidirectional(c, k):
    L = c.layer
    kind = KINDS.get(type(L.forward_layer).__name__)
    if not kind or type(L.backward_layer) is not type(L.forward_layer):
        raise Refused("two kinds of layers")
    random_ones(c, L.forward_layer)
    if L.return_state and k > 0:
        raise Refused("the states of both directions as results")
    a, no_bias = weights_of(c, L.forward_layer.cell, kind, "m/forward")
    b, _ = weights_of(c, L.backward_layer.cell, kind, "m/backward")
    if L.forward_layer.units != L.backward_layer.units or L.forward_layer.return_sequences != L.backward_layer.return_sequences:
        raise Refused("two kinds of layers")
    given = c.kwargs.get("initial_state")
    states = [numeric(s) for s in tree.flatten(given)] if given is not None else c.inputs[1:]
    if not states and L.stateful:
        raise Refused("states of both directions kept between batches")
    n = len(states) // 2
    inputs = [c.inputs[0], *[numpy.stack([states[i], states[n + i]]) for i in range(n)]]
    o = {"units": L.forward_layer.units, "no_bias": no_bias, "last": int(not L.return_sequences), "states": n,
         "merge": L.merge_mode or ("first" if k == 0 else "second"), "inner": kind,
         "before": int(kind == "gru" and not L.forward_layer.cell.reset_after)}
    if mask_of(c) is not None:
        inputs.append(mask_of(c).astype("float32"))
        o["mask"] = 1
    return "bidirectional", o, inputs, {**a, **b}, None


# ---- attention ----

def dot_attention(c, k):
    L = c.layer
    if k > 0:
        raise Refused("the scores as a result")
    q, v, *rest = c.inputs
    key = rest[0] if rest else v
    o = {"causal": int(bool(c.kwargs.get("use_causal_mask")))}
    if type(L).__name__ == "AdditiveAttention" or getattr(L, "score_mode", "dot") == "concat":
        raise Refused("scores by the tanh of sums, not by products")
    masks = c.kwargs.get("mask") or c.masks
    masks = [None if m is None else numeric(m) for m in masks]
    if len(masks) > 0 and masks[0] is not None:
        raise Refused("a mask of queries")
    if c.kwargs.get("training") and L.dropout:
        raise Refused("dropout draws numbers")
    inputs = [q, key, v]
    o["scale"] = float(c[L.scale]) if L.scale is not None else 1.0
    if len(masks) > 1 and masks[1] is not None:
        inputs.append(masks[1].astype("float32"))
        o["mask"] = 1
    return "attend", o, inputs, {}, None


def heads(c, k):
    L = c.layer
    grouped = type(L).__name__ == "GroupedQueryAttention"
    if k > 0:
        raise Refused("the scores as a result")
    kw = c.kwargs
    named = {n: numeric(kw[n]) for n in ("query", "value", "key") if kw.get(n) is not None}
    given = [named.pop("query", None)] if "query" in named else []
    given += c.inputs
    given += [named[n] for n in ("value", "key") if n in named]
    q, v = given[0], given[1]
    key = given[2] if len(given) > 2 else v
    if q.ndim != 3:
        raise Refused("attention over several axes")
    if getattr(L, "use_gate", False) or getattr(L, "_use_gate", False):
        raise Refused("a gate behind the heads (use_gate)")
    if kw.get("training") and L.dropout:
        raise Refused("dropout draws numbers")
    key_heads = L.num_key_value_heads if grouped else L.num_heads
    n = L.num_query_heads if grouped else L.num_heads
    width = L.head_dim if grouped else L.key_dim
    parts = {"query": L._query_dense, "key": L._key_dense, "value": L._value_dense, "out": L._output_dense}
    ours = {}
    for name, d in parts.items():
        w = c[d.kernel]
        ours[f"m/{name}/kernel"] = w.reshape(-1, w.shape[-1]) if name == "out" else w.reshape(w.shape[0], -1)
        if d.bias is not None:
            ours[f"m/{name}/bias"] = c[d.bias].reshape(-1)
    o = {"heads": n, "key_heads": key_heads, "width": width, "no_bias": int("m/out/bias" not in ours),
         "value_width": width if grouped else L.value_dim, "out": ours["m/out/kernel"].shape[-1]}
    o["causal"] = int(bool(kw.get("use_causal_mask")))
    visible = None
    masks = [(name, kw.get(f"{name}_mask")) for name in ("query", "value", "key")]
    automatic = dict(zip(("query", "value", "key"), c.masks + [None] * 3))
    for name, m in masks:
        m = numeric(m) if m is not None else automatic.get(name)
        if m is not None:
            m = m.astype(bool)
            m = m[:, :, None] if name == "query" else m[:, None, :]
            visible = m if visible is None else visible & m
    if kw.get("attention_mask") is not None:
        m = numeric(kw["attention_mask"]).astype(bool)
        visible = m if visible is None else visible & m
    inputs = [q, key, v]
    if visible is not None:
        if visible.ndim != 3:
            raise Refused("a mask of its own for each head")
        shape = (q.shape[0], q.shape[1], key.shape[1])
        inputs.append(numpy.broadcast_to(visible, shape).astype("float32"))
        o["mask"] = 1
    return "attention", o, inputs, ours, None


TABLE = {"Dense": dense, "Embedding": embedding, "GRU": recurrent, "LSTM": recurrent, "SimpleRNN": recurrent, "RNN": recurrent,
         "Bidirectional": bidirectional, "BatchNormalization": norm("batch_norm"), "LayerNormalization": norm("layer_norm"),
         "GroupNormalization": norm("group_norm"), "RMSNormalization": norm("rms_norm"), "Attention": dot_attention,
         "AdditiveAttention": dot_attention, "MultiHeadAttention": heads, "GroupedQueryAttention": heads}
for d in (1, 2, 3):
    TABLE.update({f"Conv{d}D": conv("conv"), f"Conv{d}DTranspose": conv("transpose"), f"DepthwiseConv{d}D": conv("depthwise"),
                  f"SeparableConv{d}D": conv("separable"), f"AveragePooling{d}D": pool("average_pool"), f"MaxPooling{d}D": pool("max_pool"),
                  f"GlobalAveragePooling{d}D": global_pool("global_average"), f"GlobalMaxPooling{d}D": global_pool("global_max")})


# ---- writing -----------------------------------------------------------------------------------------------

tensors, notes = {}, {}


def export(test, c, k, want, tolerance):
    if type(c.layer).__name__ not in TABLE:
        raise Refused("no counterpart")
    kind, options, inputs, ours, to = TABLE[type(c.layer).__name__](c, k)
    out = to(want) if to else want
    if not numpy.isfinite(numpy.asarray(out, "float64")).all():
        raise Refused("a result that is not finite")
    names = {f"in{i}": x for i, x in enumerate(inputs)} | ours | {"out": out}
    if any(x.size > LARGEST for x in names.values()):
        raise Refused(f"more than {LARGEST} elements")
    number = str(len(notes))
    for n, x in names.items():
        tensors[f"{number}/{n}"] = numpy.ascontiguousarray(x, "int64" if n == "in0" and kind == "embedding" else "float32")
    options.update(tolerance)
    notes[number] = f"{type(c.layer).__name__} {test}|{kind}|" + " ".join(f"{a}={b}" for a, b in options.items())


def write(path):
    header, data = {"__metadata__": notes}, b""
    for k, t in tensors.items():
        raw = t.tobytes()
        header[k] = {"dtype": "I64" if t.dtype == "int64" else "F32", "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


Layer.__call__, testing.TestCase.assertAllClose = listening_call, listening_check
for name in TESTS:
    del found[:]
    tests = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(f"keras.src.layers.{name}_test"))
    with open(os.devnull, "w") as quiet:
        result = unittest.TextTestRunner(stream=quiet, resultclass=Result).run(tests)
    print(name, f"{result.testsRun} tests, {len(found)} samples", *(e[0] for e in result.failures + result.errors), file=sys.stderr)
    for test, c, k, want, tolerance in found:
        try:
            export(test, c, k, want, tolerance)
        except Refused as e:
            notes[str(len(notes))] = f"{type(c.layer).__name__} {test}|refused|{e}"
        except Exception as e:
            notes[str(len(notes))] = f"{type(c.layer).__name__} {test}|refused|the exporter cannot: {type(e).__name__} {str(e)[:80]!r}"
write(pathlib.Path(__file__).with_suffix(".safetensors"))

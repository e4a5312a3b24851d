#!/usr/bin/env python3
"""PyTorch's ModuleInfo: the samples of its database of modules, in double precision and in our layout, with values and gradients.

usage: modules.py    writes modules.safetensors beside itself, for modules.c

A sample k has tensors "k/in0", ..., "k/<variable>", "k/out", "k/u", "k/d.in0", "k/d.<variable>" (gradients of sum(u out)), and metadata "k":
"nn.Module description|kind|key=value ...". Images are channels-last here, kernels [size..., in, out]; a sample without a batch is a
batch of one. What has no counterpart stands as kind "refused" with the reason.
"""
import json
import pathlib
import struct

import numpy
import torch
from torch.testing._internal.common_modules import module_db

torch.set_default_dtype(torch.float64)
MOST, LARGEST = 10, 1000  # samples of a module, elements of a sample
tensors, notes = {}, {}


class Refused(Exception):
    pass


def last(x):  # channels first to channels last
    return x.movedim(1, -1) if x.dim() > 2 else x


def first(x):
    return x.movedim(-1, 1) if x.dim() > 2 else x


def call(m, parameters, *args, **kwargs):
    return torch.func.functional_call(m, parameters, args, kwargs)


def pair(v, n):
    return [int(v)] * n if isinstance(v, int) else [int(a) for a in v]


def spread(options, key, values):
    options.update({f"{key}{i}": v for i, v in enumerate(values)})


def batched(x, rank):  # with a batch axis in front, if it has none
    return x if x.dim() == rank else x.unsqueeze(0)


# Each returns kind, options, inputs, parameters of ours, and a function of (inputs, parameters) that runs the module on them.

def activation(kind, *names):
    def f(m, args):
        if kind == "softplus" and m.threshold < 20:
            raise Refused("linear from a threshold on that is not out of sight")
        x = args[0]
        options = {n: float(getattr(m, n)) for n in names}
        return kind, options, [x if x.dim() else x.unsqueeze(0)], {}, lambda x, p: m(x)
    return f


def softmax(kind):
    def f(m, args):
        x = args[0]
        dim = getattr(m, "dim", None)
        if dim is None and type(m) is not torch.nn.Softmax2d:
            raise Refused("the axis is left open")
        y = x if x.dim() > 1 else x.unsqueeze(0)
        axis = -3 if type(m) is torch.nn.Softmax2d else (dim - x.dim() if dim >= 0 else dim)
        move = type(m)(axis) if type(m) is not torch.nn.Softmax2d else torch.nn.Softmax(axis)
        return kind, {"axis": axis}, [y], {}, lambda x, p: move(x)
    return f


def glu(m, args):
    return "glu", {}, [args[0].movedim(m.dim, -1)], {}, lambda x, p: torch.nn.functional.glu(x, -1)


def prelu(m, args):
    if args[0].dim() < 2:
        raise Refused("no axis of channels")
    return ("prelu", {"shared": int(m.num_parameters == 1)}, [last(args[0])], {"m/slope": m.weight},
            lambda x, p: last(call(m, {"weight": p["m/slope"]}, first(x))))


def linear(m, args):
    ours = {"m/kernel": m.weight.T}
    if m.bias is not None:
        ours["m/bias"] = m.bias
    return ("linear", {"units": m.out_features, "no_bias": int(m.bias is None)}, [batched(args[0], max(2, args[0].dim()))], ours,
            lambda x, p: call(m, {"weight": p["m/kernel"].T, **({"bias": p["m/bias"]} if m.bias is not None else {})}, x))


def bilinear(m, args):
    ours = {"m/kernel": m.weight, **({"m/bias": m.bias} if m.bias is not None else {})}
    return ("bilinear", {"units": m.out_features, "no_bias": int(m.bias is None)}, [batched(a, 2) for a in args], ours,
            lambda a, b, p: call(m, {k[2:].replace("kernel", "weight"): v for k, v in p.items()}, a, b))


def conv(m, args):
    n = len(m.kernel_size)
    transposed = type(m).__name__.startswith("ConvTranspose")
    if m.padding_mode != "zeros":
        raise Refused("padding other than zeros")
    options = {"filters": m.out_channels, "groups": m.groups, "no_bias": int(m.bias is None)}
    spread(options, "size", m.kernel_size), spread(options, "stride", m.stride), spread(options, "dilation", m.dilation)
    if m.padding == "same":
        options["same"] = 1
    elif m.padding != "valid":
        spread(options, "pad", pair(m.padding, n))
    if transposed:
        spread(options, "extra", pair(m.output_padding, n))
    to, back = (*range(2, n + 2), 1, 0), (n + 1, n, *range(n))
    ours = {"m/kernel": m.weight.permute(to), **({"m/bias": m.bias} if m.bias is not None else {})}
    return ("conv_transpose" if transposed else "conv", options, [last(batched(args[0], n + 2))], ours,
            lambda x, p: last(call(m, {"weight": p["m/kernel"].permute(back), **({"bias": p["m/bias"]} if m.bias is not None else {})},
                                   first(x))))


def norm_parameters(m):
    ours = {}
    if getattr(m, "weight", None) is not None:
        ours["m/scale"] = m.weight
    if getattr(m, "bias", None) is not None:
        ours["m/bias"] = m.bias
    return ours, {"no_scale": int("m/scale" not in ours), "no_bias": int("m/bias" not in ours)}


def norm(kind, channels=True):
    def f(m, args):
        ours, options = norm_parameters(m)
        options["epsilon"] = m.eps if m.eps is not None else torch.finfo(torch.float64).eps
        if kind == "group_norm":
            options["groups"] = m.num_groups
        if kind in ("layer_norm", "rms_norm"):
            options["axes"] = len(m.normalized_shape)
        if kind == "batch_norm" and not m.track_running_stats:
            raise Refused("no running values")
        if kind == "batch_norm":
            if m.momentum is None:
                raise Refused("a running average over all steps")
            options["momentum"] = m.momentum
        x = args[0]
        if kind == "instance_norm":
            x = batched(x, {"1d": 3, "2d": 4, "3d": 5}[type(m).__name__[-2:]])
        to, back = (last, first) if channels else ((lambda x: x), (lambda x: x))
        name = {"m/scale": "weight", "m/bias": "bias"}

        def run(x, p):
            y = call(m, {name[k]: v for k, v in p.items()}, back(x).contiguous())
            # For one example and a strided cotangent PyTorch's InstanceNorm2d has a wrong gradient (differences say so).
            if y.requires_grad:
                y.register_hook(lambda dy: dy.contiguous())
            return to(y)
        return kind, options, [to(x)], ours, run
    return f


def local_response(m, args):
    return ("lrn", {"size": m.size, "alpha": m.alpha, "beta": m.beta, "k": m.k}, [last(args[0])], {}, lambda x, p: last(m(first(x))))


def pool(kind, n):
    def f(m, args):
        options = {}
        if getattr(m, "return_indices", False):
            raise Refused("indices of maxima")
        if getattr(m, "divisor_override", None):
            raise Refused("another divisor")
        if kind.startswith("adaptive"):
            size = m.output_size if isinstance(m.output_size, (tuple, list)) else [m.output_size] * n
            x = batched(args[0], n + 2)
            spread(options, "places", [int(v) if v is not None else x.shape[2 + i] for i, v in enumerate(size)])
        else:
            spread(options, "size", pair(m.kernel_size, n))
            spread(options, "stride", pair(m.stride if m.stride is not None else m.kernel_size, n))
            spread(options, "pad", pair(getattr(m, "padding", 0), n))
            spread(options, "dilation", pair(getattr(m, "dilation", 1), n))
            options["round_up"] = int(m.ceil_mode)
            options["count_padding"] = int(getattr(m, "count_include_pad", False))
            options["p"] = float(getattr(m, "norm_type", 0))
        return kind, options, [last(batched(args[0], n + 2))], {}, lambda x, p: last(m(first(x)))
    return f


def embedding(m, args):
    if m.padding_idx is not None or m.max_norm is not None:
        raise Refused("padding or a largest norm")
    return ("embedding", {"rows": m.num_embeddings, "width": m.embedding_dim}, [args[0]], {"m/table": m.weight},
            lambda i, p: call(m, {"weight": p["m/table"]}, i))


def recurrent(kind, gates):
    def scopes(m):
        for layer in range(m.num_layers):
            for d in range(2 if m.bidirectional else 1):
                scope = "m" + (f"/{layer}" if m.num_layers > 1 else "") + (("/forward", "/backward")[d] if m.bidirectional else "")
                yield scope, f"l{layer}" + ("_reverse" if d else "")

    def f(m, args):
        if m.proj_size:
            raise Refused("projections of the state")
        n = m.hidden_size
        ours = {}
        for scope, tail in scopes(m):
            ours[scope + "/kernel"] = getattr(m, "weight_ih_" + tail).T
            ours[scope + "/recurrent"] = getattr(m, "weight_hh_" + tail).T
            if m.bias:
                a, b = getattr(m, "bias_ih_" + tail), getattr(m, "bias_hh_" + tail)
                ours[scope + "/bias"] = a + b if gates != 3 else torch.cat([(a + b)[:2 * n], a[2 * n:]])
                if gates == 3:
                    ours[scope + "/recurrent_bias"] = b[2 * n:]

        def back(p):
            q = {}
            for scope, tail in scopes(m):
                q["weight_ih_" + tail], q["weight_hh_" + tail] = p[scope + "/kernel"].T, p[scope + "/recurrent"].T
                if m.bias:
                    q["bias_ih_" + tail], q["bias_hh_" + tail] = p[scope + "/bias"], torch.zeros(gates * n)
                    if gates == 3:
                        q["bias_hh_" + tail] = torch.cat([torch.zeros(2 * n), p[scope + "/recurrent_bias"]])
            return q
        x = args[0]
        single = x.dim() == 2
        to = (lambda x: x.unsqueeze(0)) if single else (lambda x: x) if m.batch_first else (lambda x: x.transpose(0, 1))
        undo = (lambda x: x[0]) if single else to
        given = args[1] if len(args) > 1 else None
        states = list(given) if isinstance(given, (tuple, list)) else [given] if given is not None else []
        states = [(s.unsqueeze(1) if single else s).transpose(0, 1) for s in states]  # [batch, layers, units]

        def run(x, *rest):
            h = [s.transpose(0, 1)[:, 0] if single else s.transpose(0, 1).contiguous() for s in rest[:-1]]
            more = () if not h else (tuple(h),) if kind == "lstm" else (h[0],)
            return to(call(m, back(rest[-1]), undo(x).contiguous(), *more)[0])
        relu = int(getattr(m, "nonlinearity", "tanh") == "relu")
        return kind, {"units": n, "layers": m.num_layers, "bidirectional": int(m.bidirectional), "no_bias": int(not m.bias),
                      "relu": relu}, [to(x), *states], ours, run
    return f


def cell(kind, gates):
    def f(m, args):
        n = m.hidden_size
        ours = {"m/kernel": m.weight_ih.T, "m/recurrent": m.weight_hh.T}
        if not m.bias:
            raise Refused("no bias")
        ours["m/bias"] = m.bias_ih + m.bias_hh if gates != 3 else torch.cat([(m.bias_ih + m.bias_hh)[:2 * n], m.bias_ih[2 * n:]])
        if gates == 3:
            ours["m/recurrent_bias"] = m.bias_hh[2 * n:]
        if getattr(m, "nonlinearity", "tanh") != "tanh":
            raise Refused("a cell with relu")

        def back(p):
            hh = torch.zeros(gates * n) if gates != 3 else torch.cat([torch.zeros(2 * n), p["m/recurrent_bias"]])
            return {"weight_ih": p["m/kernel"].T, "weight_hh": p["m/recurrent"].T, "bias_ih": p["m/bias"], "bias_hh": hh}
        given = args[1] if len(args) > 1 else None
        states = list(given) if isinstance(given, (tuple, list)) else [given] if given is not None else []

        def run(x, *rest):
            h = () if len(rest) == 1 else (tuple(rest[:-1]),) if kind == "lstm_cell" else (rest[0],)
            y = call(m, back(rest[-1]), x, *h)
            return y[0] if kind == "lstm_cell" else y
        return kind, {"units": n}, [batched(args[0], 2), *[batched(s, 2) for s in states]], ours, run
    return f


# ---- attention -------------------------------------------------------------------------------------------

def heads_of(m, scope):  # ours from one nn.MultiheadAttention, and back
    if m.bias_k is not None or m.add_zero_attn:
        raise Refused("a key and value of no place (add_bias_kv, add_zero_attn)")
    if m.in_proj_bias is None:
        raise Refused("projections without bias") if scope != "m" else None
    names, n = ("query", "key", "value"), m.embed_dim
    kernels = m.in_proj_weight.split(n) if m._qkv_same_embed_dim else (m.q_proj_weight, m.k_proj_weight, m.v_proj_weight)
    ours = {f"{scope}/{k}/kernel": w.T for k, w in zip(names, kernels)}
    ours[scope + "/out/kernel"] = m.out_proj.weight.T
    if m.in_proj_bias is not None:
        ours.update({f"{scope}/{k}/bias": b for k, b in zip(names, m.in_proj_bias.split(n))})
        ours[scope + "/out/bias"] = m.out_proj.bias

    def back(p, to=""):
        q = {to + "out_proj.weight": p[scope + "/out/kernel"].T}
        kernels = [p[f"{scope}/{k}/kernel"].T for k in names]
        if m._qkv_same_embed_dim:
            q[to + "in_proj_weight"] = torch.cat(kernels)
        else:
            q.update({f"{to}{k[0]}_proj_weight": w for k, w in zip(names, kernels)})
        if m.in_proj_bias is not None:
            q[to + "in_proj_bias"] = torch.cat([p[f"{scope}/{k}/bias"] for k in names])
            q[to + "out_proj.bias"] = p[scope + "/out/bias"]
        return q
    return ours, back


def sequence_first(m, x):  # to [batch, time, channels] and back
    if x.dim() == 2:
        return (lambda a: a.unsqueeze(0)), (lambda a: a[0])
    same = (lambda a: a) if m.batch_first else (lambda a: a.transpose(0, 1))
    return same, same


def attention(m, args):
    if any(a is not None for a in args[3:]):
        raise Refused("masks, which have another form here")
    ours, back = heads_of(m, "m")
    to, undo = sequence_first(m, args[0])
    q, k, v = args[:3]
    return ("attention", {"heads": m.num_heads, "no_bias": int(m.in_proj_bias is None)}, [to(q), to(k)], ours,
            lambda q, k, p: to(call(m, back(p), undo(q), undo(k), undo(k))[0]))


def transformer(m, args):
    if any(a is not None for a in args if not isinstance(a, torch.Tensor)):
        raise Refused("masks, which have another form here")
    decoder = hasattr(m, "multihead_attn")
    parts = [("attention", m.self_attn, "self_attn.")] + ([("attention_memory", m.multihead_attn, "multihead_attn.")] if decoder else [])
    norms = {"norm1": "norm1", "norm2": "norm3" if decoder else "norm2", **({"norm_memory": "norm2"} if decoder else {})}
    names = {f"m/{a}/{'scale' if w == 'weight' else w}": f"{b}.{w}" for a, b in norms.items() for w in ("weight", "bias")}
    names.update({"m/dense1/bias": "linear1.bias", "m/dense2/bias": "linear2.bias"})
    if m.linear1.bias is None:
        raise Refused("no bias")
    q = dict(m.named_parameters())
    ours = {a: q[b] for a, b in names.items()}
    ours.update({"m/dense1/kernel": m.linear1.weight.T, "m/dense2/kernel": m.linear2.weight.T})
    backs = []
    for scope, part, prefix in parts:
        mine, back = heads_of(part, "m/" + scope)
        ours.update(mine)
        backs.append((back, prefix))
    f = m.activation
    gelu = f is torch.nn.functional.gelu or "gelu" in str(f)
    to, undo = sequence_first(m.self_attn, args[0])

    def run(*a):
        p = a[-1]
        q = {b: p[c] for c, b in names.items()}
        q.update({"linear1.weight": p["m/dense1/kernel"].T, "linear2.weight": p["m/dense2/kernel"].T})
        for back, prefix in backs:
            q.update(back(p, prefix))
        return to(call(m, q, *[undo(x) for x in a[:-1]]))
    inputs = [to(x) for x in args[:2 if decoder else 1]]
    return ("transformer", {"heads": m.self_attn.num_heads, "hidden": m.linear1.out_features, "gelu": int(gelu),
                            "post_norm": int(not m.norm_first)}, inputs, ours, run)


# ---- losses ----------------------------------------------------------------------------------------------

def classes_last(x, batch=True):  # [N, C, ...] or [C]
    return last(x) if x.dim() > 1 else x.unsqueeze(0)


def loss(kind, *names, classes=False, rank=0):
    def f(m, args):
        options = {n: float(getattr(m, n)) for n in names}
        options["reduction"] = {"mean": 0, "sum": 1, "none": 2, "batchmean": 3}[m.reduction]
        if getattr(m, "weight", None) is not None and not classes:
            raise Refused("weights of another shape than the terms' first axes")
        if getattr(m, "pos_weight", None) is not None:
            raise Refused("a weight of positives for each class")
        if len({tuple(a.shape) for a in args}) > 1 and not classes and rank == 0:
            raise Refused("operands that broadcast")
        given = [args[0], *[a.double() if not a.is_floating_point() else a for a in args[1:]]]
        if rank and args[0].dim() < rank:
            given = [a.unsqueeze(0) for a in args]
        elif not args[0].dim():
            given = [a.unsqueeze(0) for a in args]
        if m.reduction == "none" or m.reduction == "batchmean":
            if given[0].dim() != args[0].dim():
                raise Refused("no batch")
        return kind, options, given, {}, lambda *a: m(*a[:-1])
    return f


def class_loss(kind):
    def f(m, args):
        x, y = args
        options = {"reduction": {"mean": 0, "sum": 1, "none": 2}[m.reduction], "ignored": m.ignore_index,
                   "smoothing": getattr(m, "label_smoothing", 0.0)}
        if y.is_floating_point():
            raise Refused("probabilities as targets: nn_softmax_cross_entropy, without class weights")
        single = x.dim() == 1
        x, y = (x.unsqueeze(0), y.unsqueeze(0)) if single else (x, y)
        if single and m.reduction == "none":
            raise Refused("no batch")
        inputs = [x.movedim(1, -1), y]
        if m.weight is not None:
            for i, w in enumerate(m.weight):
                options[f"weight{i}"] = float(w)
        options["weights"] = 0 if m.weight is None else len(m.weight)
        return kind, options, inputs, {}, lambda x, y, p: m(x.movedim(-1, 1).contiguous(), y)
    return f


# PyTorch's gradient is that through the softmax even where none is asked for, so one is put before; it changes no value.
def multi_margin(m, args):
    options = {"reduction": {"mean": 0, "sum": 1, "none": 2}[m.reduction], "squared": int(m.p == 2), "margin": m.margin,
               "weights": 0 if m.weight is None else len(m.weight)}
    for i, w in enumerate([] if m.weight is None else m.weight):
        options[f"weight{i}"] = float(w)
    return "multi_margin", options, list(args), {}, lambda x, y, p: m(x, y)


def ctc(m, args):
    x, y, times, lengths = args
    if x.dim() != 3 or y.dim() != 2:
        raise Refused("labels of all examples in one row, or no batch")
    to = lambda a: torch.as_tensor(a, dtype=torch.int64)  # noqa: E731
    return ("ctc", {"reduction": {"mean": 0, "sum": 1, "none": 2}[m.reduction], "blank": m.blank, "zero_infinity": int(m.zero_infinity)},
            [x.transpose(0, 1)[:, :20], y[:, :6].long(), to(times).clamp(max=20), to(lengths).clamp(max=6)], {},
            lambda x, y, t, n, p: m(torch.log_softmax(x, -1).transpose(0, 1), y, t, n))


A = activation
TABLE = {
    "CELU": A("celu", "alpha"), "ELU": A("elu", "alpha"), "GLU": glu, "Hardshrink": A("hardshrink", "lambd"), "Hardswish": A("hardswish"),
    "Hardtanh": A("hardtanh", "min_val", "max_val"), "LeakyReLU": A("leaky_relu", "negative_slope"), "LogSigmoid": A("logsigmoid"),
    "Mish": A("mish"), "PReLU": prelu, "ReLU": A("relu"), "ReLU6": A("relu6"), "SELU": A("selu"), "SiLU": A("silu"), "Sigmoid": A("sigmoid"),
    "Softplus": A("softplus", "beta", "threshold"), "Softshrink": A("softshrink", "lambd"), "Softsign": A("softsign"), "Tanh": A("tanh"),
    "Tanhshrink": A("tanhshrink"), "Threshold": A("threshold", "threshold", "value"), "Softmax": softmax("softmax"),
    "Softmax2d": softmax("softmax"), "LogSoftmax": softmax("log_softmax"), "Softmin": softmax("softmin"),
    "GELU": lambda m, a: A("gelu" if m.approximate == "tanh" else "gelu_exact")(m, a),
    "Linear": linear, "Bilinear": bilinear, "Embedding": embedding, "LocalResponseNorm": local_response,
    "LayerNorm": norm("layer_norm", False), "RMSNorm": norm("rms_norm", False), "GroupNorm": norm("group_norm"),
    "RNN": recurrent("rnn", 1), "GRU": recurrent("gru", 3), "LSTM": recurrent("lstm", 4),
    "RNNCell": cell("rnn_cell", 1), "GRUCell": cell("gru_cell", 3), "LSTMCell": cell("lstm_cell", 4),
    "L1Loss": loss("absolute_error"), "MSELoss": loss("squared_error"), "SmoothL1Loss": loss("smooth_l1", "beta"),
    "HuberLoss": loss("huber", "delta"), "KLDivLoss": loss("kl", "log_target"), "SoftMarginLoss": loss("soft_margin"),
    "HingeEmbeddingLoss": loss("hinge_embedding", "margin"), "BCELoss": loss("bce"), "BCEWithLogitsLoss": loss("bce_logits"),
    "PoissonNLLLoss": loss("poisson", "log_input", "full"), "GaussianNLLLoss": loss("gaussian", "full"),
    "MarginRankingLoss": loss("margin_ranking", "margin"), "CosineEmbeddingLoss": loss("cosine", "margin", rank=2),
    "MultiLabelSoftMarginLoss": loss("multilabel_soft_margin"), "NLLLoss": class_loss("nll"), "CrossEntropyLoss": class_loss("cross_entropy"),
    "CTCLoss": ctc, "MultiMarginLoss": multi_margin, "MultiheadAttention": attention, "TransformerEncoderLayer": transformer,
    "TransformerDecoderLayer": transformer,
}
for d in (1, 2, 3):
    TABLE.update({f"Conv{d}d": conv, f"ConvTranspose{d}d": conv, f"BatchNorm{d}d": norm("batch_norm"), f"InstanceNorm{d}d": norm("instance_norm"),
                  f"MaxPool{d}d": pool("max_pool", d), f"AvgPool{d}d": pool("avg_pool", d), f"LPPool{d}d": pool("lp_pool", d),
                  f"AdaptiveAvgPool{d}d": pool("adaptive_avg_pool", d), f"AdaptiveMaxPool{d}d": pool("adaptive_max_pool", d)})


def export(name, sample, m, args, make):
    kind, options, inputs, ours, run = make(m, args)
    xs = [x.detach().clone().contiguous() for x in inputs]
    if sum(x.numel() for x in xs) > LARGEST:
        raise Refused(f"more than {LARGEST} elements")
    if not all(x.numel() for x in xs):
        raise Refused("nothing in it")
    leaves = [x.clone().requires_grad_(x.is_floating_point()) for x in xs]
    ps = {k: v.detach().clone().contiguous().requires_grad_() for k, v in ours.items()}
    try:
        y = run(*leaves, ps)
    except (RuntimeError, NotImplementedError) as e:
        if "not differentiable" not in str(e) and "derivative" not in str(e):
            raise
        leaves = [leaves[0]] + xs[1:]
        y = run(*leaves, ps)
    k = str(len(notes))
    for i, x in enumerate(xs):
        tensors[f"{k}/in{i}"] = x
    for n, v in ps.items():
        tensors[f"{k}/{n}"] = v
    tensors[k + "/out"] = y
    u = torch.rand(y.shape, generator=torch.Generator().manual_seed(len(notes))) - 0.5
    tensors[k + "/u"] = u
    if y.requires_grad:
        (u * y).sum().backward()
    for n, v in [*((f"in{i}", v) for i, v in enumerate(leaves)), *ps.items()]:
        if v.requires_grad and v.grad is not None:
            tensors[f"{k}/d.{n}"] = v.grad
    notes[k] = f"{name} {sample}|{kind}|" + " ".join(f"{a}={b}" for a, b in options.items())


def write(path):
    word = {torch.float64: "F64", torch.int64: "I64"}
    header, data = {"__metadata__": notes}, b""
    for k, t in tensors.items():
        raw = t.detach().contiguous().numpy().astype(numpy.float64 if t.dtype == torch.float64 else numpy.int64).tobytes()
        header[k] = {"dtype": word[t.dtype], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


for info in module_db:
    name = info.name
    make = TABLE.get(name.split(".")[-1])
    if "Lazy" in name:
        continue
    if make is None:
        notes[str(len(notes))] = f"{name}|refused|no counterpart yet"
        continue
    torch.manual_seed(1)
    seen = set()
    for sample in info.module_inputs_func(info, device="cpu", dtype=torch.float64, requires_grad=False, training=True):
        construct, forward = sample.constructor_input, sample.forward_input
        key = (str(construct.args), str(construct.kwargs), str([getattr(a, "shape", a) for a in forward.args]))
        if key in seen or len(seen) >= MOST:
            continue
        seen.add(key)
        m = info.module_cls(*construct.args, **construct.kwargs).double().train()
        args = [*forward.args, *forward.kwargs.values()]
        try:
            export(name, sample.desc, m, args, make)
        except Refused as e:
            notes[str(len(notes))] = f"{name} {sample.desc}|refused|{e}"
        except Exception as e:
            notes[str(len(notes))] = f"{name} {sample.desc}|refused|the exporter cannot: {type(e).__name__} {str(e)[:80]!r}"
write(pathlib.Path(__file__).with_suffix(".safetensors"))

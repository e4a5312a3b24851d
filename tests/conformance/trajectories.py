#!/usr/bin/env python3
"""A hundred steps of training by PyTorch, in double precision, as a fixture of trajectories.c: a LeNet, a ResNet
with batch normalization, a stacked GRU and a two-layer GPT, all of them small.

usage: trajectories.py    writes trajectories.safetensors beside itself (see tests/golden/layers.py)

"<network>/x", "<network>/y" hold five batches one after the other, taken in turn; "<network>/initial.<variable>" and
"<network>/final.<variable>" the values before and after; "<network>/loss" the loss before each step.
"""
import pathlib
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "golden"))
import layers  # noqa: E402
from layers import Draw, dense, mha, oi, weights  # noqa: E402

STEPS, BATCHES = 100, 5
out = {}


def train(name, batch, x, y, shapes, loss_of, optimizer, buffers=None):
    draw = Draw(name)
    parameters = {}
    for k, shape in shapes.items():
        if k.endswith("scale"):
            parameters[k] = 1 + draw(*shape, low=-0.2, high=0.2)
        else:
            parameters[k] = draw(*shape) * (0.4 / max(1, torch.tensor(shape[:-1]).prod().item()) ** 0.5)
        parameters[k].requires_grad_()
    state = {k: v.clone() for k, v in (buffers or {}).items()}
    x, y = x(draw), y(draw)
    out[name + "/x"], out[name + "/y"] = x, y
    for k, v in {**parameters, **state}.items():
        out[f"{name}/initial.{k}"] = v.detach().clone()
    step = optimizer(list(parameters.values()))
    losses = []
    for s in range(STEPS):
        rows = slice(s % BATCHES * batch, (s % BATCHES + 1) * batch)
        loss = loss_of(x[rows], y[rows], {**parameters, **state})
        losses.append(loss.item())
        step.zero_grad()
        loss.backward()
        step.step()
    print(name, losses[0], losses[-1])
    out[name + "/loss"] = torch.tensor(losses)
    for k, v in {**parameters, **state}.items():
        out[f"{name}/final.{k}"] = v.detach().clone()


def adam(lr):
    return lambda p: torch.optim.Adam(p, lr=lr, eps=1e-7)


def first(f, x):
    return f(x.movedim(-1, 1)).movedim(1, -1)


def conv(p, scope, x, **options):
    return first(lambda z: F.conv2d(z, oi(p[scope + "/kernel"]), p.get(scope + "/bias"), **options), x)


def lenet(x, y, p):
    h = torch.tanh(conv(p, "conv1", x))
    h = first(lambda z: F.avg_pool2d(z, 2), h)
    h = torch.relu(conv(p, "conv2", h, padding=1))
    h = first(lambda z: F.max_pool2d(z, 2), h)
    h = torch.tanh(dense(p, "dense1", h.flatten(1)))
    return F.cross_entropy(dense(p, "dense2", h), y)


train("lenet", 8, lambda d: d(40, 12, 12, 1), lambda d: d.ints(40, high=4),
      {"conv1/kernel": (5, 5, 1, 4), "conv1/bias": (4,), "conv2/kernel": (3, 3, 4, 6), "conv2/bias": (6,),
       "dense1/kernel": (24, 12), "dense1/bias": (12,), "dense2/kernel": (12, 5), "dense2/bias": (5,)}, lenet, adam(3e-3))


def bn(p, scope, x):
    return first(lambda z: F.batch_norm(z, p[scope + "/mean"], p[scope + "/variance"], p[scope + "/scale"], p[scope + "/bias"],
                                        True), x)


def resnet(x, y, p):
    h = torch.relu(bn(p, "stem/bn", conv(p, "stem/conv", x, padding=1)))
    for k, stride in (("block1", 1), ("block2", 2)):
        z = torch.relu(bn(p, k + "/bn1", conv(p, k + "/conv1", h, padding=1, stride=stride)))
        z = bn(p, k + "/bn2", conv(p, k + "/conv2", z, padding=1))
        short = h if stride == 1 else conv(p, k + "/short", h, stride=2)
        h = torch.relu(short + z)
    return F.cross_entropy(dense(p, "head", h.mean((1, 2))), y)


shapes = {"stem/conv/kernel": (3, 3, 3, 4), "block1/conv1/kernel": (3, 3, 4, 4), "block1/conv2/kernel": (3, 3, 4, 4),
          "block2/conv1/kernel": (3, 3, 4, 6), "block2/conv2/kernel": (3, 3, 6, 6), "block2/short/kernel": (1, 1, 4, 6),
          "head/kernel": (6, 5), "head/bias": (5,)}
moments = {}
for scope, n in (("stem/bn", 4), ("block1/bn1", 4), ("block1/bn2", 4), ("block2/bn1", 6), ("block2/bn2", 6)):
    shapes.update({scope + "/scale": (n,), scope + "/bias": (n,)})
    moments.update({scope + "/mean": torch.zeros(n), scope + "/variance": torch.ones(n)})
train("resnet", 6, lambda d: d(30, 6, 6, 3), lambda d: d.ints(30, high=4), shapes, resnet,
      lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9), moments)


def gru(x, y, p):
    flat = weights(p, "gru/0") + weights(p, "gru/1")
    h, _ = torch._VF.gru(x, torch.zeros(2, x.shape[0], 6), flat, True, 2, 0.0, False, False, True)
    return F.mse_loss(dense(p, "head", h[:, -1]), y)


train("gru", 8, lambda d: d(40, 10, 2), lambda d: d(40, 1), {**layers.cell_shapes("gru/0", 2, 6, 3), **layers.cell_shapes("gru/1", 6, 6, 3),
                                                             "head/kernel": (6, 1), "head/bias": (1,)}, gru, adam(5e-3))


def gpt(x, y, p):
    def norm(scope, z):
        return F.layer_norm(z, (8,), p[scope + "/scale"], p[scope + "/bias"])
    h = F.embedding(x, p["tokens/table"]) + p["places/table"][:6]
    for k in ("block0", "block1"):
        z = norm(k + "/norm1", h)
        h = h + mha(p, k + "/attention", z, z, 2, causal=True)
        z = F.gelu(dense(p, k + "/dense1", norm(k + "/norm2", h)), approximate="tanh")
        h = h + dense(p, k + "/dense2", z)
    return F.cross_entropy(dense(p, "head", norm("norm", h)).reshape(-1, 11), y.flatten())


shapes = {"tokens/table": (11, 8), "places/table": (6, 8), "norm/scale": (8,), "norm/bias": (8,), "head/kernel": (8, 11), "head/bias": (11,)}
for k in ("block0", "block1"):
    shapes.update({k + "/norm1/scale": (8,), k + "/norm1/bias": (8,), k + "/norm2/scale": (8,), k + "/norm2/bias": (8,),
                   **layers.mha_shapes(k + "/attention", 8), **layers.dense_shapes(k + "/dense1", 8, 16),
                   **layers.dense_shapes(k + "/dense2", 16, 8)})
train("gpt", 4, lambda d: d.ints(20, 6, high=10), lambda d: d.ints(20, 6, high=10), shapes, gpt, adam(3e-3))

layers.write(pathlib.Path(__file__).with_suffix(".safetensors"), out)

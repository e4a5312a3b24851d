#!/usr/bin/env python3
"""Golden trajectories: ten Adam steps of a narrow sparse bottleneck network, in float64.

    python3 tests/golden/trajectory.py          rewrites regression.tsv, pretraining.tsv and frozen.tsv beside it

An independent reference for tests/nn/test_nn_golden.c: PyTorch's own layers, losses and derivatives; only Adam's update
is written out, because Keras places epsilon differently. The stored files came from Debian 12's python3-torch,
1.13.1 (which calls itself 1.13.0a0), and Python 3.11. Initial weights and data are no part of them: both sides
draw these from the generator below, exactly.

    network      12 - 10 elu - 6 elu - 2 - 6 elu - 10 elu - readout, glorot uniform kernels, biases in [-0.1, 0.1)
    batches      8 rows each, step t takes rows 8 (t - 1) to 8 t - 1
    silent gene  the last input is constant zero and its weights start at zero: its row norm has no derivative
                 there, and 0 by definition
    regression   readout of 3, mean squared error, everything trained
    pretraining  softmax readout of 5 classes, cross-entropy, everything trained
    frozen       as regression; the two bottom layers are constant, their penalties still part of the loss
    penalties    group lasso 0.1 over the rows of the first kernel; L2 1e-10 on every kernel and bias but the
                 regression readout's bias

A line is step, name, values (row-major), separated by tabs. At step t, "loss" and its parts and "gradient/<name>"
are taken at the parameters before the update, "<name>" is the parameter after it (steps 1, 5 and 10 only).
"""

import math
import pathlib
import platform

import torch
import torch.nn.functional as F

GENES, TARGETS, CLASSES, BATCH, STEPS = 12, 3, 5, 8, 10
HIDDEN = [("encoder/0", 10), ("encoder/1", 6), ("encoder/2", 2), ("decoder/0", 6), ("decoder/1", 10)]
LINEAR = {"encoder/2", "readout"}
LASSO, L2 = 0.1, 1e-10
LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-7
PARAMETER_STEPS = {1, 5, 10}


class Generator:
    """Knuth's 64-bit linear congruential generator; the upper 53 bits make a number in [-1, 1)."""

    def __init__(self, seed):
        self.state = seed

    def draw(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) * 2.0**-52 - 1.0

    def tensor(self, *shape):
        values = [self.draw() for _ in range(math.prod(shape))]
        return torch.tensor(values, dtype=torch.float64).reshape(shape)


def initial_parameters(outputs):
    """Name -> leaf tensor, kernels [in, out], drawn in the order of the layers, kernel before bias."""
    generator, parameters, fan_in = Generator(1), {}, GENES
    for name, units in HIDDEN + [("readout", outputs)]:
        parameters[f"{name}/kernel"] = generator.tensor(fan_in, units) * math.sqrt(6.0 / (fan_in + units))
        parameters[f"{name}/bias"] = generator.tensor(units) * 0.1
        fan_in = units
    parameters["encoder/0/kernel"][-1] = 0.0
    return parameters


def data():
    """Genes and targets row by row, then one class per row."""
    generator, rows = Generator(2), BATCH * STEPS
    genes = 1.5 * generator.tensor(rows, GENES)
    genes[:, -1] = 0.0
    targets = 1.5 * generator.tensor(rows, TARGETS)
    classes = ((generator.tensor(rows) + 1.0) * (CLASSES / 2)).long()
    return genes, targets, classes


def network(parameters, x):
    for name in [name for name, _ in HIDDEN] + ["readout"]:
        x = x @ parameters[f"{name}/kernel"] + parameters[f"{name}/bias"]
        if name not in LINEAR:
            x = F.elu(x)
    return x


def adam(parameter, slots, step):
    """Keras' epsilon: on the uncorrected root of v."""
    m, v = slots
    m.mul_(BETA1).add_((1 - BETA1) * parameter.grad)
    v.mul_(BETA2).add_((1 - BETA2) * parameter.grad**2)
    rate = LEARNING_RATE * math.sqrt(1 - BETA2**step) / (1 - BETA1**step)
    parameter -= rate * m / (v.sqrt() + EPSILON)


def trajectory(path, softmax, frozen=()):
    genes, targets, classes = data()
    parameters = initial_parameters(CLASSES if softmax else TARGETS)
    trained = {name: p.requires_grad_() for name, p in parameters.items() if not name.startswith(frozen)}
    shrunk = [p for name, p in parameters.items() if softmax or name != "readout/bias"]
    slots = {name: (torch.zeros_like(p), torch.zeros_like(p)) for name, p in trained.items()}

    with path.open("w", encoding="ascii") as file:
        versions = f"PyTorch {torch.__version__}, Python {platform.python_version()}"
        print(f"# Written by trajectory.py ({versions}): see there for what it holds. Do not edit.", file=file)

        def write(step, name, value):
            values = value.detach().reshape(-1).tolist()
            print(step, name, *(f"{v:.17g}" for v in values), sep="\t", file=file)

        for step in range(1, STEPS + 1):
            rows = slice(BATCH * (step - 1), BATCH * step)
            y = network(parameters, genes[rows])
            fit = F.cross_entropy(y, classes[rows]) if softmax else F.mse_loss(y, targets[rows])
            lasso = LASSO * torch.linalg.vector_norm(parameters["encoder/0/kernel"], dim=1).sum()
            l2 = L2 * sum((p**2).sum() for p in shrunk)
            loss = fit + lasso + l2
            for p in trained.values():
                p.grad = None
            loss.backward()

            for name, value in {"loss": loss, "fit": fit, "lasso": lasso, "l2": l2}.items():
                write(step, name, value)
            for name, p in trained.items():
                write(step, f"gradient/{name}", p.grad)
            with torch.no_grad():
                for name, p in trained.items():
                    adam(p, slots[name], step)
            for name, p in trained.items() if step in PARAMETER_STEPS else ():
                write(step, name, p)


if __name__ == "__main__":
    here = pathlib.Path(__file__).resolve().parent
    trajectory(here / "regression.tsv", softmax=False)
    trajectory(here / "pretraining.tsv", softmax=True)
    trajectory(here / "frozen.tsv", softmax=False, frozen=("encoder/0/", "encoder/1/"))

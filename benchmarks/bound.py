"""The least time that the paper's cross-validation on M1 can take on this machine: the multiply-adds it cannot do without at the peak
rate, plus 28 bytes for each trained parameter and step (parameter, two moments and gradient read; parameter and moments written) at
the triad rate of the L3 cache. Frozen layers count as computed once for each row. Ten models on two cores: five on each."""

import os
import statistics
import subprocess

import results

SIZES = [(512, 128), (128, 2), (2, 128), (128, 512)]  # between the first layer and the readout
ROWS, PRETRAIN_ROWS, BATCH = 1092, 655, 32
PHASES = {  # inputs, outputs, frozen layers, rows, epochs
    "pretrain": (1000, 20, 0, PRETRAIN_ROWS, 50),
    "frozen": (1000, 16, 2, ROWS, 50),
    "unfrozen": (1000, 16, 0, ROWS, 50),
    "finetune": (25, 16, 0, ROWS, 100),
}


def count(phase):
    """FLOP, bytes and steps of one model in this phase."""
    inputs, outputs, frozen, rows, epochs = PHASES[phase]
    layers = [(inputs, 512), *SIZES, (512, outputs)]
    once = sum(2 * a * b * rows for a, b in layers[:frozen])
    # Each trained layer: one product forward, one for its kernel, and but for the first one for its input.
    a_row = sum(2 * a * b * (2 if i == 0 else 3) for i, (a, b) in enumerate(layers[frozen:]))
    parameters = sum(a * b + b for a, b in layers[frozen:])
    steps = epochs * -(-rows // BATCH)
    return once + a_row * rows * epochs, 28 * parameters * steps, steps


def limits(build):
    """GFLOP/s and GB/s of one core and of both, as `limits` measures them now."""
    text = subprocess.run([os.path.join(build, "benchmarks/limits")], check=True, capture_output=True, text=True).stdout
    rows = results.rows(text)
    value = lambda what: float(rows[what]["median"])  # noqa: E731
    return {
        "fma": value("multiply-adds f32, 1 thread"),
        "l3_triad": value("triad L3 12 MB, 1 thread"),
        "fma_2": value("multiply-adds f32, 2 threads"),
        "l3_triad_2": value("triad L3 12 MB, 2 threads"),
    }


def cross_validation(measured):
    """From several measurements of the limits: seconds by the rates of one core, and by those of two at once."""
    rate = {key: statistics.median(m[key] for m in measured) for key in measured[0]}
    flop, moved, steps = (sum(x) for x in zip(*(count(p) for p in PHASES)))
    one = (flop / rate["fma"] + moved / rate["l3_triad"]) * 1e-9
    both = 10 * (flop / rate["fma_2"] + moved / rate["l3_triad_2"]) * 1e-9
    return {"seconds": 5 * one, "seconds_one_model": one, "seconds_both_cores_measured": both, "steps": steps, "gflop": flop * 1e-9, "gigabytes": moved * 1e-9}

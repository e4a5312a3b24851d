"""What the peers share: the M1 data, folds, clusters and phases of the paper's cross-validation, and the talk with compare.py.

A peer is a script that defines

    SETTINGS = {"name": [first, second, ...], ...}     # what can be tuned, the usual choice first
    class Peer:
        def __init__(self, setting, threads): ...      # what has to be built once
        def train(self, fold, epochs): ...             # one model; returns its test R2 by stage

and ends in m1.main(SETTINGS, Peer). compare.py starts it and waits for {"ready": true}: imports, reading and compilation are then
done. Each line of fold numbers that it sends ("1 2") is answered by a line for each, {"fold": 1, "seconds": 12.3, "r2": {"frozen":
0.34, ...}}, and {"done": true}.
"""

import argparse
import csv
import json
import os
import sys
import time

STARTED = time.perf_counter()
HIDDEN, BOTTLENECK, KEPT, CLUSTERS, BATCH = (512, 128), 2, 25, 20, 32
LASSO, L2, BETA1, BETA2, EPSILON = 0.1, 1e-10, 0.9, 0.999, 1e-7
PRETRAIN_FRACTION = 0.6
EPOCHS = {"pretrain": 50, "frozen": 50, "unfrozen": 50, "finetune": 100}
RATES = {"pretrain": 1e-4, "frozen": 1e-4, "unfrozen": 5e-5, "finetune": 5e-5}


def threads_before_import(argv):
    """Libraries read these when they are loaded. compare.py has bound the process to as many cores."""
    n = argv[argv.index("--threads") + 1] if "--threads" in argv else "1"
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = n
    os.environ.pop("OPENBLAS_CORETYPE", None)  # a core type forced from outside makes numpy slow
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ["JAX_PLATFORMS"] = "cpu"


threads_before_import(sys.argv)
import numpy as np  # noqa: E402


# ---- data ----


def read_table(path):
    with open(path, newline="") as f:
        rows = list(csv.reader(f))
    ids = [r[0] for r in rows[1:]]
    return rows[0][1:], ids, np.array([r[1:] for r in rows[1:]], dtype=np.float64)


def z_scores(a):
    sd = a.std(axis=0)
    return (a - a.mean(axis=0)) / np.where(sd > 0, sd, 1)


def load(shared):
    """Genes [cells, 1000] and responses [cells, 16], z-scored over all cells as the paper has it."""
    cells, _, counts = read_table(os.path.join(shared, "data/m1/gene_counts.csv"))  # genes in rows
    _, ids, y = read_table(os.path.join(shared, "data/m1/ephys_values.csv"))
    column = {cell: j for j, cell in enumerate(cells)}
    counts = counts[:, [column[c] for c in ids]].T
    sums = counts.sum(axis=1, keepdims=True)
    return z_scores(np.log2(counts / sums * np.median(sums) + 1)), z_scores(y)


class Fold:
    """x, y: training rows; x_test, y_test; clusters: of the training rows, of which the first n_pretrain pretrain. Centred, f32."""

    def __init__(self, number, x, y, clusters, order):
        size = len(order) // 10
        test = order[(number - 1) * size : number * size]
        train = np.concatenate([order[: (number - 1) * size], order[number * size :]])
        self.number = number
        self.x = (x[train] - x[train].mean(axis=0)).astype(np.float32)
        self.y = (y[train] - y[train].mean(axis=0)).astype(np.float32)
        self.x_test = (x[test] - x[train].mean(axis=0)).astype(np.float32)
        self.y_test = (y[test] - y[train].mean(axis=0)).astype(np.float32)
        self.clusters = clusters[train].astype(np.int32)
        self.n_pretrain = int(PRETRAIN_FRACTION * len(train))

    def r2(self, prediction):
        """Of the test rows, pooled over the responses."""
        error = self.y_test - np.asarray(prediction, dtype=np.float64)
        return float(1 - (error**2).sum() / (self.y_test.astype(np.float64) ** 2).sum())


def largest_rows(kernel):
    """The inputs that pruning keeps."""
    return np.argsort(-np.linalg.norm(np.asarray(kernel), axis=1), kind="stable")[:KEPT].copy()


def batches(n):
    """Rows of each step of an epoch."""
    return [(i, min(i + BATCH, n)) for i in range(0, n, BATCH)]


def layer_sizes(inputs, outputs):
    """[in, out] of each dense layer; all but the third (the bottleneck) and the last are followed by ELU."""
    widths = [inputs, *HIDDEN, BOTTLENECK, *HIDDEN[::-1], outputs]
    return list(zip(widths[:-1], widths[1:]))


def glorot(rng, inputs, outputs):
    limit = np.sqrt(6 / (inputs + outputs))
    return rng.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)


# ---- the talk with compare.py ----


def say(what):
    print(json.dumps(what), flush=True)


def main(settings, peer):
    p = argparse.ArgumentParser()
    p.add_argument("--shared", required=True, help="the folder that holds data/ and reference/")
    p.add_argument("--labels", required=True, help="a cluster for each cell, one a line: benchmarks/kmeans writes it")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--setting", default="{}", help="JSON: what differs from the first choices")
    p.add_argument("--shorten", type=int, default=1, help="divides the epochs of each phase")
    o = p.parse_args()
    setting = {name: choices[0] for name, choices in settings.items()} | json.loads(o.setting)
    epochs = {phase: max(1, n // o.shorten) for phase, n in EPOCHS.items()}
    x, y = load(o.shared)
    clusters = np.loadtxt(o.labels, dtype=np.int64)
    order = np.loadtxt(os.path.join(o.shared, "reference/m1_fold_permutation.txt"), dtype=np.int64)
    worker = peer(setting, o.threads)
    worker.train(Fold(1, x, y, clusters, order), {phase: 1 for phase in EPOCHS})  # compiles whatever gets compiled
    say({"ready": True, "start_up": time.perf_counter() - STARTED})
    for line in sys.stdin:
        for number in line.split():
            fold = Fold(int(number), x, y, clusters, order)
            begin = time.perf_counter()
            r2 = worker.train(fold, epochs)
            say({"fold": fold.number, "seconds": time.perf_counter() - begin, "r2": r2})
        say({"done": True})

#!/usr/bin/env python3
"""GradBench's evaluations on small inputs of ours, with the results of GradBench's own `manual` tool.

usage: gradbench.py    writes gradbench.jsonl beside itself, for gradbench.c

$NABLA_GRADBENCH is a checkout of github.com/gradbench/gradbench whose tools/manual is built (`make -C tools/manual`, which needs its
cpp/json.hpp). A line is an object: module, function, input, output. particle and saddle are not in `manual`; their
results are the ones that GradBench's evaluations expect of every tool.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy

root = pathlib.Path(os.environ["NABLA_GRADBENCH"])
rng = numpy.random.default_rng(1)
cases = []


def numbers(*shape, low=0.0, high=1.0):
    return numpy.round(rng.uniform(low, high, shape), 6).tolist()


def add(module, functions, **fields):
    cases.extend((module, f, fields) for f in functions.split())


for x in (1.0, -3.5):
    cases.extend([("hello", "square", x), ("hello", "double", x)])
for n in (2, 5, 7):
    add("det", "primal gradient", A=numbers(n * n), ell=n)
for n, m in ((16, 4), (33, 12)):
    add("llsq", "primal gradient", x=numbers(m), n=n)
for n in (1, 40):
    add("lse", "primal gradient", x=numbers(n, low=-100, high=100))
for d, k, n, m in ((2, 3, 10, 0), (4, 5, 12, 2)):
    add("gmm", "objective jacobian", d=d, k=k, n=n, m=m, gamma=1.0 + m / 4, x=numbers(n, d, low=-2, high=2), alpha=numbers(k), mu=numbers(k, d),
        q=numbers(k, d, low=-1), l=numbers(k, d * (d - 1) // 2, low=-1))
for k, n, d in ((2, 10, 2), (5, 30, 3)):
    points = numbers(n, d)
    add("kmeans", "cost dir", points=points, centroids=points[-k:])
for n, m, p in ((3, 4, 12), (5, 2, 20)):
    add("ba", "objective jacobian", n=n, m=m, p=p, cam=numbers(11, low=-1), x=numbers(3, low=2, high=4), w=0.7, feat=numbers(2))
for layers, steps, bits in ((1, 5, 4), (3, 9, 6)):
    add("lstm", "objective jacobian", main_params=numbers(2 * layers, 4 * bits), extra_params=numbers(3, bits), state=numbers(2 * layers, bits),
        sequence=numpy.round(rng.uniform(size=(steps, bits))).tolist())
for n, s in ((4, 2), (6, 400)):  # `manual` differentiates the exact solution, which steps of order 4 reach so
    add("ode", "primal gradient", x=numbers(n, low=0.5, high=1.5), s=s)

BONES, VERTICES, POINTS = 22, 12, 5


def frame():  # a homogeneous transform: any rotation, some place
    q, _ = numpy.linalg.qr(rng.normal(size=(3, 3)))
    m = numpy.eye(4)
    m[:3, :3], m[:3, 3] = q, rng.normal(size=3)
    return numpy.round(m, 6).tolist()


# Not mirrored: the derivative of `manual` does not mirror what its function does.
parents = [-1] + [0 if i % 4 == 1 else i - 1 for i in range(1, BONES)]
for on in (False, True):
    weights = rng.uniform(size=(VERTICES, BONES)) * (rng.uniform(size=(VERTICES, BONES)) < 0.2)
    model = {"bone_count": BONES, "bone_names": ["b%d" % i for i in range(BONES)], "parents": parents,
             "base_relatives": [frame() for _ in range(BONES)], "inverse_base_absolutes": [frame() for _ in range(BONES)],
             "base_positions": [[*p, 1.0] for p in numbers(VERTICES, 3)], "weights": numpy.round(weights, 6).tolist(),
             "triangles": rng.integers(VERTICES, size=(8, 3)).tolist(), "is_mirrored": False}
    add("ht", "objective jacobian", theta=numbers(26, low=-1), us=numbers(POINTS, 2, high=0.5) if on else [],
        data={"model": model, "correspondences": rng.integers(8, size=POINTS).tolist(), "points": numbers(POINTS, 3)})


def manual(module, function, value):
    with tempfile.NamedTemporaryFile("w") as f:
        if isinstance(value, dict):
            value = {**value, "min_runs": 1, "min_seconds": 0}
        json.dump(value, f)
        f.flush()
        command = [root / "tools/manual/bin" / module, f.name, function]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0])


def expected(module):  # what the evaluation itself compares with
    sys.path.insert(0, str(root / "python/gradbench"))
    return __import__(f"gradbench.evals.{module}.run", fromlist=["run"]).expect(None, None)["output"]


lines = [{"module": m, "function": f, "input": i, "output": manual(m, f, i)} for m, f, i in cases]
for module, value in (("particle", {"w": 0.0}), ("saddle", {"start": [1.0, 1.0]})):
    lines += [{"module": module, "function": f, "input": value, "output": expected(module)} for f in ("ff", "fr", "rf", "rr")]
text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
pathlib.Path(__file__).with_suffix(".jsonl").write_text(text)

#!/usr/bin/env python3
"""Runs GradBench's own evaluations against our tool, as its intermediary does.

usage: run.py TOOL [NAME...] [full]    NAME: evaluations (all); full: their own sizes (else small ones), which take an hour

$NABLA_GRADBENCH is a checkout of github.com/gradbench/gradbench whose tools/manual is built (`make -C tools/manual`, which needs its
cpp/json.hpp). An evaluation sends messages, checks each answer against `manual` to 1e-4 and says what is valid. Here each answer is
compared once more, and the largest difference |x - y| / max(1, |x| + |y|) is printed. Prints a line for each evaluation; exit code 1
if an answer is not valid, or differs by more than 1e-8."""
import json
import os
import pathlib
import subprocess
import sys

root = pathlib.Path(os.environ["NABLA_GRADBENCH"]).resolve()
os.environ["PYTHONPATH"] = str(root / "python/gradbench")
sys.path.insert(0, os.environ["PYTHONPATH"])
SMALL = {
    "hello": "", "det": "-l 5 6 7", "llsq": "-n 16 1024 -m 32", "lse": "-n 2500 40000", "gmm": "-d 2 10 -k 5 10 -n 1000",
    "kmeans": "-k 10 100 -n 1000 -d 8", "ba": "--max 3", "ht": "--max 4", "lstm": "-l 2 -c 1024", "ode": "-n 100 1000 -s 10", "particle": "",
    "saddle": "",
}
# What `manual` returns is not the derivative of its function there: the exact solution instead of Runge-Kutta's.
OTHER = {("ode", "gradient")}


def difference(x, y):
    if isinstance(x, dict):
        return max([difference(x[k], y[k]) for k in x], default=0.0)
    if isinstance(x, list):
        return max([difference(a, b) for a, b in zip(x, y, strict=True)], default=0.0)
    return abs(x - y) / max(1.0, abs(x) + abs(y))


def expected(name, message):
    from gradbench import cpp

    value = message["input"]
    if name == "hello":
        return value * value if message["function"] == "square" else 2 * value
    if name in ("particle", "saddle"):
        return __import__(f"gradbench.evals.{name}.run", fromlist=["run"]).expect(None, None)["output"]
    return cpp.evaluate(tool="manual", module=name, function=message["function"], input={**value, "min_runs": 1, "min_seconds": 0})["output"]


def run(tool, name, options):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    evaluation = subprocess.Popen([sys.executable, "-m", f"gradbench.evals.{name}.run", *options], cwd=root, **pipes)
    ours = subprocess.Popen([tool], **pipes)
    valid, wrong, largest, seconds = 0, 0, 0.0, 0.0
    for line in evaluation.stdout:
        message = json.loads(line)
        if message["kind"] == "end":
            break
        ours.stdin.write(line)
        ours.stdin.flush()
        answer = ours.stdout.readline()
        if message["kind"] == "evaluate":
            parsed = json.loads(answer)
            seconds += min([t["nanoseconds"] for t in parsed["timings"] if t["name"] == "evaluate"], default=0) * 1e-9
            if not parsed["success"]:
                wrong += 1
                print(f"  {name} {message['function']} {message.get('description', '')}: {parsed['error']}")
            elif (name, message["function"]) not in OTHER:
                largest = max(largest, difference(parsed["output"], expected(name, message)))
        if message["kind"] == "analysis":
            valid, wrong = valid + message["valid"], wrong + (not message["valid"])
            if not message["valid"]:
                print(f"  {name}: {message['error'][:300]}")
        evaluation.stdin.write(answer)
        evaluation.stdin.flush()
    ours.stdin.close()
    ok = evaluation.wait() == 0 and valid > 0 and wrong == 0 and largest <= 1e-8
    print(f"{name}: {valid} valid, {wrong} not; largest difference {largest:.2g}; {seconds:.3g} s{'' if ok else '  FAILED'}", flush=True)
    return ok


tool, words = os.path.abspath(sys.argv[1]), sys.argv[2:]
os.chdir(root)
names = [w for w in words if w != "full"] or list(SMALL)
options = {n: ["--min-seconds", "0"] * (n != "hello") + ([] if "full" in words else SMALL[n].split()) for n in names}
good = [n for n in names if run(tool, n, options[n])]
print(f"gradbench: {len(good)} of {len(names)} evaluations valid")
sys.exit(len(good) != len(names))

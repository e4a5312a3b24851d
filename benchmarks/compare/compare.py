"""The paper's cross-validation on M1, sbnn beside Keras, PyTorch and JAX: `./dev bench compare`.

Every peer is tuned first, in short runs: each of its settings in turn, then one process of two threads or two processes of one. Then
all peers are started and wait. A round trains the next two folds with each of them, and with sbnn right before each: what disturbs the
machine disturbs both. Five rounds are the whole cross-validation. Counted is the time from prepared data in memory to the last test
R2, evaluation at the ends of stages; not counted are imports, reading, compilation and k-means (all use the same clusters).
"""

import argparse
import contextlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import bound  # noqa: E402
import results  # noqa: E402

CORES = sorted(os.sched_getaffinity(0))[:2]
LAYOUTS = {"2 x 1 thread": [[c] for c in CORES], "1 x 2 threads": [CORES]}

# name: script, environment, settings that are fixed, settings to tune
PEERS = {
    "Keras, TensorFlow": ("keras_fit", {"KERAS_BACKEND": "tensorflow"}, {}, {"steps_per_execution": [35, 7], "jit_compile": [False, True]}),
    "Keras, JAX": ("keras_fit", {"KERAS_BACKEND": "jax"}, {}, {"steps_per_execution": [7, 1]}),
    "PyTorch, idiomatic": ("pytorch", {}, {"adam": "loop", "l2": "loss", "compile": "no"}, {}),
    "PyTorch, fast Adam": ("pytorch", {}, {"l2": "decay", "compile": "no"}, {"adam": ["foreach", "fused"]}),
    "PyTorch, compiled": ("pytorch", {}, {"compile": "loss", "l2": "decay"}, {"adam": ["foreach", "fused"]}),
    "PyTorch, backward by hand": ("pytorch_by_hand", {}, {}, {"adam": ["flat", "fused"], "hoist": ["yes", "no"]}),
    "JAX": ("jax_plain", {}, {"hoist": "yes"}, {"unroll": [1, 5], "order": ["gather", "sorted"]}),
}
PACKAGES = ["tensorflow-cpu", "keras", "jax", "jaxlib", "torch", "numpy", "scikit-learn"]


def note(text):
    print(text, file=sys.stderr, flush=True)


class Running:
    """A peer with one setting in one layout: its processes, each bound to its cores."""

    def __init__(self, name, setting, layout, labels, shorten=1):
        script, environment, _, _ = PEERS[name]
        self.name, self.processes = name, []
        self.errors = tempfile.TemporaryFile("w+")
        for cores in LAYOUTS[layout]:
            command = [sys.executable, os.path.join(HERE, script + ".py"), "--shared", results.SHARED, "--labels", labels,
                       "--threads", str(len(cores)), "--setting", json.dumps(setting), "--shorten", str(shorten)]  # fmt: skip
            self.processes.append(
                subprocess.Popen(
                    command,
                    env={**os.environ, **environment},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self.errors,
                    text=True,
                    preexec_fn=lambda cores=cores: os.sched_setaffinity(0, cores),
                )
            )
        self.start_up = max(self.answer(p)["start_up"] for p in self.processes)

    def answer(self, process):
        line = process.stdout.readline()
        if line:
            return json.loads(line)
        self.errors.seek(0)
        sys.exit(f"{self.name} ended early:\n{self.errors.read()[-4000:]}")

    def train(self, folds):
        """Seconds until all folds are done, and the R2 of each."""
        share = len(folds) // len(self.processes)
        begin = time.perf_counter()
        for i, p in enumerate(self.processes):
            print(*folds[i * share : (i + 1) * share], file=p.stdin, flush=True)
        r2 = []
        for p in self.processes:
            while "done" not in (line := self.answer(p)):
                r2.append(line["r2"])
        return time.perf_counter() - begin, r2

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for p in self.processes:
            p.stdin.close()
            p.wait()


def tune(name, labels, shorten):
    """The best setting, its layout, and what was tried."""
    _, _, fixed, choices = PEERS[name]
    tried = []

    def seconds(setting, layout):
        with Running(name, setting, layout, labels, shorten) as r:
            taken = min(r.train([1, 2])[0] for _ in range(2))
        tried.append({"setting": setting, "layout": layout, "seconds": round(taken, 3)})
        note(f"  {taken:7.2f} s  {layout}  {setting}")
        return taken

    best = {**fixed, **{key: values[0] for key, values in choices.items()}}
    layout = next(iter(LAYOUTS))
    least = seconds(best, layout)
    for key, values in choices.items():
        for value in values[1:]:
            taken = seconds({**best, key: value}, layout)
            if taken < least:
                least, best = taken, {**best, key: value}
    for other in list(LAYOUTS)[1:]:
        if seconds(best, other) < least:
            layout = other
    return {"setting": best, "layout": layout, "tried": tried}


def sbnn(program, folds, *options):
    """Seconds of the models, seconds of the whole command, and the R2 of each fold by stage."""
    with tempfile.TemporaryDirectory() as work:
        data = os.path.join(results.SHARED, "data/m1")
        command = [program, "cv", "--x", f"{data}/gene_counts.csv", "--y", f"{data}/ephys_values.csv", "--protocol", "paper",
                   "--fold-permutation", f"{results.SHARED}/reference/m1_fold_permutation.txt", "--threads", str(len(CORES)),
                   "--quiet", "--out", f"{work}/out", *options]  # fmt: skip
        if folds:
            command += ["--only-folds", ",".join(map(str, folds))]
        begin = time.perf_counter()
        subprocess.run(command, check=True)
        whole = time.perf_counter() - begin
        with open(f"{work}/out/run.json") as f:
            seconds = json.load(f)["timings"]["seconds_models"]
        r2 = {}
        with open(f"{work}/out/metrics.tsv") as f:
            for line in f:
                _, _, fold, stage, split, target, value = line.rstrip("\n").split("\t")
                if split == "test" and target == "all":
                    r2.setdefault(fold, {})[stage] = float(value)
        return seconds, whole, list(r2.values())


def mean_r2(models):
    stages = ("frozen", "unfrozen", "pruned", "finetuned")
    return {s: round(sum(m[s] for m in models) / len(models), 4) for s in stages}


def measure(o, peers, labels):
    """Seconds by round and R2 by fold, of each peer and of sbnn right before it."""
    rounds = [[2 * r % 10 + 1, 2 * r % 10 + 2] for r in range(o.rounds)]
    stage_ends = ["--evaluate", "stage-ends"]
    if o.shorten > 1:
        for phase, n in (("pretrain", 50), ("frozen", 50), ("unfrozen", 50), ("finetune", 100)):
            stage_ends += [f"--epochs-{phase}", str(max(1, n // o.shorten))]
    seen = {name: {"seconds": [], "ours": [], "r2": []} for name in peers}
    ours_r2 = []
    with contextlib.ExitStack() as stack:
        running = {}
        for name, best in peers.items():
            note(f"starting {name}")
            running[name] = stack.enter_context(Running(name, best["setting"], best["layout"], labels, o.shorten))
        for k, folds in enumerate(rounds):
            for name, peer in running.items():
                ours, _, r2 = sbnn(o.sbnn, folds, *stage_ends)
                theirs, their_r2 = peer.train(folds)
                seen[name]["ours"].append(ours)
                seen[name]["seconds"].append(theirs)
                seen[name]["r2"] += their_r2
                note(f"round {k + 1}: {name:26s} {theirs:7.2f} s, sbnn {ours:6.2f} s, ratio {theirs / ours:5.2f}")
            ours_r2 += r2
        start_up = {name: round(r.start_up, 1) for name, r in running.items()}
    return seen, ours_r2, start_up


def table(o, peers, seen, ours_r2, start_up):
    """Ten folds: the sum over the rounds, scaled to five of them."""
    scale = 5 / o.rounds
    all_ours = [t for s in seen.values() for t in s["ours"]]
    rows = [{"name": "sbnn", "seconds": sum(all_ours) / len(all_ours) * 5, "r2": mean_r2(ours_r2), "pair": results.spread(all_ours)}]
    for name, s in seen.items():
        ratios = [a / b for a, b in zip(s["seconds"], s["ours"])]
        rows.append(
            {
                "name": name,
                "seconds": sum(s["seconds"]) * scale,
                "ratio": sum(s["seconds"]) / sum(s["ours"]),
                "ratios": results.spread(ratios),
                "r2": mean_r2(s["r2"]),
                "start_up": start_up[name],
                "layout": peers[name]["layout"],
                "setting": peers[name]["setting"],
                "pair": results.spread(s["seconds"]),
                "ours": results.spread(s["ours"]),
            }
        )
    return rows


def kmeans(o, labels):
    """Ours writes the clusters that all use; scikit-learn's beside it."""
    environment = {**os.environ, "NABLA_DATA": results.SHARED}
    text = subprocess.run([o.kmeans, "3", labels], env=environment, check=True, capture_output=True, text=True).stdout
    seconds, inertia = [[float(v) for v in line.split("\t")[2:5]] for line in text.splitlines()[1:3]]
    found = {"ours": {"seconds": seconds, "inertia": inertia}}
    if not o.fast:
        script = os.path.join(HERE, "kmeans.py")
        text = subprocess.run([sys.executable, script, results.SHARED], check=True, capture_output=True, text=True).stdout
        found["scikit-learn"] = json.loads(text)
    note(f"k-means, 1000 restarts: {found}")
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", required=True, help="the build directory")
    p.add_argument("--rounds", type=int, default=5, help="of two folds each; five are the whole cross-validation")
    p.add_argument("--shorten", type=int, default=1, help="divide all epochs by this (and store nothing)")
    p.add_argument("--peers", default="", help="only those whose name has one of these words, comma between")
    p.add_argument("--settings", choices=["tune", "stored"], default="tune", help="stored: those of the stored results")
    p.add_argument("--fast", action="store_true", help="without scikit-learn and the full default run (and store nothing)")
    o = p.parse_args()
    o.sbnn, o.kmeans = os.path.join(o.build, "bin/sbnn"), os.path.join(o.build, "benchmarks/kmeans")
    if len(CORES) < 2:
        sys.exit("two cores are needed")
    if not os.path.exists(os.path.join(results.SHARED, "data/m1/gene_counts.csv")):
        print("SKIPPED: comparison on M1: set NABLA_DATA to the folder that holds data/ and reference/")
        return
    words = [w for w in o.peers.split(",") if w]
    names = [n for n in PEERS if not words or any(w in n for w in words)]
    os.environ.pop("OPENBLAS_CORETYPE", None)
    stored = results.load("compare")
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as work:
        labels = os.path.join(work, "clusters.txt")
        clustering = kmeans(o, labels)
        peers = {}
        for name in names:
            if o.settings == "stored":
                peers[name] = next(({k: r[k] for k in ("setting", "layout")} for r in stored["table"] if r["name"] == name))
            else:
                note(f"tuning {name}")
                peers[name] = tune(name, labels, 10 * o.shorten)
        note(f"tuned after {time.perf_counter() - begin:.0f} s")
        limits = [bound.limits(o.build)]
        seen, ours_r2, start_up = measure(o, peers, labels)
        limits.append(bound.limits(o.build))
        full = None
        if not o.fast:
            _, whole, r2 = sbnn(o.sbnn, None)
            full = {"seconds": whole, "r2": mean_r2(r2)}
    measured = {
        "versions": {k: importlib.metadata.version(k) for k in PACKAGES} | {"python": sys.version.split()[0]},
        "limits": limits,
        "bound": bound.cross_validation(limits),
        "full_default_run": full,
        "kmeans": clustering,
        "tuned": {name: best.get("tried") for name, best in peers.items()},
        "table": table(o, peers, seen, ours_r2, start_up),
        "seconds_of_comparison": round(time.perf_counter() - begin),
    }
    if o.shorten == 1 and not o.fast and not words:
        results.store("compare", {"rounds": o.rounds, "settings": o.settings}, measured)
    for row in measured["table"]:
        print(f"{row['name']:26s} {row['seconds']:8.1f} s  {row.get('ratio', 1):6.2f}  R2 {row['r2']['finetuned']:.3f}  {row.get('setting', '')}")
    print(f"{'bound':26s} {measured['bound']['seconds']:8.1f} s")


if __name__ == "__main__":
    main()

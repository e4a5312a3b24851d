"""Networks beside other frameworks: `./dev bench models [NAME...]`. README.md beside this file says what and how."""

import argparse
import contextlib
import datetime
import importlib.metadata
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import results  # noqa: E402

CORES = sorted(os.sched_getaffinity(0))[:2]
TWO_THREADS, ONE_THREAD = len(CORES), 1
RECURRENT, CONVOLUTIONAL, SHORT = ("lstm", "gru"), ("lenet", "resnet"), ("mlp", "lenet", "gru", "vae")
PACKAGES = ["torch", "jax", "jaxlib", "keras", "tensorflow-cpu", "numpy"]

# name: script, environment, settings that are fixed, and those to try: of which networks (None: all) and which values
PEERS = {
    "PyTorch": ("pytorch", {}, {"compile": False}, {"channels_last": (CONVOLUTIONAL, [False, True])}),
    "PyTorch, compiled": ("pytorch", {}, {"compile": True}, {"channels_last": (CONVOLUTIONAL, [False, True])}),
    "JAX": ("jax_jit", {}, {}, {"scan": (SHORT, [False, True]), "unroll": (RECURRENT, [1, 8])}),
    "Keras": ("keras_fit", {}, {}, {"backend": (None, ["jax", "tensorflow"]), "steps_per_execution": (SHORT, [1, 8])}),
    "llm.c": ("llmc", {}, {}, {}),
}
LLMC = "llm.c"  # where NABLA_LLMC names its sources: of the GPT, its training
# NABLA_ISA holds for the peers too.
NARROWER = {"avx2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2",
                     "XLA_FLAGS": "--xla_cpu_max_isa=AVX2"}}  # fmt: skip


def note(text):
    print(text, file=sys.stderr, flush=True)


class Running:
    """A program that trains one network, bound to as many cores as it has threads. It has done its first step."""

    def __init__(self, name, command, environment, threads):
        self.name, self.errors, self.losses = name, tempfile.TemporaryFile("w+"), []
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_", "KMP_"))}  # how threads wait is the program's choice
        environment = {**kept, **NARROWER.get(os.environ.get("NABLA_ISA"), {}), **environment}
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
                                        preexec_fn=lambda: os.sched_setaffinity(0, CORES[:threads]))  # fmt: skip
        self.first_loss = statistics.fmean(self.answer()["losses"])
        self.first = self.answer()["first"]

    def answer(self):
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.errors.seek(0)
        raise RuntimeError(f"{self.name} ended early:\n{self.errors.read()[-2000:]}")

    def ask(self, *order):
        print(*order, file=self.process.stdin, flush=True)
        return self.answer()

    def train(self, steps):
        """Seconds of a step."""
        a = self.ask("train", steps)
        self.losses.append(statistics.fmean(a["losses"]))
        return a["seconds"] / steps

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Network:
    def __init__(self, o, line):
        self.o = o
        self.name, *numbers, self.isa = line.split("\t")
        self.batch, self.rows, self.chunk = map(int, numbers[:3])
        self.infer, self.train, self.weights, self.places, self.parameters = map(float, numbers[3:])
        self.file = os.path.join(o.work, self.name + ".safetensors")

    def ours(self, threads):
        return Running("ours", [self.o.program, self.name, "run", self.file, str(threads)], {}, threads)

    def peer(self, name, best):
        script, environment, _, _ = PEERS[name]
        if "backend" in best["setting"]:
            environment = {**environment, "KERAS_BACKEND": best["setting"]["backend"]}
        command = [sys.executable, os.path.join(HERE, "peers", script + ".py"), self.name, self.file, str(self.batch), str(self.rows),
                   json.dumps(best["setting"])]  # fmt: skip
        return Running(name, command, environment, best["threads"])

    def start(self, name, best):
        return self.ours(best["threads"]) if name == "ours" else self.peer(name, best)

    def tune(self, name):
        """The best setting and number of threads, and what was tried."""
        tried = []
        fixed, choices = ({}, {}) if name == "ours" else PEERS[name][2:]
        choices = {k: values for k, (networks, values) in choices.items() if networks is None or self.name in networks}
        best = {"setting": {**fixed, **{k: v[0] for k, v in choices.items()}}, "threads": TWO_THREADS}

        def attempt(setting, threads):
            nonlocal best
            now = {"setting": setting, "threads": threads}
            try:
                with self.start(name, now) as r:
                    taken = min(r.train(self.chunk) for _ in range(3))
            except RuntimeError as e:
                note(f"  {e}")
                taken = math.inf
            note(f"  {1e3 * taken:9.3f} ms  {threads} threads  {setting}")
            if taken < min((t["ms"] for t in tried), default=math.inf) / 1e3 or not tried:
                best = now
            tried.append({**now, "ms": round(1e3 * taken, 4)})

        attempt(best["setting"], TWO_THREADS)
        for key, values in choices.items():
            for value in values[1:]:
                attempt({**best["setting"], key: value}, TWO_THREADS)
        if TWO_THREADS > 1 and (name == "ours" or self.name in SHORT):
            attempt(best["setting"], ONE_THREAD)
        return {**best, "tried": tried}


def measure(network, best):
    """Of each program: seconds of a step by round, and what else is asked of it."""
    o, seen = network.o, {name: {"step": []} for name in best}
    with contextlib.ExitStack() as stack:
        running = {}
        for name in best:
            running[name] = stack.enter_context(network.start(name, best[name]))
            note(f"  {name}: first step after {running[name].first:.2f} s")
        for r in range(o.rounds + 1):  # the first one warms up
            names = list(running)
            for name in names[r % len(names) :] + names[: r % len(names)]:
                time.sleep(0.1)  # threads of the last one that spin on
                taken = running[name].train(network.chunk)
                if r > 0:
                    seen[name]["step"].append(taken)
        for name, r in running.items():
            seen[name].update(first=r.first, losses=[r.first_loss, *r.losses], megabytes=r.ask("memory")["megabytes"])
        running.pop(LLMC, None)
        for rows in (1, 256) if o.inference else ():
            repeats = {name: [] for name in running}
            for _ in range(3):
                for name, r in running.items():
                    time.sleep(0.1)
                    a = r.ask("infer", rows)
                    repeats[name].append(a["seconds"])
                    seen[name][f"mean_of_{rows}"] = a["mean"]
                if max(v[0] for v in repeats.values()) > 1:
                    break
            for name in running:
                seen[name][f"infer_{rows}"] = statistics.median(repeats[name])
    return seen


def bounds_of(network):
    """Milliseconds that nothing on these cores can undercut: of a step, its multiply-adds at their peak and 28 bytes a parameter through
    the L3 cache (parameter, two moments and gradient read; parameter and moments written); of one row, its multiply-adds or the reading of
    its weights from the cache that holds them, whichever takes longer."""
    text = subprocess.run([os.path.join(network.o.build, "benchmarks/limits")], check=True, capture_output=True, text=True).stdout
    rows = results.rows(text)
    rate = lambda what: 1e6 * float(rows[f"{what}, {TWO_THREADS} thread{'s' if TWO_THREADS > 1 else ''}"]["median"])  # noqa: E731 a ms
    l2 = TWO_THREADS * 1024 * int(results.cache(2).rstrip("K") or 0)
    cached = "read L2 600 KB" if 4 * network.weights <= l2 else "read L3 12 MB"
    fma = rate("multiply-adds f32")
    return {
        "step_ms": 2 * network.train * network.batch / fma + 28 * network.parameters / rate("triad L3 12 MB"),
        "infer_1_ms": max(2 * network.infer / fma, 4 * network.weights * network.places / rate(cached)),
    }


def result_of(network, best, seen):
    ours = seen["ours"]
    rows = {}
    for name, s in seen.items():
        row = {
            "ms": results.spread([1e3 * t for t in s["step"]]),
            "ratios": results.spread([t / u for t, u in zip(s["step"], ours["step"])]),
            "first_step_s": round(s["first"], 3),
            "peak_mb": s["megabytes"],
            "losses": [float(f"{x:.6g}") for x in s["losses"]],
            "agrees": name == LLMC or abs(s["losses"][-1] - ours["losses"][-1]) <= 0.02 * abs(ours["losses"][-1]),
            **best[name],
        }
        for n in (1, 256):
            if f"infer_{n}" in s:
                row[f"infer_{n}_ms"] = 1e3 * s[f"infer_{n}"]
                row[f"infer_{n}_mean"] = s[f"mean_of_{n}"]
        rows[name] = row
    peers = {n: r["ratios"]["median"] for n, r in rows.items() if n != "ours"}
    return {
        "date": datetime.date.today().isoformat(),
        "commit": results.commit(),
        "steps": network.chunk,
        "rounds": network.o.rounds,
        "load_before": os.getloadavg()[0],
        "bounds": bounds_of(network),
        "best_peer": min(peers, key=peers.get) if peers else None,
        "ratio": min(peers.values()) if peers else None,
        "programs": rows,
    }


def store(isa, name, result):
    """Into what is stored, if that is of this CPU."""
    stored = results.load("models")
    if not stored or stored["machine"]["family"] != results.machine()["family"]:
        stored = {"networks": {}}
    networks = stored["networks"]
    networks.setdefault(isa, {})[name] = result
    versions = {k: importlib.metadata.version(k) for k in PACKAGES} | {"python": sys.version.split()[0]}
    results.store("models", {"see": "each network's"}, {"versions": versions, "networks": networks})


def show(name, r):
    text = [f"{name:8s}"]
    for program, row in r["programs"].items():
        ratio = "" if program == "ours" else f" ({row['ratios']['median']:.2f})"
        text.append(f"{program} {row['ms']['median']:.3f} ms{ratio}{'' if row['agrees'] else ' LOSS DIFFERS'}")
    text.append(f"ratio to the best {r['ratio']:.2f}" if r["ratio"] else "")
    step, row = r["bounds"]["step_ms"], r["bounds"]["infer_1_ms"]
    ours = r["programs"]["ours"]
    bounds = f"bounds: step {step:.3g} ms (ours {ours['ms']['median'] / step:.2f} times)"
    if "infer_1_ms" in ours:
        bounds += f", one row {row:.3g} ms (ours {ours['infer_1_ms'] / row:.2f} times)"
    print("  ".join(text))
    print(f"         {bounds}")
    for what in ("infer_1_ms", "infer_256_ms", "first_step_s", "peak_mb"):
        values = [f"{p} {row[what]:.4g}" for p, row in r["programs"].items() if what in row]
        note(f"         {what}: {', '.join(values)}")
    note("         losses: " + ", ".join(f"{row['losses'][0]:.5g} to {row['losses'][-1]:.5g}" for row in r["programs"].values()))
    for p, row in r["programs"].items():
        note(f"         {p}: " + " ".join(f"{v:.3f}" for v in row["ms"]["all"]) + f" ms, {row['threads']} threads {row['setting']}")


def settings_of(o, network, names):
    """Of each program: found now, or those that were stored."""
    stored = (results.load("models") or {"networks": {}})["networks"].get(network.isa, {}).get(network.name, {}).get("programs", {})
    best = {}
    for name in names:
        if o.settings == "stored" and name in stored:
            best[name] = {k: stored[name][k] for k in ("setting", "threads", "tried") if k in stored[name]}
            continue
        if o.settings == "first":
            fixed, choices = ({}, {}) if name == "ours" else PEERS[name][2:]
            chosen = {k: v[0] for k, (of, v) in choices.items() if of is None or network.name in of}
            best[name] = {"setting": {**fixed, **chosen}, "threads": TWO_THREADS}
            continue
        note(f"{network.name}: trying {name}")
        best[name] = network.tune(name)
        if best[name]["tried"] and all(math.isinf(t["ms"]) for t in best[name]["tried"]):
            del best[name]
    return best


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", required=True, help="the build directory")
    p.add_argument("--rounds", type=int, default=7)
    p.add_argument("--only", default="", help="only programs whose name has one of these words, comma between (and store nothing)")
    p.add_argument("--settings", choices=["tune", "stored", "first"], default="tune", help="stored: of the stored results; first: no trials")
    p.add_argument("--no-inference", dest="inference", action="store_false", help="training alone (and store nothing)")
    p.add_argument("names", nargs="*")
    o = p.parse_args()
    o.program = os.path.join(o.build, "benchmarks/models")
    words = [w for w in o.only.split(",") if w]
    programs = [n for n in ("ours", *PEERS) if not words or any(w in n for w in words)]
    if "ours" not in programs:
        programs.insert(0, "ours")
    known = subprocess.run([o.program, "list"], check=True, capture_output=True, text=True).stdout.splitlines()
    unknown = set(o.names) - {line.split("\t")[0] for line in known}
    if unknown:
        sys.exit(f"no network called {', '.join(sorted(unknown))}; there are {', '.join(line.split()[0] for line in known)}")
    ratios = {}
    with tempfile.TemporaryDirectory() as o.work:
        for line in known:
            network = Network(o, line)
            if o.names and network.name not in o.names:
                continue
            subprocess.run([o.program, network.name, "export", network.file], check=True)
            there = network.name == "gpt" and os.environ.get("NABLA_LLMC")
            best = settings_of(o, network, [n for n in programs if n != LLMC or there])
            result = result_of(network, best, measure(network, best))
            show(network.name, result)
            if result["ratio"]:
                ratios[network.name] = result["ratio"]
            if not words and o.inference:
                store(network.isa, network.name, result)
    if ratios:
        least = min(ratios, key=ratios.get)
        print(f"geometric mean {statistics.geometric_mean(ratios.values()):.2f}, smallest {ratios[least]:.2f} ({least})")


if __name__ == "__main__":
    main()

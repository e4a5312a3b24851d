"""Measures the steps of training, of the sBNN by phase and of the networks of benchmarks/models, with a yardstick in between, and stores
them: `./dev bench store`. The limits and the ops of the same run are stored beside them."""

import argparse
import json
import os
import statistics
import subprocess
import tempfile

import results

PHASES = ("pretrain", "frozen", "unfrozen", "finetune", "autoencoder")


def run(build, *command):
    command = [os.path.join(build, "benchmarks", command[0]), *command[1:]]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def median(text, what):
    return float(results.rows(text)[what]["median"])


def measure(build, rounds, epochs):
    """Of each phase: microseconds a step, and their ratio to a product of BLIS right before and after, round by round."""
    seen = {phase: {"us": [], "relative": [], "bound_us": []} for phase in PHASES}
    yardstick = []
    for _ in range(rounds):
        for phase in PHASES:
            before = median(run(build, "gemm"), "gemm 256x1000x512")
            text = run(build, "step", str(epochs), phase)
            after = median(run(build, "gemm"), "gemm 256x1000x512")
            us = median(text, phase)
            seen[phase]["us"].append(us)
            seen[phase]["bound_us"].append(float(results.rows(text)[phase]["bound"]))
            seen[phase]["relative"].append(us / ((before + after) / 2))
            yardstick += [before, after]
    return {
        "steps": {
            phase: {
                "us": results.spread(s["us"]),
                "relative": results.spread(s["relative"]),
                "times_bound": statistics.median(u / b for u, b in zip(s["us"], s["bound_us"])),
            }
            for phase, s in seen.items()
        },
        "gemm_us": results.spread(yardstick),
    }


def trained(program, name, file, steps):
    """Microseconds of a step of one of the networks, on one thread."""
    command = [program, name, "run", file, "1"]
    text = subprocess.run(command, input=f"train {steps}\n" * 2, check=True, capture_output=True, text=True).stdout
    return 1e6 * min(json.loads(line)["seconds"] for line in text.splitlines()[2:]) / steps


def measure_networks(build, rounds):
    """As measure, of the networks of benchmarks/models."""
    program = os.path.join(build, "benchmarks", "models")
    lines = subprocess.run([program, "list"], check=True, capture_output=True, text=True).stdout.splitlines()
    seen = {}
    with tempfile.TemporaryDirectory() as work:
        for line in lines:
            name, _, _, steps, _ = line.split("\t")
            file = os.path.join(work, "data")
            subprocess.run([program, name, "export", file], check=True)
            us, relative = [], []
            for _ in range(rounds):
                before = median(run(build, "gemm"), "gemm 256x1000x512")
                us.append(trained(program, name, file, int(steps)))
                relative.append(us[-1] / ((before + median(run(build, "gemm"), "gemm 256x1000x512")) / 2))
            seen[name] = {"us": results.spread(us), "relative": results.spread(relative)}
    return seen


def tables(build, *names):
    """The whole tables of other benchmarks, as they were printed."""
    return {name: run(build, name).splitlines() for name in names}


def arguments(description):
    p = argparse.ArgumentParser(description=description)
    p.add_argument("--build", required=True, help="the build directory")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--epochs", type=int, default=8, help="of each phase and round")
    return p.parse_args()


def main():
    o = arguments(__doc__)
    measured = measure(o.build, o.rounds, o.epochs) | {"networks": measure_networks(o.build, o.rounds)}
    measured |= {"tables": tables(o.build, "limits", "ops")}
    results.store("step", {"rounds": o.rounds, "epochs": o.epochs}, measured)
    for phase, s in measured["steps"].items():
        us = s["us"]
        print(f"{phase}\tus\t{us['median']:.1f}\t{us['min']:.1f}\t{us['max']:.1f}\t{s['times_bound']:.2f} x bound")
    for name, s in measured["networks"].items():
        us = s["us"]
        print(f"{name}\tus\t{us['median']:.1f}\t{us['min']:.1f}\t{us['max']:.1f}")


if __name__ == "__main__":
    main()

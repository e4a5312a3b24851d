"""The whole command on M1: `./dev bench whole`. Wall time and peak memory of `sbnn cv --protocol paper`, and the time from start to the
first model, which is that of a run of one fold for an epoch without pretraining (so without k-means), less its model."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import results


def peak_of(command):
    """Seconds and peak resident megabytes of one run."""
    begin = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", required=True, help="the build directory")
    p.add_argument("--repeats", type=int, default=3)
    p.add_argument("--start-up-only", action="store_true", help="and store nothing")
    o = p.parse_args()
    data = os.path.join(results.SHARED, "data/m1")
    if not os.path.exists(f"{data}/gene_counts.csv"):
        print("SKIPPED: the whole command on M1: set NABLA_DATA to the folder that holds data/ and reference/")
        return
    start_up, whole, peak = [], [], []
    with tempfile.TemporaryDirectory() as work:
        command = [os.path.join(o.build, "bin/sbnn"), "cv", "--x", f"{data}/gene_counts.csv", "--y", f"{data}/ephys_values.csv",
                   "--protocol", "paper", "--threads", "2", "--quiet", "--force", "--out", f"{work}/out"]  # fmt: skip
        short = ["--no-pretrain", "--only-folds", "1", "--epochs-no-pretrain", "1", "--epochs-finetune", "1", "--evaluate", "stage-ends"]
        for _ in range(5):
            peak_of(command + short)
            with open(f"{work}/out/run.json") as f:
                timings = json.load(f)["timings"]
            start_up.append(timings["seconds"] - timings["seconds_models"])
        print(f"start to first model\ts\t{sorted(start_up)[2]:.3f}\t{min(start_up):.3f}\t{max(start_up):.3f}")
        for _ in range(0 if o.start_up_only else o.repeats):
            seconds, megabytes = peak_of(command)
            whole.append(seconds)
            peak.append(megabytes)
    if whole:
        measured = {"seconds": results.spread(whole), "peak_megabytes": results.spread(peak), "start_up": results.spread(start_up)}
        results.store("whole", {"repeats": o.repeats, "threads": 2}, measured)
        for name, unit, values in (("whole command", "s", whole), ("peak memory", "MB", peak)):
            print(f"{name}\t{unit}\t{sorted(values)[len(values) // 2]:.4g}\t{min(values):.4g}\t{max(values):.4g}")


if __name__ == "__main__":
    main()

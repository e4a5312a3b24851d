"""How the cost of training grows with cells and genes, and what a mapped file costs: `./dev bench scale`. The last part trains from a
file of four times the memory that the process may use, in a memory group (needs the right to make one), or else with its private
memory limited alone."""

import argparse
import os
import resource
import subprocess
import tempfile

import results

GROUP = "/sys/fs/cgroup/memory/nabla-scale"
LIMIT = 1 << 30


def run(build, *arguments, **options):
    command = [os.path.join(build, "benchmarks/scale"), *arguments]
    text = subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout
    found = results.rows(text)
    return {what: {k: float(row[k]) for k in ("median", "min", "max")} for what, row in found.items()}


def points(rows):
    """ns to µs."""
    return [{"n": int(n), **{k: v / 1000 for k, v in row.items()}} for n, row in rows.items()]


def write(path, value):
    with open(path, "w") as f:
        f.write(str(value))


def beyond(build, path):
    """Trains under the limit; which limit it was."""
    run(build, "beyond", path, "4")  # writes the file, unlimited
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)  # the cache is to be filled under the limit
    os.close(file)
    private = lambda: resource.setrlimit(resource.RLIMIT_DATA, (LIMIT // 2, LIMIT // 2))  # noqa: E731
    try:
        os.makedirs(GROUP, exist_ok=True)
        write(f"{GROUP}/memory.limit_in_bytes", LIMIT)
    except OSError:
        return run(build, "beyond", path, "4", preexec_fn=private) | {"limit": "private memory 512 MiB"}
    try:
        seen = run(build, "beyond", path, "4", preexec_fn=lambda: write(f"{GROUP}/cgroup.procs", os.getpid()))
    finally:
        os.rmdir(GROUP)
    return seen | {"limit": "memory and page cache 1 GiB"}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", required=True, help="the build directory")
    p.add_argument("--scratch", default="/var/tmp", help="where 4.5 GB can be written")
    o = p.parse_args()
    measured = {"cells": points(run(o.build, "cells")), "genes": points(run(o.build, "genes"))}
    with tempfile.TemporaryDirectory(dir=o.scratch) as work:
        measured["mapped"] = run(o.build, "mapped", f"{work}/rows.f32")
        measured["beyond"] = beyond(o.build, f"{work}/large.f32")
    results.store("scale", {}, measured)
    cells, genes, mapped = measured["cells"], measured["genes"], measured["mapped"]
    print(f"a cell's cost at 1e6 cells: {cells[-1]['median'] / cells[0]['median']:.2f} x that at 1e4 (at most 1.2)")
    print(f"a gene's cost at 3e4 genes: {genes[-1]['median'] / genes[0]['median']:.2f} x that at 1e3 (at most 2)")
    print(f"from a mapped file: {mapped['mapped']['median'] / mapped['in memory']['median']:.2f} x from memory (at most 1.3)")
    print(f"from 4 GiB, limit {measured['beyond']['limit']}: {measured['beyond']['private memory']['median']:.0f} MB private (at most 500), "
          f"{measured['beyond']['step']['median']:.0f} us a step")  # fmt: skip


if __name__ == "__main__":
    main()

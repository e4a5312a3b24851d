#!/usr/bin/env python3
"""h5ad_speed.py SBNN WORK CELLS: see h5ad_speed.sh. Fails if reading takes over three times h5py's CPU time, or memory near that of a dense matrix."""

import os
import resource
import subprocess
import sys
import time

import h5py
import numpy as np

GENES, EACH = 30000, 600


def describe(thing, kind, version):
    thing.attrs["encoding-type"], thing.attrs["encoding-version"] = kind, version


def make(path, cells, compression):
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as f:
        describe(f, "anndata", "0.1.0")
        for part, n in (("obs", cells), ("var", GENES)):
            d = f.create_group(part)
            describe(d, "dataframe", "0.2.0")
            d.attrs["_index"], d.attrs["column-order"] = "_index", np.array([], float)
            describe(d.create_dataset("_index", data=[f"{part[0]}{i}" for i in range(n)], dtype=h5py.string_dtype()), "string-array", "0.2.0")
        x = f.create_group("X")
        describe(x, "csr_matrix", "0.1.0")
        x.attrs["shape"] = np.array([cells, GENES])
        how = {"chunks": (1 << 20,), "compression": compression}
        data, places = (x.create_dataset(name, (cells * EACH,), kind, **how) for name, kind in (("data", "f4"), ("indices", "i4")))
        x.create_dataset("indptr", data=np.arange(cells + 1, dtype="i8") * EACH)
        step = GENES // EACH
        for i in range(0, cells, 5000):
            rows = min(5000, cells - i)
            places[i * EACH:(i + rows) * EACH] = (rng.integers(0, step, (rows, EACH)) + np.arange(EACH) * step).ravel()
            data[i * EACH:(i + rows) * EACH] = rng.geometric(0.6, rows * EACH)


def by_h5py(path):
    begin = time.process_time()
    with h5py.File(path) as f:
        total = float(f["X/data"][:].sum(dtype=float))
        f["X/indices"][:]
    return time.process_time() - begin, total


def by_sbnn(sbnn, path):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run([sbnn, "inspect", path], capture_output=True, text=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = float([line for line in said.splitlines() if line.startswith("counts")][0].split()[-1])
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, total, after.ru_maxrss / 1024


def main():
    sbnn, work, cells = sys.argv[1], sys.argv[2], int(sys.argv[3])
    good = True
    for compression in (None, "gzip"):
        path = f"{work}/cells.h5ad"
        make(path, cells, compression)
        size = os.path.getsize(path) / 1e6
        theirs, want = by_h5py(path)
        ours, total, memory = by_sbnn(sbnn, path)
        dense = cells * GENES * 4 / 1e6
        fine = total == want and ours < 3 * theirs + 1 and (memory < dense / 4 or cells < 100000)
        good &= fine
        print(f"{'ok  ' if fine else 'MISS'} {cells} x {GENES}, {cells * EACH} counts, {compression or 'plain'}, {size:.0f} MB: sbnn {ours:.1f} s of CPU "
              f"({cells * EACH * 8 / 1e6 / ours:.0f} MB/s of arrays), h5py alone {theirs:.1f} s; {memory:.0f} MB of memory (dense: {dense:.0f})")
    print(f"{int(good)} passed, {int(not good)} failed, 0 skipped")
    return not good


if __name__ == "__main__":
    sys.exit(main())

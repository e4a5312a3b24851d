"""What the peers share: the file of data and weights, and the orders of models.c on standard input."""

import json
import os
import statistics
import sys
import time

import numpy as np

NETWORK, FILE, BATCH, ROWS, SETTING = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), json.loads(sys.argv[5])
RATE = {"mlp": 1e-4, "gpt": 3e-4, "resnet": 0.05}.get(NETWORK, 1e-3)
EPSILON, MOMENTUM = 1e-8, 0.9


def begun():
    """Seconds since this process was started."""
    with open("/proc/self/stat") as f:
        ticks = int(f.read().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def read():
    """Columns of the data and weights by name."""
    with open(FILE, "rb") as f:
        length = int.from_bytes(f.read(8), "little")
        header = json.loads(f.read(length))
        rest = f.read()
    data, weights = {}, {}
    for name, t in header.items():
        if name == "__metadata__":
            continue
        begin, end = t["data_offsets"]
        array = np.frombuffer(rest[begin:end], {"F32": np.float32, "I32": np.int32}[t["dtype"]]).reshape(t["shape"])
        if name.startswith("data/"):
            data[name[5:]] = array
        else:
            weights[name] = array
    return data, weights


DATA, WEIGHTS = read()


def batches():
    """The columns, in the file's order, of each batch."""
    return [[c[i : i + BATCH] for c in DATA.values()] for i in range(0, ROWS, BATCH)]


def answer(**what):
    print(json.dumps(what), flush=True)


def serve(train, infer):
    """train(n): the losses of the next n steps; infer(rows): prepares, and returns a function that computes the output as an array."""
    step = time.perf_counter()
    losses = train(1)
    answer(seconds=time.perf_counter() - step, losses=losses)
    answer(first=begun())
    for line in sys.stdin:
        order, *n = line.split()
        start = time.perf_counter()
        if order == "train":
            losses = train(int(n[0]))
            answer(seconds=time.perf_counter() - start, losses=losses)
        elif order == "infer":
            call, seconds = infer(int(n[0])), []
            out = call()  # compiles
            start = time.perf_counter()
            while not seconds or (len(seconds) < 2000 and time.perf_counter() - start < 0.5):
                begin = time.perf_counter()
                out = call()
                seconds.append(time.perf_counter() - begin)
            answer(seconds=statistics.median(seconds), mean=float(np.asarray(out).mean(dtype=np.float64)))
        elif order == "memory":
            with open("/proc/self/status") as f:
                kb = next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))
            answer(megabytes=round(kb / 1024, 1))

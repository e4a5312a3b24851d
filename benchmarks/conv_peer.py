#!/usr/bin/env python3
"""Convolutions beside PyTorch's, channels last, the same number of threads, pairs interleaved in one run.

  conv_peer.py BUILD/benchmarks/conv [THREADS [ROUNDS]]    (default 1, 31; needs PyTorch)

Prints a row for each shape and each of forward, by input, by kernel: milliseconds of both (medians), and the median of
the pairs' ratios, ours to PyTorch's. NABLA_ISA=avx2 with ONEDNN_MAX_CPU_ISA=AVX2 compares the narrower kernels.
"""
import statistics
import subprocess
import sys
import time

import torch


def theirs(batch, size, channels, taps, out, stride, before, groups):
    """The three computations as PyTorch has them; its gradients without the graph around them."""
    last = {"memory_format": torch.channels_last}
    x = torch.randn(batch, channels, size, size).contiguous(**last)
    w = torch.randn(out, channels // groups, taps, taps).contiguous(**last)

    def forward():
        return torch.nn.functional.conv2d(x, w, None, stride, before, 1, groups)

    dy = torch.randn_like(forward()).contiguous(**last)

    def backward(which):
        return lambda: torch.ops.aten.convolution_backward(
            dy, x, w, [0], [stride] * 2, [before] * 2, [1, 1], False, [0, 0], groups, which)

    return forward, backward([True, False, False]), backward([False, True, False])


def main():
    binary = sys.argv[1]
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 31
    torch.set_num_threads(threads)
    ours = subprocess.Popen([binary, "serve", str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    shapes = [line.rstrip("\n").split("\t") for line in iter(ours.stdout.readline, "\n")]
    print(f"PyTorch {torch.__version__}, {threads} thread(s)\nshape\twhich\tours ms\tPyTorch ms\tratio")
    for i, (name, *numbers) in enumerate(shapes):
        for k, run in enumerate(theirs(*map(int, numbers))):
            run()
            pairs = []
            for _ in range(rounds):
                ours.stdin.write(f"{i} {k}\n")
                ours.stdin.flush()
                mine = float(ours.stdout.readline())
                start = time.perf_counter()
                run()
                pairs.append((mine, time.perf_counter() - start))
            mine, peer = (1e3 * statistics.median(side) for side in zip(*pairs))
            ratio = statistics.median(a / b for a, b in pairs)
            which = ("forward", "by input", "by kernel")[k]
            print(f"{name}\t{which}\t{mine:.3f}\t{peer:.3f}\t{ratio:.2f}", flush=True)
    ours.stdin.close()
    ours.wait()


main()

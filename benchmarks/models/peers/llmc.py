"""llm.c: NABLA_LLMC names the folder of its sources, which are compiled with its own flags. Its readout is the table of the embedding,
without a bias: the same work but for that, and another loss."""

import os
import subprocess
import sys
import tempfile

import numpy as np

import peer

FLAGS = ["-Ofast", "-Wno-unused-result", "-Wno-ignored-pragmas", "-Wno-unknown-attributes", "-march=native", "-fopenmp", "-DOMP"]
HERE = os.path.dirname(os.path.abspath(__file__))
W, BLOCKS, HEADS = peer.WEIGHTS, 6, 6


def blocks(name, turn=True):
    """A value of all blocks, one behind the other; kernels as [out, in]."""
    each = [W[f"block/{k}/{name}"] for k in range(BLOCKS)]
    return np.stack([a.T if turn and a.ndim == 2 else a for a in each])


def parts(kind):
    """Queries, keys and values, one below the other."""
    return np.concatenate([blocks(f"attention/{p}/{kind}") for p in ("query", "key", "value")], 1)


def main():
    table, positions = W["bytes/table"], W["positions/table"]
    arrays = [
        table, positions, blocks("norm1/scale"), blocks("norm1/bias"), parts("kernel"), parts("bias"), blocks("attention/out/kernel"),
        blocks("attention/out/bias"), blocks("norm2/scale"), blocks("norm2/bias"), blocks("dense1/kernel"), blocks("dense1/bias"),
        blocks("dense2/kernel"), blocks("dense2/bias"), W["norm/scale"], W["norm/bias"],
    ]  # fmt: skip
    header = np.zeros(256, np.int32)
    header[:8] = [20240326, 3, len(positions), len(table), BLOCKS, HEADS, table.shape[1], len(table)]
    work = tempfile.mkdtemp(prefix="nabla-llmc-")
    program, checkpoint, tokens = (os.path.join(work, name) for name in ("driver", "checkpoint", "tokens"))
    with open(checkpoint, "wb") as f:
        f.write(header.tobytes())
        for a in arrays:
            f.write(np.ascontiguousarray(a, np.float32).tobytes())
    np.stack(list(peer.DATA.values())).astype(np.int32).tofile(tokens)
    command = ["gcc", *FLAGS, "-I", os.environ["NABLA_LLMC"], os.path.join(HERE, "llmc_driver.c"), "-lm", "-o", program]
    subprocess.run(command, check=True, stdout=sys.stderr)
    time = next(iter(peer.DATA.values())).shape[1]
    os.environ["OMP_NUM_THREADS"] = str(len(os.sched_getaffinity(0)))
    os.execv(program, [program, checkpoint, tokens, str(peer.ROWS), str(peer.BATCH), str(time), str(peer.RATE)])


if __name__ == "__main__":
    main()

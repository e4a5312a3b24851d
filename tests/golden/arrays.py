#!/usr/bin/env python3
"""Archives and MATLAB files as NumPy and SciPy write them, for tests/sbnn/test_sbnn_npz.c and as seeds of fuzz targets.

    python3 tests/golden/arrays.py          rewrites tests/fuzz/corpus/npz/*.npz and tests/fuzz/corpus/mat/*.mat

The stored files came from NumPy 2.4 and SciPy 1.17. All hold the matrix (cells x genes)
    g1   g2
c1   1    0
c2   0  5.5
c3   3 1000
"""
import os
import numpy as np
import scipy.io
import scipy.sparse as sp

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fuzz/corpus/npz"))
matrix = np.array([[1, 0], [0, 5.5], [3, 1000]])
genes, cells = np.array(["g1", "g2"]), np.array(["c1", "c2", "c3"])
csr = sp.csr_matrix(matrix)

# Without names: these lie beside the file.
sp.save_npz("csr.npz", csr)
sp.save_npz("csc.npz", csr.tocsc())
# As one who has an AnnData object does it.
np.savez("flat.npz", data=csr.data, indices=csr.indices, indptr=csr.indptr, shape=csr.shape, format="csr",
         var_names=genes, obs_names=cells, responses=matrix * 2, response_names=np.array(["r1", "r\u00e4"]))
np.savez_compressed("fortran.npz", counts=np.asfortranarray(matrix.T), genes=genes.astype("S"), barcodes=cells)
np.savez("both.npz", counts=matrix, responses=matrix * 2, genes=genes, cells=cells,
         response_names=np.array(["r1", "r\u00e4"]), family=np.array(["A", "B", "A"]),
         family_color=np.array(["#112233", "#445566", "#112233"]))
# Names as Python objects: pickled, and refused.
np.savez("obj.npz", X=matrix, genes=genes.astype(object), cells=cells)

os.chdir("../mat")
names = {"cells": cells.astype(object), "genes": genes.astype(object)}
scipy.io.savemat("cells.mat", {"X": matrix, "E_pcipfx": matrix, "pcipfx_names": np.array(["r1", "r2"]), **names})
scipy.io.savemat("compressed.mat", {"X": matrix, "cluster": np.array(["A", "B", "A"]), **names}, do_compression=True)
scipy.io.savemat("sparse.mat", {"X": sp.csc_matrix(matrix), **names})

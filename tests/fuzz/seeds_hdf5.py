#!/usr/bin/env python3
"""seeds_hdf5.py FOLDER: small HDF5 files of every layout that sbnn reads, as seeds of tests/fuzz/hdf5.c.

Needs anndata, mudata, scipy and h5py. Made once; the files are kept in tests/fuzz/corpus/hdf5.
"""

import sys
import warnings

import anndata
import h5py
import mudata
import numpy as np
import pandas as pd
import scipy.sparse as sp

warnings.simplefilter("ignore")
folder = sys.argv[1] + "/"
X = np.array([[1, 0, 4], [0, 2, 0], [3, 0, 5], [0, 7, 1]], dtype=np.float32)
cells, genes = ["c1", "c2", "c3", "c4"], ["g1", "g2", "g3"]


def obs():
    return pd.DataFrame({"kind": pd.Categorical(["A", "B", "A", "B"]), "n": [1, 2, 3, 4]}, index=cells)


def adata(x):
    a = anndata.AnnData(x, obs=obs(), var=pd.DataFrame(index=genes))
    a.obsm["protein_expression"] = pd.DataFrame({"CD3": [1.0, 2, 3, 4], "CD4": [5.0, 6, 7, 8]}, index=cells)
    a.uns["kind_colors"] = ["#112233", "#aabbcc"]
    return a


adata(sp.csr_matrix(X)).write_h5ad(folder + "csr_gzip.h5ad", compression="gzip")
adata(sp.csc_matrix(X)).write_h5ad(folder + "csc.h5ad")
adata(X).write_h5ad(folder + "dense_lzf.h5ad", compression="lzf")
a = adata(np.log1p(X))
a.layers["counts"] = sp.csr_matrix(X.astype(np.int64))
a.obs["maybe"] = pd.array([1, None, 3, 4], dtype="Int64")
a.obs["flag"] = pd.array([True, None, False, True], dtype="boolean")
a.obsm["protein_expression"] = np.arange(8.0).reshape(4, 2)
a.uns["protein_names"] = np.array(["CD3", "CD4"])
a.write_h5ad(folder + "layers_nullable.h5ad")
a = adata(X - 1)
a.raw = adata(sp.csr_matrix(X))
a.write_h5ad(folder + "raw.h5ad")
anndata.settings.allow_write_nullable_strings = True
a = adata(X)
a.obs_names = pd.Index(pd.array(cells, dtype="string"))
a.write_h5ad(folder + "nullable_strings.h5ad")
rna, prot = adata(sp.csr_matrix(X)), anndata.AnnData(X[:3, :2] + 1, obs=obs()[:3], var=pd.DataFrame(index=["CD3", "CD4"]))
mudata.MuData({"rna": rna, "prot": prot}).write_h5mu(folder + "two.h5mu")

with h5py.File(folder + "oldest.h5ad", "w") as f:  # anndata 0.6: records, h5sparse
    f["obs"] = np.array([(c.encode(), k, i) for i, (c, k) in enumerate(zip(cells, [0, 1, 0, 1]))],
                        dtype=[("index", "S4"), ("kind", "i1"), ("n", "f4")])
    f["var"] = np.array([(g.encode(),) for g in genes], dtype=[("index", "S4")])
    f["obsm"] = np.array([(v,) for v in np.ones((4, 2))], dtype=[("ephys", "f8", (2,))])
    f["uns/kind_categories"] = np.array([b"A", b"B"])
    m = sp.csr_matrix(X)
    g = f.create_group("X")
    g.attrs["h5sparse_format"], g.attrs["h5sparse_shape"] = "csr", m.shape
    g["data"], g["indices"], g["indptr"] = m.data, m.indices, m.indptr

with h5py.File(folder + "old.h5ad", "w") as f:  # anndata 0.7: categories beside the columns
    for name, ids in (("obs", cells), ("var", genes)):
        g = f.create_group(name)
        g.attrs["_index"], g.attrs["encoding-type"] = "_index", "dataframe"
        g["_index"] = ids
    f["obs/kind"] = np.array([0, 1, 0, -1], dtype="i1")
    f["obs/__categories/kind"] = ["A", "B"]
    f["obs/kind"].attrs["categories"] = f["obs/__categories/kind"].ref
    f["X"] = X.astype(">i4")

with h5py.File(folder + "v3.h5", "w") as f:
    m = sp.csc_matrix(X.T)
    g = f.create_group("matrix")
    g["barcodes"] = np.array([c.encode() for c in cells])
    g.create_dataset("data", data=m.data.astype("i4"), compression="gzip", shuffle=True)
    g["indices"], g["indptr"], g["shape"] = m.indices.astype("i8"), m.indptr.astype("i8"), np.array(m.shape, dtype="i4")
    g["features/id"] = g["features/name"] = np.array([b"g1", b"g2", b"CD3"])
    g["features/feature_type"] = np.array([b"Gene Expression", b"Gene Expression", b"Antibody Capture"])
    g["features/genome"] = np.array([b"hg", b"hg", b""])

with h5py.File(folder + "v2.h5", "w") as f:
    for genome in ("hg19", "mm10"):
        g = f.create_group(genome)
        g["barcodes"], g["genes"], g["gene_names"] = [np.array([v.encode() for v in n]) for n in (cells, genes, genes)]
        g["data"], g["indices"], g["indptr"], g["shape"] = m.data.astype("i4"), m.indices, m.indptr, np.array(m.shape)

with h5py.File(folder + "genes.loom", "w") as f:
    f.create_dataset("matrix", data=X.T, compression="gzip")
    f["row_attrs/Gene"], f["col_attrs/CellID"], f["col_attrs/kind"] = genes, cells, ["A", "B", "A", "B"]
    f.create_group("layers")


def matlab(f, name, value, kind, **attributes):
    f[name] = value
    f[name].attrs["MATLAB_class"] = np.bytes_(kind)
    f[name].attrs.update(attributes)


def characters(text):
    return np.array([[ord(c)] for c in text], dtype="u2")


def finish(path):  # what MATLAB writes before the HDF5
    with open(path, "r+b") as f:
        f.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


with h5py.File(folder + "cells.mat", "w", userblock_size=512) as f:  # MATLAB 7.3: char matrices
    matlab(f, "counts", X.T, "double")
    for name, ids in (("cells", cells), ("genes", genes)):
        matlab(f, name, np.array([[ord(c) for c in v] for v in ids], dtype="u2").T, "char")
finish(folder + "cells.mat")

with h5py.File(folder + "references.mat", "w", userblock_size=512) as f:  # cell arrays, sparse, deflated, other classes
    g = f.create_group("counts")
    m = sp.csc_matrix(X)
    g["data"], g["ir"], g["jc"] = m.data.astype("f8"), m.indices.astype("u8"), m.indptr.astype("u8")
    g.attrs["MATLAB_class"], g.attrs["MATLAB_sparse"] = np.bytes_("double"), np.uint64(len(cells))
    f.create_dataset("responses", data=np.array([[1, 2, 3, np.nan], [5, 6, 7, 8]]), chunks=(1, 4), compression="gzip", shuffle=True)
    f["responses"].attrs["MATLAB_class"] = np.bytes_("double")
    for name, texts in (("cells", cells), ("genes", ["g1", "g\u03b12", "g3"]), ("response_names", ["CD3", "CD4"]), ("kind", ["A", "B", "", "B"])):
        for k, v in enumerate(texts):
            at = f"#refs#/{name}{k}"
            if v:
                matlab(f, at, characters(v), "char", MATLAB_int_decode=np.int32(2))
            else:
                matlab(f, at, np.array([0, 0], dtype="u8"), "char", MATLAB_empty=np.uint32(1))
        matlab(f, name, np.array([[f[f"#refs#/{name}{k}"].ref for k in range(len(texts))]], dtype=h5py.ref_dtype), "cell")
    matlab(f, "logical", np.eye(4, dtype="u1"), "logical", MATLAB_int_decode=np.int32(1))
    matlab(f, "complex", np.zeros((2, 2), dtype=[("real", "f8"), ("imag", "f8")]), "double")
    matlab(f, "cube", np.zeros((2, 3, 4)), "double")
    matlab(f, "nothing", np.array([0, 5], dtype="u8"), "double", MATLAB_empty=np.uint32(1))
    matlab(f, "strings", np.array([[1, 2]], dtype="u4"), "string", MATLAB_object_decode=np.int32(3))
    f.create_group("structure").attrs["MATLAB_class"] = np.bytes_("struct")
    matlab(f, "mixed", np.array([[f["structure"].ref, f["cube"].ref, h5py.Reference()]], dtype=h5py.ref_dtype), "cell")
finish(folder + "references.mat")

#!/usr/bin/env python3
"""formats.py FOLDER: what anndata, mudata and h5py say of the files of FOLDER, as formats.tsv, on standard output.

Made once, in an environment with anndata, mudata, scipy and h5py; only the numbers are kept. Columns:
  file      below FOLDER
  writer    who wrote it
  outcome   read, or refused
  taken     the matrix that holds counts; of a refused file, words that its sentence must have, separated by |
  cells genes sum
  weighted  the sum of value * (1 + row mod 1009) * (1 + column mod 1013)
  names     FNV-1a (64 bits) of the names of cells, then of genes, each ended by a line end
  responses responses_sum   of what --y takes of the same file; - where there are none
"""

import sys
import warnings

import anndata
import h5py
import mudata
import numpy as np
import scipy.sparse as sp

warnings.simplefilter("ignore")
mudata.set_options(pull_on_update=False)
folder = sys.argv[1].rstrip("/") + "/"


def fnv(names):
    h = 0xCBF29CE484222325
    for name in names:
        for byte in str(name).encode() + b"\n":
            h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{h:016x}"


def row(file, writer, taken, x, cells, genes, y=None):
    x = sp.coo_matrix(x)
    v = x.data.astype(np.float32).astype(np.float64)
    weighted = float((v * (1 + x.row % 1009) * (1 + x.col % 1013)).sum())
    n, total = "-", "-"
    if y is not None:
        y = y.toarray() if sp.issparse(y) else np.asarray(y, dtype=float)
        n, total = y.shape[1], f"{y.sum():.9g}"
    assert x.shape == (len(cells), len(genes)), file
    names = fnv(list(cells) + list(genes))
    print(file, writer, "read", taken, *x.shape, f"{v.sum():.15g}", f"{weighted:.15g}", names, n, total, sep="\t")


def refused(file, writer, words):
    print(file, writer, "refused", words, *["-"] * 7, sep="\t")


def h5ad(file, writer, taken, y=None):
    a = anndata.read_h5ad(folder + file)
    of = a.raw if taken == "raw/X" else a
    x = a.raw.X if taken == "raw/X" else a.layers[taken[7:]] if taken.startswith("layers/") else a.X
    row(file, writer, taken, x, a.obs_names, of.var_names, y(a) if y else None)


def h5mu(file, writer, rna, taken, prot):
    m = mudata.read_h5mu(folder + file)
    a = m.mod[rna]
    x = a.layers["counts"] if taken.endswith("counts") else a.X
    row(file, writer, taken, x, a.obs_names, a.var_names, m.mod[prot].X)


def text(a):
    return [v.decode() if isinstance(v, bytes) else str(v) for v in a]


def tenx(file, writer, group="matrix"):
    with h5py.File(folder + file) as f:
        g = f[group]
        shape = g["shape"][:]
        x = sp.csc_matrix((g["data"][:], g["indices"][:], g["indptr"][:]), shape=shape).T.tocsr()
        if group != "matrix":
            row(file, writer, group, x, text(g["barcodes"][:]), text(g["gene_names"][:]))
            return
        kind = np.array(text(g["features/feature_type"][:]))
        genes, other = kind == "Gene Expression", kind == "Antibody Capture"
        names = np.array(text(g["features/name"][:]))
        y = x[:, other] if other.any() else None
        row(file, writer, group, x[:, genes], text(g["barcodes"][:]), names[genes], y)


def loom(file, writer, genes, cells):
    with h5py.File(folder + file) as f:
        x = f["matrix"][:].T
        row(file, writer, "matrix", x, text(f["col_attrs"][cells][:]), text(f["row_attrs"][genes][:]))


def proteins(a):
    return a.obsm["protein_expression"]


print("file", "writer", "outcome", "taken", "cells", "genes", "sum", "weighted", "names", "responses", "responses_sum", sep="\t")
h5ad("scvi_pbmc5k_citeseq_200cells.h5ad", "anndata 0.7", "X", proteins)
h5ad("scirpy_wu2020_200cells_csr.h5ad", "anndata 0.7", "X")
h5ad("anndata_0.6_compound_h5sparse.h5ad", "anndata 0.6", "X")
h5ad("bpcells_0.6.22.h5ad", "BPCells", "X", lambda a: a.obsm["obs_mat"])
h5ad("bpcells_0.10.9.h5ad", "BPCells", "X", lambda a: a.obsm["obs_mat"])
h5ad("bpcells_int64_0.12.6.h5ad", "BPCells", "X", lambda a: a.obsm["obs_mat"])
h5ad("anndata_0.7.0.h5ad", "anndata 0.7.0", "raw/X")
refused("anndata_0.11.4.h5ad", "anndata 0.11.4", "no matrix X|layers/counts|raw/X")
h5ad("anndataR_example.h5ad", "anndataR", "layers/counts")
refused("cellxgene_nan.h5ad", "cellxgene", "no matrix in it holds counts|X (-0.17147)|--x-transform none")
h5ad("scp_anndata_test.h5ad", "scp-ingest-pipeline", "raw/X")
refused("scp_dup_cell.h5ad", "scp-ingest-pipeline", "'AA' occurs twice, at positions 1 and 41|unique")
refused("scp_indexed_by_gene_id.h5ad", "scp-ingest-pipeline", "no matrix in it holds counts|X (1.26781)")
refused("mudata_0.1.2_axis0.h5mu", "mudata 0.1.2", "which of its modalities|mod1, mod2")
refused("mudata_0.4.1_axis0.h5mu", "mudata 0.4.1", "which of its modalities|mod1, mod2")
refused("mudata_0.3.10_axis1.h5mu", "mudata 0.3.10", "share genes, not cells")
tenx("10x_v2_cellranger1.2.h5", "Cell Ranger 1.2", "hg19_chr21")
refused("10x_v2_two_genomes.h5", "Cell Ranger 1.2", "2 genomes|another_genome, hg19_chr21")
tenx("10x_v3_cellranger3.h5", "Cell Ranger 3")
tenx("10x_v3_uint32_10x10.h5", "TENxIO")
tenx("10x_v3_vlen_strings_visium.h5", "seurat")
tenx("10x_v3_GSM4339772_C144.h5", "Cell Ranger 3")
refused("loompy_test.loom", "loompy 3", "no matrix in it holds counts|all 0")
refused("scp_test.loom", "loompy 2", "no matrix in it holds counts|-0.191068")
for name in ["anndata_0.7.0", "anndata_0.11.4", "mudata_0.4.1_axis0", "made/variants/v2", "made/variants/v3"]:
    refused(name + ".zarr.zip", name.rpartition("/")[2], "zarr|anndata.read_zarr")
h5ad("made/pbmc10k_citeseq.h5ad", "anndata 0.12", "X", proteins)
tenx("made/pbmc10k_citeseq_10x_v3.h5", "h5py")
h5mu("made/pbmc10k_citeseq_half.h5mu", "mudata 0.3", "rna", "mod/rna/X", "prot")
h5ad("made/m1_patchseq.h5ad", "anndata 0.12", "X", lambda a: a.obsm["ephys"])
for name in ["csr", "csc_gzip", "dense_f32_lzf", "dense_i64", "csr_u16", "csr_f64_gzip", "obsm_array", "nullable", "nullable_strings",
             "utf8_names", "genes_twice"]:
    h5ad(f"made/variants/{name}.h5ad", "anndata 0.12", "X", proteins)
h5ad("made/variants/lognorm_layers_counts.h5ad", "anndata 0.12", "layers/counts", proteins)
h5ad("made/variants/layers_only.h5ad", "anndata 0.12", "layers/counts", proteins)
h5ad("made/variants/raw_counts.h5ad", "anndata 0.12", "raw/X", proteins)
refused("made/variants/csr_zstd.h5ad", "anndata 0.12", "Zstandard|filter 32015|gzip")
a = anndata.read_h5ad(folder + "made/variants/feature_types.h5ad")
rna = (a.var["feature_types"] == "Gene Expression").to_numpy()
row("made/variants/feature_types.h5ad", "anndata 0.12", "X", a.X[:, rna], a.obs_names, a.var_names[rna], a.X[:, ~rna])
h5mu("made/variants/partial_shuffled.h5mu", "mudata 0.3", "rna", "mod/rna/X", "prot")
h5mu("made/variants/gex_ADT_sparse.h5mu", "mudata 0.3", "gex", "mod/gex/layers/counts", "ADT")
tenx("made/variants/10x_v3_vlen.h5", "h5py")
loom("made/variants/anndata.loom", "anndata 0.12", "var_names", "obs_names")

#!/usr/bin/env python3
"""annotate.py SBNN FOLDER WORK [--old PYTHON] [--scanpy PYTHON --picture FILE] [--cellxgene PROGRAM] [--r RSCRIPT]

See annotate.sh. Results of a file that no command has run on are made up: a folder of tables with the names of its own cells
and genes. A file is wrong if it is written where it must be refused or the other way round, or if anything of it differs.
"""

import argparse
import json
import os
import subprocess
import sys
import warnings

import anndata
import h5py
import mudata
import numpy as np

mudata.set_options(pull_on_update=False)
ADDED = ("obsm/X_sbnn", "obsm/X_srrr", "obsm/sbnn_", "obsm/srrr_", "obs/sbnn_", "var/sbnn_", "var/srrr_", "uns/sbnn", "uns/srrr_")
QUICK = ("--variable-genes 200 --hidden 32 --genes 10 --kmeans-restarts 2 --epochs-pretrain 1 --epochs-frozen 1 "
         "--epochs-unfrozen 1 --epochs-finetune 1 --quiet").split()


def read(path):
    """The object, and what was warned of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        whole = mudata.read_h5mu(path) if path.endswith(".h5mu") else anndata.read_h5ad(path)
    return whole, {str(w.message).replace(path, "") for w in told}


def why_refused(path):
    """A word of the sentence; None: it must be written."""
    if not path.endswith((".h5ad", ".h5mu")):
        return "not into a file of"
    with h5py.File(path) as f:
        if f.attrs.get("axis", 0) == 1:
            return "share genes, not cells"
        if isinstance(f["obs"], h5py.Dataset) or isinstance(f.get("obsm"), h5py.Dataset):
            return "before 0.7"
        if "mod" in f and not set(k.lower() for k in f["mod"]) & {"rna", "gex", "mrna"}:
            return "which of its modalities"
        index = f["obs"][f["obs"].attrs.get("_index", "_index")]
        if isinstance(index, h5py.Dataset) and index.id.get_create_plist().get_nfilters():
            if index.id.get_create_plist().get_filter(0)[0] > 32000:
                return "which is not read here"
        if len(set(index.asstr()[()] if isinstance(index, h5py.Dataset) else [])) < (len(index) if isinstance(index, h5py.Dataset) else 0):
            return "are named"
    return None


def counts_of(whole):
    if not isinstance(whole, mudata.MuData):
        return whole
    return whole.mod[[k for k in whole.mod if k.lower() in ("rna", "gex", "mrna")][0]]


def gene_names(a):
    """Symbols where the index holds ids of Ensembl, as sbnn has it."""
    if np.mean([str(g).startswith("ENS") for g in a.var_names]) > 0.5:
        for column in ("feature_name", "gene_name", "gene_symbols", "gene_short_name", "symbol"):
            if column in a.var:
                return [str(v) if v == v and str(v) else str(i) for v, i in zip(a.var[column], a.var_names)]
    return [str(g) for g in a.var_names]


def make_results(path, folder):
    """Of all cells but the last."""
    os.makedirs(folder)
    a = counts_of(read(path)[0])
    rng = np.random.default_rng(1)
    cells = [str(c) for c in a.obs_names][:-1]
    genes = gene_names(a)
    genes = [g for g in genes if genes.count(g) == 1 and "\t" not in g][:3] if len(genes) < 5000 else genes[:3]
    for name, columns in (("latent", ["z1", "z2"]), ("predictions", ["r/1", "r 2", "µ"])):
        with open(f"{folder}/{name}.tsv", "w") as f:
            f.write("\t".join(["cell", *columns]) + "\n")
            for c in cells:
                f.write("\t".join([c, *(f"{np.float32(v):.9g}" for v in rng.normal(size=len(columns)))]) + "\n")
    with open(f"{folder}/genes.tsv", "w") as f:
        f.write("rank\tgene\tnorm\n")
        for i, g in enumerate(genes):
            f.write(f"{i + 1}\t{g}\t{1 / (i + 1):g}\n")
    with open(f"{folder}/run.json", "w") as f:
        json.dump({"command": "train", "seed": 0, "build": {"version": "0"}, "options": {"x": path, "genes": 3, "force": False, "lasso": 0.1},
                   "results": {"sbnn": {"r2": {"finetuned": {"train": {"mean": 0.5, "sd": 0.0, "n": 1}}}, "folds": [{}]}}}, f)


def differences(base, copy):
    """What of the base is other than it was, and what was added where nothing may be."""
    bad = []
    with h5py.File(base) as a, h5py.File(copy) as b:
        names = []
        a.visit(names.append)
        for name in names:
            if name not in b:
                bad.append(f"lost {name}")
                continue
            x, y = a[name], b[name]
            for k in x.attrs:
                was, is_ = (None if k not in z.attrs else h[z.attrs[k]].name if isinstance(z.attrs[k], h5py.Reference) else z.attrs[k]
                            for h, z in ((a, x), (b, y)))
                if is_ is None or (k != "column-order" and not np.array_equal(was, is_)):
                    bad.append(f"attribute {k} of {name}")
            if isinstance(x, h5py.Dataset) and x.shape is not None:
                vx, vy = x[()], y[()]
                if np.isscalar(vx) or isinstance(vx, bytes):
                    same = vx == vy
                else:
                    same = np.array_equal(vx, vy) if vx.dtype.hasobject else vx.tobytes() == vy.tobytes()
                if not same:
                    bad.append(f"data of {name}")
        added = []
        b.visit(added.append)
        for name in set(added) - set(names):
            inside = name.split("/", 2)[2] if name.startswith("mod/") else name
            if not inside.startswith(ADDED) and inside not in ("obsm", "uns", "var", "obs"):
                bad.append(f"added {name}")
    return bad


def table(path):
    with open(path) as f:
        rows = [line.rstrip("\n").split("\t") for line in f]
    return rows[0], {r[0]: r[1:] for r in rows[1:]}


def compare(copy, folder):
    """The object beside the tables."""
    bad = []
    whole, told = read(copy)
    for a in {id(o): o for o in (counts_of(whole), whole)}.values():
        for key, name in (("X_sbnn", "latent"), ("sbnn_prediction", "predictions")):
            if not os.path.exists(f"{folder}/{name}.tsv"):
                continue
            head, rows = table(f"{folder}/{name}.tsv")
            first = 2 if len(head) > 1 and head[1] == "fold" else 1
            got = a.obsm[key]
            if got.dtype != np.float32 or not isinstance(got, np.ndarray):
                bad.append(f"type of {key}")
            for i, cell in enumerate(a.obs_names):
                want = rows.get(str(cell))
                if want is None and not np.isnan(got[i]).all() or want is not None and not np.array_equal(got[i], np.array(want[first - 1:], float).astype(np.float32)):
                    bad.append(f"{key} of {cell}")
                    break
            if key == "sbnn_prediction" and list(a.uns["sbnn_prediction_names"]) != head[first:]:
                bad.append("names of predictions")
    if "options" not in whole.uns["sbnn"] or "version" not in whole.uns["sbnn"]:
        bad.append("uns/sbnn")
    head, _ = table(f"{folder}/genes.tsv")
    if head[0] == "rank":
        with open(f"{folder}/genes.tsv") as f:
            genes = [line.split("\t")[1] for line in f][1:]
        a = counts_of(whole)
        names = np.array(gene_names(a))
        if sorted(names[a.var["sbnn_selected"].to_numpy(bool)]) != sorted(genes):
            bad.append("var/sbnn_selected")
        if [names[a.var["sbnn_rank"].to_numpy() == i + 1][0] for i in range(len(genes))] != genes:
            bad.append("var/sbnn_rank")
    return bad, told


def told_by(python, path):
    """What another anndata says: its warnings, or how it fails."""
    code = ("import sys, warnings\nwith warnings.catch_warnings(record=True) as w:\n  warnings.simplefilter('always')\n"
            "  import anndata\n  a = anndata.read_h5ad(sys.argv[1])\n"
            "for x in sorted({str(i.message).replace(sys.argv[1], '') for i in w}): print(x)\nprint(a.obsm['X_sbnn'].shape if 'X_sbnn' in a.obsm else '')")
    r = subprocess.run([python, "-c", code, path], capture_output=True, text=True, check=False)
    return r.stdout.splitlines()[:-1] if r.returncode == 0 else ["FAILED " + r.stderr.strip().splitlines()[-1]]


def run(*words):
    return subprocess.run(list(words), capture_output=True, text=True, check=False)


def check(base, copy, folder, o):
    bad = differences(base, copy)
    try:
        before = read(base)[1]
    except Exception as e:  # not one of ours: what the base fails with, the copy may
        return bad, f"not read by anndata itself: {type(e).__name__}"
    more, told = compare(copy, folder)
    bad += more + [f"warning: {w}" for w in told - before]
    if o.old and copy.endswith(".h5ad"):
        b, c = told_by(o.old, base), told_by(o.old, copy)
        bad += [f"anndata 0.8: {w}" for w in c if w not in b]
    # h5diff passes over what only one file has; it lacks LZF, and then says so of a file and itself.
    if run("h5diff", base, base).returncode == 0:
        about = [line for line in run("h5diff", base, copy).stdout.splitlines() if line.startswith(("dataset", "attribute", "group"))]
        bad += [f"h5diff: {line}" for line in about if "column-order" not in line]
    return bad, ""


def draw(o, copy):
    code = ("import sys, scanpy as sc, matplotlib; matplotlib.use('Agg')\nimport matplotlib.pyplot as plt\na = sc.read_h5ad(sys.argv[1])\n"
            "sc.pl.embedding(a, 'X_sbnn', color=['cell_type'], show=False); plt.savefig(sys.argv[2], dpi=80, bbox_inches='tight')")
    r = run(o.scanpy, "-c", code, copy, o.picture)
    print(f"scanpy: sc.pl.embedding(a, 'X_sbnn') {'drawn: ' + o.picture if r.returncode == 0 else r.stderr[-300:]}")
    return r.returncode == 0


def schema(o, base, copy):
    """CELLxGENE finds no fault in the copy that the file itself has not."""
    faults = [{line for line in (r.stdout + r.stderr).splitlines() if "ERROR" in line} for r in (run(o.cellxgene, "validate", p) for p in (base, copy))]
    print(f"cellxgene-schema: {len(faults[0])} faults of the file, {len(faults[1])} of the copy, new ones: {sorted(faults[1] - faults[0])}")
    return not faults[1] - faults[0]


def by_r(o, copy):
    r = run(o.r, "-e", f"library(hdf5r); f <- H5File$new('{copy}', 'r'); print(dim(f[['obsm/X_sbnn']][,])); print(f[['uns/sbnn/version']][])")
    print(f"R, hdf5r: {(r.stdout or r.stderr).strip()}")
    return r.returncode == 0 or "there is no package" in r.stderr


def commands(o):
    """Copies that commands have written of their own file: base, copy, folder of results."""
    made = o.folder + "/made/"
    for name, base, words in (("train", "pbmc10k_citeseq.h5ad", ["train", "--epochs-autoencoder", "1", "--min-counts", "900"]),
                              ("cv", "pbmc10k_citeseq_half.h5mu", ["cv", "--folds", "3"])):
        base = made + base
        copy, folder = f"{o.work}/{name}{base[-5:]}", f"{o.work}/{name}"
        r = run(o.sbnn, *words, "--x", base, "--y", base, "--out", folder, "--write-h5ad", copy, *QUICK)
        yield name, base, copy, folder, r


def main():
    p = argparse.ArgumentParser()
    for word in ("sbnn", "folder", "work"):
        p.add_argument(word)
    for word in ("old", "scanpy", "picture", "cellxgene", "r"):
        p.add_argument("--" + word)
    o = p.parse_args()
    written = refused = wrong = 0
    files = sorted(os.path.join(d, f) for d, _, fs in os.walk(o.folder) for f in fs if f.endswith((".h5ad", ".h5mu", ".h5", ".loom")))
    for n, path in enumerate(files):
        name, why, folder = os.path.relpath(path, o.folder), why_refused(path), f"{o.work}/made{n}"
        copy = f"{o.work}/copy{path[-5:] if path[-5:] != 'loom' else ''}"
        try:
            make_results(path, folder)
        except Exception as e:
            if why is None:
                print(f"{name}: not read by anndata itself, so left out: {type(e).__name__}")
                continue
            folder = f"{o.work}/made0"
            if n == 0 or not os.path.exists(folder + "/run.json"):
                os.makedirs(folder, exist_ok=True)
                with open(folder + "/run.json", "w") as f:
                    json.dump({"command": "train", "options": {}}, f)
        r = run(o.sbnn, "annotate", "--results", folder, "--in", path, "--out", copy, "--force")
        if why is not None:
            good = r.returncode == 3 and why in r.stderr and len(r.stderr.splitlines()) == 1 and not os.path.exists(copy)
            refused += good
            wrong += not good
            print(f"{'' if good else 'WRONG: '}{name}: refused: {r.stderr.strip()[:160]}")
            continue
        bad, note = check(path, copy, folder, o) if r.returncode == 0 else ([r.stderr.strip()], "")
        wrong += bool(bad)
        written += not bad
        print(f"{'WRONG: ' if bad else ''}{name}: {'; '.join(bad[:4]) or 'written'} {note}")
        if os.path.exists(copy):
            os.remove(copy)
    for name, base, copy, folder, r in commands(o):
        bad, _ = check(base, copy, folder, o) if r.returncode == 0 else ([r.stderr.strip()], "")
        if name == "train" and not bad:
            if o.scanpy and not draw(o, copy):
                bad.append("scanpy")
            if o.cellxgene and not schema(o, base, copy):
                bad.append("cellxgene-schema")
            if o.r and not by_r(o, copy):
                bad.append("R")
        wrong += bool(bad)
        written += not bad
        print(f"{'WRONG: ' if bad else ''}sbnn {name} --write-h5ad: {'; '.join(bad[:4]) or 'written'}")
    print(f"annotate: {written} written, {refused} refused, {wrong} wrong")
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())

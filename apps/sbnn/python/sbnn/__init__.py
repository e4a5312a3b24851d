"""sbnn: few genes that predict a second measurement of the same cells.

    adata = anndata.read_h5ad("cells.h5ad")
    result = sbnn.train(adata, responses="protein_expression", labels="cell_type")
    result.figure("overlays")

Each function runs the command of the same name of the program `sbnn`. Its options are keyword arguments, with
underscores for dashes: `sbnn.options("train")` lists them. Results come back in the object and as DataFrames.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from . import _inputs
from ._annotate import annotate, annotate_prediction
from ._binary import SbnnError, binary, call, table
from ._options import command_rows, words
from ._results import Figure, Result, read_table

__all__ = [
    *("train", "cv", "run", "stability", "path", "srrr", "tsne", "predict"),
    *("command", "options", "demo", "read", "annotate", "binary", "version", "Result", "Figure", "SbnnError"),
]


def _fit(name: str, what: str):
    def function(
        data: Any = None,
        y: Any = None,
        *,
        responses: Any = None,
        labels: Any = None,
        groups: Any = None,
        layer: str | None = None,
        out: str | os.PathLike | None = None,
        progress: bool = True,
        inplace: bool = True,
        **options: Any,
    ) -> Result:
        holder = None if out else tempfile.TemporaryDirectory(prefix="sbnn-")
        folder = Path(out) if out else Path(holder.name) / "results"
        data = _inputs.opened(data)
        words(name, options)  # a wrong option is found before anything is written
        with tempfile.TemporaryDirectory(prefix="sbnn-data-") as inputs:
            given = _inputs.write(data, y, responses, labels, layer, groups, Path(inputs))
            line = words(name, {**given, **options, "out": folder, "quiet": not progress})
            _call(line, progress, inputs)
        result = Result(folder, holder)
        if inplace and (_inputs.is_anndata(data) or _inputs.is_mudata(data)):
            annotate(data, result)
        return result

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{what}

    data: AnnData, MuData, a DataFrame or a matrix (NumPy, SciPy) of counts, cells in rows; or the path of a file.
    y: the responses, as a DataFrame (joined by cell), an array in the order of the cells, AnnData, or a path. Of
      AnnData and MuData not needed:
    responses: their name in obsm, names of columns of obs, or the modality. None: the program finds them.
    labels: cell types, as a column of obs or a value for each cell. groups: the same; no fold divides a group.
    layer: the layer that holds the counts, "X" or "raw". None: the first that holds counts.
    out: the folder for the results. None: a temporary one, which is deleted with the Result.
    progress: show progress. inplace: write the results into the object, as sbnn.annotate does.
    options: those of 'sbnn {name}', which sbnn.options("{name}") lists.
    """
    return function


train = _fit("train", "Trains a model on all cells: the kept genes, the map, the predictions.")
cv = _fit("cv", "Cross-validation: how well unseen cells are predicted.")
run = _fit("run", "Runs cv, train, srrr and stability, and makes a report.")
stability = _fit("stability", "Trains many times: which genes are chosen again, and which by chance.")
path = _fit("path", "Cross-validates several penalties and widths of the bottleneck.")
srrr = _fit("srrr", "Sparse reduced-rank regression, the linear model, for comparison.")
tsne = _fit("tsne", "A t-SNE of the genes and one of the responses; with results=RESULT, of the map of that result.")


def predict(
    model: Result | str | os.PathLike,
    data: Any,
    *,
    layer: str | None = None,
    progress: bool = True,
    inplace: bool = True,
    **options: Any,
) -> pd.DataFrame:
    """Predicts map and responses of other cells with a network that `sbnn.train` has trained (its Result or folder).

    A row for each cell: its map coordinates z1, z2, ..., then the responses in their own units. Also writes
    obsm["X_sbnn"] and obsm["sbnn_prediction"] of AnnData and MuData. Other arguments are those of sbnn.train.
    """
    data = _inputs.opened(data)
    words("predict", options)
    with tempfile.TemporaryDirectory(prefix="sbnn-data-") as inputs:
        given = _inputs.write(data, None, None, None, layer, None, Path(inputs))
        given = {k: v for k, v in given.items() if k in ("x", "x_genes_in")}
        file = Path(inputs) / "predicted.tsv"
        line = words("predict", {**given, **options, "model": model, "out": file, "quiet": not progress})
        _call(line, progress, inputs)
        predicted = read_table(file)
    if inplace and (_inputs.is_anndata(data) or _inputs.is_mudata(data)):
        annotate_prediction(data, predicted)
    return predicted


def _call(line: list[str], progress: bool, inputs: str) -> None:
    """Runs it; a `run` that is done in part is a warning."""
    try:
        call(line, progress, inputs)
    except SbnnError as error:
        if error.code != 5:
            raise
        warnings.warn(str(error), stacklevel=4)


def command(name: str, *operands: str | os.PathLike, progress: bool = True, **options: Any) -> str:
    """Any command of the program, for instance command("inspect", "cells.h5ad"): what it prints."""
    return call([*words(name, options), *map(os.fspath, operands)], progress)


def options(name: str) -> pd.DataFrame:
    """The options of a command: the values of each, its default and its help."""
    rows = {key.replace("-", "_"): row for key, row in command_rows(name).items()}
    return pd.DataFrame.from_dict(rows, orient="index")[["needs", "default", "help"]]


def demo(**options: Any) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Synthetic cells with known marker genes: counts, responses and labels. Options: those of 'sbnn demo'."""
    with tempfile.TemporaryDirectory(prefix="sbnn-demo-") as folder:
        out = Path(folder) / "demo"
        call(words("demo", {**options, "tables_only": True, "out": out, "quiet": True}), progress=False)
        tables = out / "demo-data"
        x, y = (pd.read_csv(tables / f"{name}.csv", index_col=0) for name in ("counts", "responses"))
        labels = pd.read_csv(tables / "labels.tsv", sep="\t", index_col=0).iloc[:, 0]
    if not y.index.isin(x.index).all():
        x = x.T  # the demo's genes are in rows
    return x, y, labels


def read(folder: str | os.PathLike) -> Result:
    """Opens a folder of results."""
    return Result(folder)


def version() -> str:
    """The version of the program."""
    return table()["version"]

"""Objects in Python to files that the program reads.

AnnData becomes an .h5ad of the parts that are needed, MuData one for each modality, frames and arrays an .npz with the
names of cells and columns. A path stays what it is.
"""

from __future__ import annotations

import difflib
import os
import warnings
from pathlib import Path
from typing import Any, Iterable, Sequence

import numpy as np
import pandas as pd


HOLDING_BOTH = (".h5ad", ".h5mu", ".h5", ".npz", ".mat")  # counts and responses in one file


def is_anndata(data: Any) -> bool:
    return any(one.__name__ == "AnnData" for one in type(data).__mro__)


def is_mudata(data: Any) -> bool:
    return any(one.__name__ == "MuData" for one in type(data).__mro__)


def opened(data: Any) -> Any:
    """A zarr store as the object that it holds; anything else as it is."""
    if not isinstance(data, (str, os.PathLike)) or Path(data).suffix != ".zarr":
        return data
    import zarr

    kind = zarr.open_group(str(data), mode="r").attrs.get("encoding-type", "anndata")
    if str(kind).lower() == "mudata":
        import mudata

        return mudata.read_zarr(str(data))
    import anndata

    return anndata.read_zarr(str(data))


def write(data: Any, y: Any, responses: Any, labels: Any, layer: str | None, groups: Any, folder: Path) -> dict[str, Any]:
    """Writes what has to be written into `folder`; the options --x, --y, --data, --labels, --groups for it."""
    if data is None:
        return {}
    if isinstance(data, (str, os.PathLike)):
        given = _paths(os.fspath(data), y, responses, layer)
    elif is_mudata(data):
        given = _mudata(data, responses, layer, [*_columns(labels), *_columns(groups)], folder)
    elif is_anndata(data):
        given = _anndata(data, y, responses, layer, [*_columns(labels), *_columns(groups)], folder)
    else:
        given = _tables(data, y, responses, layer, folder)
    given.update(_of_cells("labels", labels, given, data, folder))
    given.update(_of_cells("groups", groups, given, data, folder))
    return given


# ---- files that are there ----------------------------------------------------------------------------------------


def _paths(path: str, y: Any, responses: Any, layer: str | None) -> dict[str, Any]:
    if path.endswith(".safetensors"):
        return {"data": path}
    if not os.path.exists(path) and not os.path.exists(path.rpartition(":")[0]):
        raise FileNotFoundError(f"there is no file '{path}'")
    given = {"x": _part(path, layer)}
    if y is not None or os.path.isdir(path) or path.endswith(HOLDING_BOTH):
        given["y"] = path if y is None else os.fspath(y)
    if responses is not None and "y" in given:
        inside = responses if responses.startswith("obs/") else f"obsm/{responses}"
        given["y"] += f":{responses}" if given["y"].endswith(".h5mu") else f":{inside}"
    return given


def _part(file: str | Path, layer: str | None) -> str:
    """The file, or the matrix of it that is wanted."""
    named = {None: "", "X": ":X", "raw": ":raw/X"}.get(layer, f":layers/{layer}")
    return f"{file}{named}"


# ---- AnnData, MuData ---------------------------------------------------------------------------------------------


def _columns(names: Any) -> list[str]:
    """Names of columns of obs; what is not text are the values themselves."""
    return [names] if isinstance(names, str) else []


def _known(name: str, names: Iterable[str], where: str) -> str:
    names = list(map(str, names))
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        guess = f": did you mean '{near[0]}'?" if near else f", which has {', '.join(names) or 'nothing'}"
        raise ValueError(f"there is no '{name}' in {where}{guess}")
    return name


def _anndata(a: Any, y: Any, responses: Any, layer: str | None, columns: Sequence[str], folder: Path) -> dict[str, Any]:
    kept, obsm = list(columns), [k for k in a.obsm.keys() if not k.startswith(("X_", "sbnn_", "srrr_"))]
    if y is not None:
        obsm, taken = [], _responses(y, a.obs_names, folder)
    elif responses is None:
        taken = folder / "data.h5ad"
    elif isinstance(responses, str) and responses.startswith("obs/"):
        kept, obsm, taken = list(a.obs.columns), [], f"{folder / 'data.h5ad'}:{responses}"
    elif isinstance(responses, str):
        obsm = [_known(responses, a.obsm.keys(), "obsm")]
        taken = f"{folder / 'data.h5ad'}:obsm/{responses}"
    else:
        names = [_known(name, a.obs.columns, "obs") for name in responses]
        obsm, taken = [], _responses(a.obs[names], a.obs_names, folder)
    _write_h5ad(a, kept, obsm, layer, folder / "data.h5ad")
    return {"x": _part(folder / "data.h5ad", layer), "y": taken}


def _mudata(m: Any, responses: Any, layer: str | None, columns: Sequence[str], folder: Path) -> dict[str, Any]:
    if getattr(m, "axis", 0) == 1:
        raise ValueError("the modalities of this MuData share genes, not cells, so no cell has responses")
    names = list(m.mod)
    x, y = _modalities(names, responses)
    genes, measured = m.mod[x], m.mod[y]
    missing = [c for c in columns if c not in genes.obs]
    if missing:
        genes = genes.copy()
        for column in missing:
            genes.obs[column] = m.obs[_known(column, m.obs.columns, "obs")].reindex(genes.obs_names)
    _write_h5ad(genes, columns, [], layer, folder / "data.h5ad")
    _write_h5ad(measured, [], [], "X", folder / "responses.h5ad")
    return {"x": _part(folder / "data.h5ad", layer), "y": _part(folder / "responses.h5ad", "X")}


def _modalities(names: Sequence[str], responses: str | None) -> tuple[str, str]:
    """Genes and responses: by their usual names, or the one other modality."""
    y = responses and _known(responses, names, "the modalities")
    y = y or next((name for name in ("prot", "adt") if name in names), None)
    x = next((name for name in ("rna", "gex") if name in names and name != y), None)
    others = [name for name in names if name not in (x, y)]
    if x is None and y is not None and len(others) == 1:
        x = others[0]
    elif y is None and x is not None and len(others) == 1:
        y = others[0]
    if x is None or y is None:
        raise ValueError(f"name the modality that holds the responses, one of {', '.join(names)}; genes are those of rna or gex")
    return x, y


def genes_of(data: Any) -> Any:
    """The AnnData object whose var are the genes."""
    if not is_mudata(data):
        return data
    return next((data.mod[name] for name in ("rna", "gex") if name in data.mod), next(iter(data.mod.values())))


def _write_h5ad(a: Any, columns: Sequence[str], obsm: Sequence[str], layer: str | None, file: Path) -> None:
    """Of the object only what this run reads: not its neighbours, other layers, embeddings."""
    import anndata

    if a.isbacked:
        a = a.to_memory()
    if layer not in (None, "X", "raw"):
        _known(layer, a.layers.keys(), "layers")
    wanted = {"counts"} if layer is None else {layer}
    for column in columns:
        _known(column, a.obs.columns, "obs")
    texts = [c for c in a.var.columns if a.var[c].dtype == "category" or pd.api.types.infer_dtype(a.var[c]) == "string"]
    names = {"protein_names", *(f"{k}_names" for k in obsm), *(f"{c}_colors" for c in columns)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that occur twice: the program says what it does with them
        slim = anndata.AnnData(
            X=a.X if layer in (None, "X") else None,
            obs=a.obs[list(dict.fromkeys(columns))].copy(),
            var=a.var[texts].copy(),
            layers={k: v for k, v in a.layers.items() if k in wanted},
            obsm={k: a.obsm[k] for k in obsm},
            uns={k: v for k, v in a.uns.items() if k in names},
        )
        if a.raw is not None and layer in (None, "raw"):
            slim.raw = anndata.AnnData(X=a.raw.X, obs=slim.obs[[]], var=a.raw.var[[]])
        slim.write_h5ad(file)


# ---- frames and arrays -------------------------------------------------------------------------------------------


def _tables(x: Any, y: Any, responses: Any, layer: str | None, folder: Path) -> dict[str, Any]:
    if layer is not None or responses is not None:
        raise TypeError("layer and responses name parts of an AnnData or MuData object; for frames and arrays give data and y")
    ids = [table.index for table in (x, y) if isinstance(table, pd.DataFrame)]
    cells = ids[0] if ids else pd.Index([f"cell{i + 1}" for i in range(x.shape[0])])
    _write_npz(folder / "data.npz", x, cells, "x", ("counts", "genes", "gene"))
    given = {"x": folder / "data.npz", "x_genes_in": "columns"}
    return given if y is None else {**given, "y": _responses(y, cells, folder)}


def _responses(y: Any, cells: pd.Index, folder: Path) -> Any:
    if isinstance(y, (str, os.PathLike)):
        return y
    if is_anndata(y):
        _write_h5ad(y, [], [], "X", folder / "responses.h5ad")
        return _part(folder / "responses.h5ad", "X")
    _write_npz(folder / "responses.npz", y, cells, "y", ("responses", "response_names", "response"))
    return folder / "responses.npz"


def _write_npz(file: Path, table: Any, cells: pd.Index, what: str, names: tuple[str, str, str]) -> None:
    """`names`: of the matrix and of its columns in the file, and what a column is called that has no name."""
    matrix_name, columns_name, stem = names
    if isinstance(table, pd.DataFrame):
        cells, columns = table.index, table.columns
        for name, dtype in table.dtypes.items():
            if not pd.api.types.is_numeric_dtype(dtype):
                raise TypeError(f"the column '{name}' of {what} is not numeric: leave it out (labels have their own argument)")
    elif getattr(table, "ndim", 0) != 2:
        raise TypeError(f"{what} must be AnnData, MuData, a DataFrame or a matrix [cells, {stem}s], not {type(table).__name__}")
    else:
        columns = [f"{stem}{i + 1}" for i in range(table.shape[1])]
    if table.shape[0] != len(cells):
        raise ValueError(f"{what} has {table.shape[0]} rows, but there are {len(cells)} cells")
    arrays = {"cells": _text(cells), columns_name: _text(columns)}
    if hasattr(table, "tocsr"):
        sparse = table.tocsr()
        arrays.update(data=sparse.data, indices=sparse.indices, indptr=sparse.indptr, shape=sparse.shape, format="csr")
    else:
        matrix = table.to_numpy(dtype=float) if isinstance(table, pd.DataFrame) else np.asarray(table)
        arrays[matrix_name] = matrix
    np.savez(file, **arrays)


def _text(names: Iterable[Any]) -> np.ndarray:
    return np.array([str(name) for name in names], dtype=str)


# ---- what each cell has ------------------------------------------------------------------------------------------


def _of_cells(option: str, values: Any, given: dict[str, Any], data: Any, folder: Path) -> dict[str, Any]:
    """Labels or groups: a column of obs by name, a file, or a value for each cell."""
    if values is None:
        return {}
    if isinstance(values, os.PathLike):
        return {option: os.fspath(values)}
    if isinstance(values, str):
        file = str(given.get("x", "")).partition(":")[0]
        is_file = os.path.exists(values.partition(":")[0]) and not (is_anndata(data) or is_mudata(data))
        return {option: values if is_file or not file.endswith((".h5ad", ".h5mu")) else f"{file}:obs/{values}"}
    name = getattr(values, "name", None)
    if isinstance(values, pd.Series):
        cells, values = values.index, values.to_numpy()
    elif is_anndata(data) or is_mudata(data):
        cells = data.obs_names
    elif isinstance(data, pd.DataFrame):
        cells = data.index
    else:
        cells = [f"cell{i + 1}" for i in range(len(values))]
    if len(cells) != len(values):
        raise ValueError(f"{option} has {len(values)} values, but there are {len(cells)} cells")
    file = folder / f"{option}.tsv"
    pd.DataFrame({"cell": _text(cells), name or option: list(values)}).to_csv(file, sep="\t", index=False)
    return {option: file}

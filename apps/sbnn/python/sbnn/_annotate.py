"""Results in the object they were made from, under the names that `sbnn annotate` gives them in files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ._inputs import genes_of
from ._results import Result


def annotate(data: Any, result: Result) -> None:
    """Writes the results in a folder into an AnnData or MuData object.

    obsm: X_sbnn, X_srrr, X_tsne_*, sbnn_prediction; obs: sbnn_fold; var: sbnn_selected, sbnn_rank, sbnn_frequency;
    uns["sbnn"]: by command its version, seed, options and scores. Predictions of cv, of cells unseen, stay where train
    comes later. Of `sbnn.run` both recipes are put there: names of the denoising one end in _denoise if it has both.
    """
    steps = result.parts()
    if (result.folder / "run.json").exists() or not steps:
        _take(data, result, "")
    for name, step in steps.items():
        _take(data, step, "_denoise" if name.endswith("-denoise") and "train-paper" in steps else "")


def annotate_prediction(data: Any, table: pd.DataFrame) -> None:
    """The table of `predict`: the map and the responses of other cells."""
    places = [c for c in table.columns if c.startswith("z") and c[1:].isdigit()]
    _obsm(data, "X_sbnn", table[places])
    _prediction(data, "sbnn_prediction", table.drop(columns=[*places, "note"], errors="ignore"))


def _take(data: Any, result: Result, suffix: str) -> None:
    run = result.run
    command = run["command"]
    earlier = data.uns.get("sbnn", {})
    beside = {name.removesuffix(suffix) for name in earlier if name.endswith(suffix)}
    if command in PLACES:
        PLACES[command](data, result, suffix, beside)
    data.uns["sbnn"] = {**earlier, command + suffix: _facts(run)}


# ---- by command --------------------------------------------------------------------------------------------------


def _train(data: Any, result: Result, suffix: str, beside: set[str], name: str = "sbnn") -> None:
    if "latent" in result.tables:
        _obsm(data, f"X_{name}{suffix}", result.latent)
    if name == "srrr" or "cv" not in beside:
        _prediction(data, f"{name}_prediction{suffix}", result.predictions)
    if "genes" in result.tables:
        genes = result.genes.set_index("gene")
        _var(data, f"{name}_rank{suffix}", genes["rank"], 0, result)
        _var(data, f"{name}_selected{suffix}", genes["rank"] > 0, False, result)


def _srrr(data: Any, result: Result, suffix: str, beside: set[str]) -> None:
    _train(data, result, suffix, beside, "srrr")


def _cv(data: Any, result: Result, suffix: str, beside: set[str]) -> None:
    predictions, genes = result.predictions, result.genes
    folds = predictions["fold"].astype(str).reindex(data.obs_names)
    data.obs["sbnn_fold" + suffix] = pd.Categorical(folds, sorted(folds.dropna().unique(), key=int))
    _prediction(data, "sbnn_prediction" + suffix, predictions.drop(columns="fold"))
    if not beside & {"train", "stability"}:  # else these say which genes
        genes = genes[genes["model"] == genes["model"].iloc[0]]
        frequency = genes["gene"].value_counts() / genes["fold"].nunique()
        _var(data, "sbnn_frequency" + suffix, frequency, 0.0, result)
        _var(data, "sbnn_selected" + suffix, frequency >= 0.5, False, result)


def _tsne(data: Any, result: Result, suffix: str, beside: set[str]) -> None:
    table = result.tsne
    for view in dict.fromkeys(name.rpartition("_")[0] for name in table.columns):
        _obsm(data, f"X_tsne_{view}{suffix}", table[[f"{view}_1", f"{view}_2"]])


def _stability(data: Any, result: Result, suffix: str, beside: set[str]) -> None:
    _var(data, "sbnn_frequency" + suffix, result.stability.set_index("gene")["frequency"], 0.0, result)


PLACES = {"train": _train, "cv": _cv, "srrr": _srrr, "tsne": _tsne, "stability": _stability}


# ---- into the object; cells without a result get NaN -------------------------------------------------------------


def _obsm(data: Any, key: str, table: pd.DataFrame) -> None:
    data.obsm[key] = table.reindex(data.obs_names).to_numpy(np.float32)


def _prediction(data: Any, key: str, table: pd.DataFrame) -> None:
    named = table.rename(columns=lambda name: name.replace("/", "_"))  # a slash would be a group of the file
    data.obsm[key] = named.reindex(data.obs_names).astype(np.float32)


def _var(data: Any, column: str, values: pd.Series, other: Any, result: Result) -> None:
    """Genes have the program's names: of the index or a column, repeated ones with a number behind, without the prefix."""
    from anndata.utils import make_index_unique

    a, prefix = genes_of(data), result.run["options"].get("gene-prefix") or ""
    candidates = [a.var_names, *(pd.Index(a.var[c].astype(str)) for c in a.var.columns)]
    named = next((c for c in candidates if values.index.isin(c.str.removeprefix(prefix)).any()), a.var_names)
    unique = make_index_unique(named.str.removeprefix(prefix))
    a.var[column] = values.reindex(unique, fill_value=other).to_numpy()


def _facts(run: dict[str, Any]) -> dict[str, Any]:
    """Of run.json what fits into any file of AnnData: numbers, text, nested dicts."""
    ours = ("x", "y", "data", "labels", "out", "quiet", "force", "resume")
    options = {key: value for key, value in run["options"].items() if value is not None and key not in ours}
    scores = {
        model: {
            f"{split}_r2{name}": value[key]
            for split, value in results["r2"]["finetuned"].items()
            for name, key in (("", "mean"), ("_sd", "sd"))
        }
        for model, results in run.get("results", {}).items()
        if isinstance(results, dict) and "finetuned" in results.get("r2", {})
    }
    return {"version": run["build"]["version"], "seed": run.get("seed") or 0, "options": options, "scores": scores}

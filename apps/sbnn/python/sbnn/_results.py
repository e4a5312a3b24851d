"""A folder of results: its tables as DataFrames, and its pictures."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path
from typing import Any, Iterator

import pandas as pd

from ._binary import call
from ._options import words

TEXT_COLUMNS = {name: str for name in ("cell", "gene", "target", "model", "response")}


class Figure:
    """A picture of the program: shown by notebooks; `path` is its file."""

    def __init__(self, path: Path):
        self.path = path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        kind = {".png": "image/png", ".svg": "image/svg+xml", ".pdf": "application/pdf"}[self.path.suffix]
        return {kind: self.path.read_text() if kind == "image/svg+xml" else self.path.read_bytes()}

    def __repr__(self) -> str:
        return f"<picture {self.path}>"


class Result:
    """What a command has left: `result.genes` and `result["genes"]` are its table genes.tsv (docs/output.md says what is
    in it), `result.figure("overlays")` is a picture, `result.run` the contents of run.json.

    Results without `out=` are in a folder that goes with the object: `result.save(folder)` keeps them. A Result stands
    for its folder wherever an option wants one.
    """

    def __init__(self, folder: str | os.PathLike, keep: Any = None):
        self.folder = Path(folder)
        self._keep = keep  # the temporary folder, for as long as this object
        self._read: dict[str, pd.DataFrame] = {}
        if not self.folder.is_dir():
            raise FileNotFoundError(f"there is no folder '{folder}'")

    def __fspath__(self) -> str:
        return str(self.folder)

    @property
    def run(self) -> dict[str, Any]:
        """How the results were made: run.json. Of `sbnn.run` that of its first step."""
        own = self.folder / "run.json"
        return json.loads(own.read_text()) if own.exists() else next((part.run for part in self.parts().values()), {})

    @property
    def tables(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.tsv"))

    @property
    def figures(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("figures/*.png"))

    def parts(self) -> dict[str, Result]:
        """The steps of `sbnn.run`, by folder: "cv-paper", "train-paper", ..."""
        return {path.parent.name: Result(path.parent, self._keep) for path in sorted(self.folder.glob("*/run.json"))}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            if (self.folder / name / "run.json").exists():
                return Result(self.folder / name, self._keep)
            path = self.folder / f"{name}.tsv"
            if not path.exists():
                has = ", ".join([*self.tables, *self.parts()])
                raise KeyError(f"{self.folder} has no table '{name}': it has {has}")
            self._read[name] = read_table(path)
        return self._read[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name.replace("_", "-") if name.replace("_", "-") in self.parts() else name]
        except KeyError as missing:
            raise AttributeError(missing.args[0]) from None

    def __dir__(self) -> Iterator[str]:
        return iter([*super().__dir__(), *self.tables, *(part.replace("-", "_") for part in self.parts())])

    def figure(self, name: str, kind: str = "png") -> Figure:
        """A picture of the results: `figures` lists their names; kind: png, svg or pdf."""
        path = self.folder / "figures" / f"{name}.{kind}"
        if not path.exists():
            raise KeyError(f"there is no picture '{name}' ({kind}): there are {', '.join(self.figures) or 'none'}")
        return Figure(path)

    def plot(self, name: str = "overlays", **options: Any) -> Figure:
        """Draws the pictures again, with other genes or responses over the map: plot(genes=["CD3E", "CD14"])."""
        call(words("plot", {"results": self, "quiet": True, **options}), progress=False)
        return self.figure(name)

    def report(self) -> Path:
        """The page of the results, which works offline: report.html."""
        call(words("report", {"results": self, "quiet": True}), progress=False)
        return self.folder / "report.html"

    def save(self, folder: str | os.PathLike) -> Result:
        """Copies the results into a new folder; the Result of that."""
        shutil.copytree(self.folder, folder)
        return Result(folder)

    def __repr__(self) -> str:
        own = (self.folder / "run.json").exists()
        command, holds = (self.run["command"], self.tables) if own else ("run", self.parts())
        return f"<results of sbnn {command} in {self.folder}: {', '.join(holds)}>"


def read_table(path: Path) -> pd.DataFrame:
    """A table of the program: NA is missing, names are text, cells are the index."""
    table = pd.read_csv(
        path, sep="\t", dtype=TEXT_COLUMNS, keep_default_na=False, na_values=["NA"], quoting=csv.QUOTE_NONE
    )
    return table.set_index("cell") if table.columns[0] == "cell" else table

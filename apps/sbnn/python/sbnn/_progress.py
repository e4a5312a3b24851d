"""How far the program is: in a terminal, in a notebook, in a log."""

from __future__ import annotations

import shutil
import sys


class Silent:
    """Shows nothing. `columns`: the width of a bar that is drawn again and again; 0: no such bar."""

    columns = 0

    def line(self, text: str) -> None:
        """A line that stays."""

    def bar(self, text: str) -> None:
        """The line under way, in place of the one before."""

    def end(self) -> None:
        """The program has ended."""


class Log(Silent):
    def line(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class Terminal(Silent):
    def __init__(self) -> None:
        self.columns = shutil.get_terminal_size().columns

    def line(self, text: str) -> None:
        self.bar(text + "\n")

    def bar(self, text: str) -> None:
        sys.stderr.write("\r\x1b[K" + text)
        sys.stderr.flush()

    def end(self) -> None:
        self.bar("")


class Notebook(Silent):
    """One output of the cell, which is replaced: the lines so far and the bar below them."""

    columns = 100

    def __init__(self) -> None:
        from IPython.display import display

        self.lines: list[str] = []
        self.output = display({"text/plain": ""}, raw=True, display_id=True)

    def line(self, text: str) -> None:
        self.lines.append(text)
        self.bar("")

    def bar(self, text: str) -> None:
        self.output.update({"text/plain": "\n".join([*self.lines, text])}, raw=True)

    def end(self) -> None:
        self.bar("")


def view_for(progress: bool) -> Silent:
    if not progress:
        return Silent()
    ipython = sys.modules.get("IPython")
    if ipython and getattr(ipython.get_ipython(), "kernel", None):
        return Notebook()
    return Terminal() if sys.stderr.isatty() else Log()

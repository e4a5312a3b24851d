"""Options as keyword arguments, checked against the program's own table before it is started."""

from __future__ import annotations

import difflib
import math
import os
from numbers import Integral, Real
from typing import Any, Iterable, Mapping

from ._binary import table


def command_rows(command: str) -> dict[str, dict]:
    """The options that a command takes, by name with dashes: kind, needs, default, lowest, highest, help."""
    commands = table()["commands"]
    if command not in commands:
        raise ValueError(f"sbnn has no command '{command}'{_like(command, commands)}")
    return commands[command]["options"]


def words(command: str, options: Mapping[str, Any]) -> list[str]:
    """The options as words of a command line. None is an option that is not given.

    TypeError: the command has no such option, or it takes values of another type; ValueError: no such value.
    """
    rows, line = command_rows(command), [command]
    for name, value in options.items():
        dashed = name.replace("_", "-")
        if dashed not in rows:
            raise TypeError(f"sbnn.{command} has no option '{name}'{_elsewhere(command, dashed, rows)}")
        row = rows[dashed]
        if value is None or (row["kind"] == "flag" and _flag(command, name, value) is False):
            continue
        line.append(f"--{dashed}" if row["kind"] == "flag" else f"--{dashed}={_text(command, name, row, value)}")
    return line


def _like(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name.replace("_", "-"), list(known), n=1)
    return f": did you mean '{near[0].replace('-', '_')}'?" if near else ""


def _elsewhere(command: str, name: str, rows: Mapping[str, Any]) -> str:
    """Which command has it, or what it might have been meant to be."""
    having = [other for other, row in table()["commands"].items() if other != command and name in row["options"]]
    return f", which belongs to {', '.join(having)}" if having else _like(name, rows)


def _refuse(kind: type[Exception], command: str, name: str, row: Mapping[str, Any], value: Any) -> Exception:
    near = _like(value, row["choices"]) if isinstance(value, str) and "choices" in row else ""
    return kind(f"sbnn.{command}: {name} needs {row['needs']}, not {value!r}{near}")


def _flag(command: str, name: str, value: Any) -> bool:
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    raise TypeError(f"sbnn.{command}: {name} needs True or False, not {value!r}")


def _text(command: str, name: str, row: Mapping[str, Any], value: Any) -> str:
    """The value as one would type it."""
    kind = row["kind"]
    if kind in ("text", "rule"):
        parts = [value] if isinstance(value, (str, os.PathLike)) else value
        if not isinstance(parts, (list, tuple)) or not all(isinstance(p, (str, os.PathLike)) for p in parts):
            raise _refuse(TypeError, command, name, row, value)
        text = ",".join(os.fspath(part) for part in parts)
        if not text:
            raise _refuse(ValueError, command, name, row, value)
        return text
    if kind == "choice" or (kind == "auto" and isinstance(value, str)):
        if not isinstance(value, str):
            raise _refuse(TypeError, command, name, row, value)
        if value not in row.get("choices", ["auto"]):
            raise _refuse(ValueError, command, name, row, value)
        return value
    if kind in ("widths", "counts", "numbers"):
        if isinstance(value, str):
            return value  # "0.1:1.5:0.1"
        whole = kind != "numbers"
        several = [value] if isinstance(value, Real) else value
        try:
            return ",".join(_number(command, name, row, one, whole) for one in several)
        except TypeError:
            raise _refuse(TypeError, command, name, row, value) from None
    return _number(command, name, row, value, kind == "whole")


def _number(command: str, name: str, row: Mapping[str, Any], value: Any, whole: bool) -> str:
    if isinstance(value, bool) or not isinstance(value, Integral if whole else Real):
        raise _refuse(TypeError, command, name, row, value)
    lowest, highest = row["lowest"], row["highest"]
    low = lowest is not None and value < lowest or row["kind"] in ("positive", "numbers") and value <= 0
    if low or highest is not None and value > highest or not math.isfinite(value):
        raise _refuse(ValueError, command, name, row, value)
    return str(int(value)) if whole else repr(float(value))

"""The program behind the package: where it is, what it knows, how it is run."""

from __future__ import annotations

import codecs
import fcntl
import functools
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path
from typing import Any, Sequence

from ._progress import Silent, view_for

PACKAGE = Path(__file__).parent


class SbnnError(RuntimeError):
    """The program has failed. The text is its one sentence; `code` its exit code (3: bad input, 2: wrong options)."""

    def __init__(self, sentence: str, code: int | None = None):
        super().__init__(sentence)
        self.code = code


def binary() -> str:
    """The program that the functions of this package call.

    In this order: the file that the environment variable SBNN_BINARY names, the program in the installed wheel, the
    first `sbnn` on PATH that is not this package's own script.
    """
    named = os.environ.get("SBNN_BINARY")
    if named:
        if os.access(named, os.X_OK) and not os.path.isdir(named):
            return named
        raise SbnnError(f"SBNN_BINARY names '{named}', which is not a program: set it to the path of sbnn, or unset it")
    inside = PACKAGE / "bin" / "sbnn"
    if inside.exists():
        return str(inside)
    for folder in os.get_exec_path():
        found = shutil.which("sbnn", path=folder)
        if found and not _is_our_script(found):
            return found
    raise SbnnError(
        "the sbnn program is missing: it is neither in this installation nor on PATH; install the wheel that "
        "'./dev wheel' makes in Nabla's repository, or build the program with './dev build' there and set SBNN_BINARY "
        "to build/bin/sbnn"
    )


def _is_our_script(path: str) -> bool:
    with open(path, "rb") as file:
        start = file.read(4096)
    return start.startswith(b"#!") and b"sbnn._binary" in start


def _environment() -> dict[str, str]:
    """The wheel has a font of its own: there are systems without any."""
    environment = {**os.environ, "TERM": "xterm"}
    fonts = PACKAGE / "fonts" / "fonts.conf"
    if fonts.exists():
        environment.setdefault("FONTCONFIG_FILE", str(fonts))
    return environment


def table() -> dict[str, Any]:
    """The program's own table of commands and options: what `sbnn --generate json` prints."""
    path = binary()
    return _table(path, os.stat(path).st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _table(path: str, modified: int) -> dict[str, Any]:
    done = subprocess.run([path, "--generate", "json"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SbnnError(f"{path} is not sbnn, or is older than this package: 'sbnn --generate json' fails")
    return json.loads(done.stdout)


def call(words: Sequence[str], progress: bool = True, inputs: str | None = None) -> str:
    """Runs the program with these words to its end, shows how far it is, and returns what it printed.

    inputs: a folder whose files its sentences name without it. Raises SbnnError with the program's sentence. Ctrl-C stops the program, then raises KeyboardInterrupt.
    """
    view = view_for(progress)
    # On a terminal of its own the program draws its bar; into a pipe it writes a line now and then.
    reader, writer = os.openpty() if view.columns else os.pipe()
    if view.columns:
        fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, view.columns, 0, 0))
    with tempfile.TemporaryFile() as printed:
        try:
            process = subprocess.Popen(
                [binary(), *words],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=writer,
                env=_environment(),
                start_new_session=True,  # the terminal's Ctrl-C comes to us alone, who pass it on once
            )
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        try:
            last = _follow(reader, view, f"{inputs}{os.sep}" if inputs else "")
            code = process.wait()
        except BaseException:
            _stop(process)
            raise
        finally:
            view.end()
            os.close(reader)
        if code == 130:
            raise KeyboardInterrupt(last)
        if code != 0:
            raise SbnnError(last or f"the program ended with code {code} without a message", code)
        printed.seek(0)
        return printed.read().decode("utf-8", "replace")


def _follow(reader: int, view: Silent, inputs: str) -> str:
    """Shows what comes until the program ends; returns its last sentence."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest, sentence, latest = "", "", ""
    while True:
        try:
            data = os.read(reader, 65536)
        except OSError:  # how a terminal ends whose program has gone
            data = b""
        if not data:
            return sentence or latest
        *lines, rest = (rest + decoder.decode(data)).split("\n")
        for line in map(_visible, lines):
            line = line.replace(inputs, "") if inputs else line
            view.line(line)
            latest = line or latest
            if line.startswith("sbnn: "):
                sentence = line.removeprefix("sbnn: ")
        if rest:
            view.bar(_visible(rest))


def _visible(line: str) -> str:
    """What a terminal would show of a line that was drawn again and again."""
    return line.rstrip("\r").rpartition("\r")[2].replace("\x1b[K", "")


def _stop(process: subprocess.Popen) -> None:
    """As Ctrl-C does: the program keeps what `resume` needs and ends within a second."""
    try:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
    except BaseException:
        process.kill()
        process.wait()


def main() -> None:
    """The command `sbnn` of an installed package: the program itself."""
    try:
        path = binary()
    except SbnnError as error:
        sys.exit(f"sbnn: {error}")
    os.execve(path, ["sbnn", *sys.argv[1:]], {**_environment(), "TERM": os.environ.get("TERM", "")})

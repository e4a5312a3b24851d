"""The program: where it is found, how its sentences and Ctrl-C come through."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import sbnn
from sbnn import _binary


@pytest.fixture
def no_program(monkeypatch, tmp_path):
    monkeypatch.delenv("SBNN_BINARY", raising=False)
    monkeypatch.setattr(_binary, "PACKAGE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def script(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_missing_program_is_one_sentence(no_program):
    with pytest.raises(sbnn.SbnnError) as caught:
        sbnn.train("nothing.csv")
    sentence = str(caught.value)
    assert "the sbnn program is missing" in sentence and "./dev wheel" in sentence and "SBNN_BINARY" in sentence
    assert "\n" not in sentence


def test_the_own_script_is_not_the_program(no_program):
    script(no_program / "sbnn", "#!/usr/bin/python3\nfrom sbnn._binary import main\nmain()\n")
    with pytest.raises(sbnn.SbnnError, match="program is missing"):
        sbnn.binary()


def test_the_program_of_the_environment_comes_first(no_program, monkeypatch):
    monkeypatch.setenv("SBNN_BINARY", str(no_program / "gone"))
    with pytest.raises(sbnn.SbnnError, match="SBNN_BINARY names '.*gone', which is not a program"):
        sbnn.binary()
    monkeypatch.setenv("SBNN_BINARY", str(script(no_program / "other", "#!/bin/sh\nexit 1\n")))
    with pytest.raises(sbnn.SbnnError, match="older than this package"):
        sbnn.version()


def test_a_sentence_of_the_program_is_the_exception(tables, fast):
    x, y, _ = tables
    with pytest.raises(sbnn.SbnnError, match="^data.npz: the count of gene .* is -") as caught:
        sbnn.train(x.mul(-1), y, **fast)
    assert caught.value.code == 3


def test_wrong_data(tables, fast):
    x, y, _ = tables
    for given, error, sentence in (
        ((x.to_numpy(), y.to_numpy()[:4]), ValueError, "y has 4 rows, but there are 120 cells"),
        ((x.to_numpy()[0], y), TypeError, "x must be AnnData, MuData, a DataFrame or a matrix"),
        (([[1, 2]], y), TypeError, "x must be AnnData, MuData, a DataFrame or a matrix"),
        ((x.assign(text="a"), y), TypeError, "column 'text' of x is not numeric"),
        (("nothing.csv",), FileNotFoundError, "there is no file 'nothing.csv'"),
    ):
        with pytest.raises(error, match=sentence):
            sbnn.train(*given, **fast)
    with pytest.raises(ValueError, match="labels has 3 values, but there are 120 cells"):
        sbnn.train(x, y, labels=["a", "b", "c"], **fast)


def test_wrong_names(adata, fast):
    for given, sentence in (
        ({"responses": "ephis"}, "no 'ephis' in obsm: did you mean 'ephys'"),
        ({"labels": "famly"}, "no 'famly' in obs: did you mean 'family'"),
        ({"layer": "counts"}, "no 'counts' in layers"),
    ):
        with pytest.raises(ValueError, match=sentence):
            sbnn.train(adata, **{**given, **fast})


def test_ctrl_c_stops_the_program_and_resume_goes_on(tables, fast, tmp_path):
    x, y, _ = tables
    out, options = tmp_path / "out", {**fast, "epochs_finetune": 200000}
    threading.Timer(3, os.kill, (os.getpid(), signal.SIGINT)).start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sbnn.train(x, y, out=out, **options)
    assert time.monotonic() - begun < 10
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert str(out) not in running
    assert list((out / ".incoming" / "resume").glob("*.safetensors")) and not (out / "run.json").exists()
    with pytest.raises(sbnn.SbnnError, match="resume"):  # the data are the same, the options are not
        sbnn.train(x, y, out=out, resume=True, **fast)


def test_resume_knows_the_data_again(adata, fast_cv, tmp_path):
    options = {**fast_cv, "out": tmp_path / "out", "labels": "family"}
    first = sbnn.cv(adata, **options)
    begun = first.run["timings"]
    again = sbnn.cv(adata, resume=True, **options)
    assert again.run["timings"] == begun


def test_progress_in_a_log(tables, fast, capfd):
    x, y, _ = tables
    sbnn.train(x, y, **{**fast, "progress": True})
    said = capfd.readouterr().err
    assert "finetune: 2 epochs" in said and "\x1b" not in said and "sbnn-data-" not in said
    sbnn.train(x, y, **fast)
    assert capfd.readouterr().err == ""


def test_the_program_passes_over_the_variable_that_names_it(tables, fast, capfd, monkeypatch):
    x, y, _ = tables
    monkeypatch.setenv("SBNN_BINARY", sbnn.binary())
    sbnn.train(x, y, **fast)
    assert capfd.readouterr().err == ""


def test_what_a_terminal_shows():
    assert _binary._visible("\r[##--]  50%\x1b[K\r\x1b[Kfrozen: 50 epochs\r") == "frozen: 50 epochs"
    assert _binary._visible("\r[##--]  50%\x1b[K") == "[##--]  50%"


def test_the_bar_comes_through_a_terminal(tables, fast_cv, monkeypatch):
    class View(_binary.Silent):
        columns, bars, lines = 90, [], []

        def bar(self, text):
            self.bars.append(text)

        def line(self, text):
            self.lines.append(text)

    monkeypatch.setattr(_binary, "view_for", lambda progress: View())
    x, y, _ = tables
    sbnn.cv(x, y, **{**fast_cv, "progress": True, "epochs_finetune": 500, "genes": 20})
    assert any(bar.startswith("[") and "models" in bar for bar in View.bars)
    assert any("fold 2" in line for line in View.lines) and not any("\x1b" in line for line in View.lines)


def test_a_command_that_prints():
    assert "commit" in sbnn.command("info")
    done = subprocess.run([sys.executable, "-m", "sbnn", "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and sbnn.version() in done.stdout


def test_numbers_of_any_type(tables, fast):
    x, y, _ = tables
    whole = sbnn.train(x.astype(np.uint16), y.astype(np.float32), **fast)
    assert len(whole.genes) == 5

"""Options are checked against the program's own table before anything is written or started."""

import inspect
from pathlib import Path

import numpy as np
import pytest

import sbnn
from sbnn._options import words


@pytest.mark.parametrize(
    "options, error, sentence",
    [
        ({"lasoo": 0.1}, TypeError, "sbnn.train has no option 'lasoo': did you mean 'lasso'?"),
        ({"epoch_frozen": 1}, TypeError, "did you mean 'epochs_frozen'?"),
        ({"folds": 5}, TypeError, "sbnn.train has no option 'folds', which belongs to cv, "),
        ({"lasso": "strong"}, ValueError, "lasso needs a number of at least 0, or auto, not 'strong'"),
        ({"lasso": -1}, ValueError, "a number of at least 0"),
        ({"lasso": float("nan")}, ValueError, "not nan"),
        ({"lasso": None, "genes": True}, TypeError, "genes needs a whole number from 0 to 1000000, not True"),
        ({"genes": 2.5}, TypeError, "not 2.5"),
        ({"genes": 10**9}, ValueError, "whole number from 0 to 1000000"),
        ({"recipe": "denoize"}, ValueError, "needs paper or denoise, not 'denoize': did you mean 'denoise'?"),
        ({"recipe": 1}, TypeError, "needs paper or denoise, not 1"),
        ({"no_pretrain": "yes"}, TypeError, "no_pretrain needs True or False, not 'yes'"),
        ({"hidden": [64, "a"]}, TypeError, "as in 512,128"),
        ({"hidden": [64, 0]}, ValueError, "whole numbers from 1"),
        ({"gene_prefix": 5}, TypeError, "gene_prefix needs a name, not 5"),
    ],
)
def test_a_wrong_option_is_one_sentence(options, error, sentence):
    with pytest.raises(error) as caught:
        sbnn.train("nothing.csv", **options)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "command, options, line",
    [
        ("train", {"lasso": 0.1, "genes": np.int64(7)}, ["--lasso=0.1", "--genes=7"]),
        ("train", {"lasso": "auto", "l2": np.float64(1e-12)}, ["--lasso=auto", "--l2=1e-12"]),
        ("train", {"hidden": (64, 32)}, ["--hidden=64,32"]),
        ("train", {"no_pretrain": True, "resume": False, "seed": None}, ["--no-pretrain"]),
        ("train", {"drop_responses": ["CD3", "CD4*"]}, ["--drop-responses=CD3,CD4*"]),
        ("train", {"cells": Path("cells.txt")}, ["--cells=cells.txt"]),
        ("path", {"lambdas": "0.1:1.5:0.1"}, ["--lambdas=0.1:1.5:0.1"]),
        ("path", {"lambdas": [0.1, 1]}, ["--lambdas=0.1,1.0"]),
        ("path", {"bottleneck": 2}, ["--bottleneck=2"]),
    ],
)
def test_values_are_typed_as_the_program_reads_them(command, options, line):
    assert words(command, options) == [command, *line]


def test_the_table_is_shown():
    table = sbnn.options("train")
    assert table.loc["lasso", "default"] == "0.1"
    assert "group lasso" in table.loc["lasso", "help"]
    with pytest.raises(ValueError, match="no command 'trian': did you mean 'train'"):
        sbnn.options("trian")


def test_arguments_of_functions_are_no_options_of_commands():
    own = set(inspect.signature(sbnn.train).parameters) - {"data", "y", "labels", "groups", "out", "options"}
    for command in ("train", "cv", "run", "stability", "path", "srrr", "tsne"):
        assert not own & set(sbnn.options(command).index)


def test_the_package_has_the_version_of_the_program():
    project = (Path(__file__).parents[1] / "pyproject.toml").read_text()
    assert f'version = "{sbnn.version()}"' in project

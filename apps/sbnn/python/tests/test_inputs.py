"""What is given comes to the program as it is: the same model whatever it was given as."""

import numpy as np
import pandas as pd
import pytest

import sbnn


@pytest.fixture(scope="module")
def expected(tables, fast):
    x, y, labels = tables
    return sbnn.train(x, y, labels=labels, **fast)


def same(result, expected):
    assert list(result.genes["gene"]) == list(expected.genes["gene"])
    np.testing.assert_array_equal(result.latent.to_numpy(), expected.latent.to_numpy())
    np.testing.assert_array_equal(result.predictions.to_numpy(), expected.predictions.to_numpy())


def test_frames_are_joined_by_cell(tables, fast, expected):
    x, y, labels = tables
    assert list(expected.labels.columns)[0] == labels.name
    assert list(expected.latent.index) == list(y.index)
    same(sbnn.train(x.iloc[::-1], y, labels=labels.sample(frac=1, random_state=0), **fast), expected)


def test_arrays_have_the_order_of_the_cells(tables, fast, expected):
    x, y, labels = tables
    result = sbnn.train(x.to_numpy(), y.to_numpy(), labels=list(labels), **fast)
    np.testing.assert_array_equal(result.latent.to_numpy(), expected.latent.to_numpy())
    assert list(result.latent.index[:2]) == ["cell1", "cell2"]
    assert set(result.genes["gene"]) == {f"gene{x.columns.get_loc(g) + 1}" for g in expected.genes["gene"]}
    same(sbnn.train(x, y.to_numpy(), labels=list(labels), **fast), expected)


def test_sparse_matrices(tables, fast, expected):
    sparse = pytest.importorskip("scipy.sparse")
    x, y, _ = tables
    result = sbnn.train(sparse.csc_matrix(x.to_numpy()), y.to_numpy(), **fast)
    np.testing.assert_array_equal(result.latent.to_numpy(), expected.latent.to_numpy())


def test_square_arrays_have_cells_in_rows(tables, fast):
    x, y, _ = tables
    square = sbnn.train(x.to_numpy()[:40], y.to_numpy()[:40], **{**fast, "cluster_min": 0})
    assert len(square.latent) == 40 and set(square.genes["gene"]) <= {f"gene{i + 1}" for i in range(40)}


def test_anndata_gets_the_results(adata, fast, expected):
    result = sbnn.train(adata, responses="ephys", labels="family", **fast)
    same(result, expected)
    np.testing.assert_array_equal(adata.obsm["X_sbnn"], expected.latent.to_numpy(np.float32))
    np.testing.assert_array_equal(adata.obsm["sbnn_prediction"], expected.predictions.to_numpy(np.float32))
    assert set(adata.var_names[adata.var["sbnn_selected"]]) == set(expected.genes["gene"])
    assert adata.var.loc[expected.genes["gene"], "sbnn_rank"].tolist() == [1, 2, 3, 4, 5]
    said = adata.uns["sbnn"]["train"]
    assert said["options"]["hidden"] == "16,8" and said["version"] == sbnn.version()
    assert said["scores"]["sbnn"]["train_r2"] == result.run["results"]["sbnn"]["r2"]["finetuned"]["train"]["mean"]


def test_genes_that_have_one_name(adata, fast):
    adata.var_names = ["TWIN", "TWIN", *adata.var_names[2:]]
    result = sbnn.train(adata, responses="ephys", **{**fast, "genes": 40})
    assert {"TWIN", "TWIN-1"} <= set(result.genes["gene"]) and adata.var["sbnn_selected"].all()


def test_the_object_can_be_written_and_read(adata, fast, fast_cv, tmp_path):
    import anndata

    sbnn.cv(adata, labels="family", **fast_cv)
    sbnn.train(adata, labels="family", **fast)
    adata.write_h5ad(tmp_path / "a.h5ad")
    again = anndata.read_h5ad(tmp_path / "a.h5ad")
    assert list(again.obs["sbnn_fold"].cat.categories) == ["1", "2"]
    assert again.uns["sbnn"]["cv"]["options"]["folds"] == 2
    same(sbnn.train(tmp_path / "a.h5ad", responses="ephys", labels="family", **fast), sbnn.train(again, **fast))


def test_predictions_of_cv_stay(adata, fast, fast_cv):
    out_of_fold = sbnn.cv(adata, **fast_cv).predictions.drop(columns="fold")
    sbnn.train(adata, **fast)
    np.testing.assert_array_equal(adata.obsm["sbnn_prediction"], out_of_fold.to_numpy(np.float32))


def test_layers_raw_and_columns_of_obs(adata, tables, fast, expected):
    counts, adata.X = adata.X.copy(), adata.X.log1p()
    adata.layers["umis"] = counts
    adata.obs[["a", "b", "c"]] = tables[1].to_numpy()
    same(sbnn.train(adata, layer="umis", responses="ephys", **fast), expected)
    by_column = sbnn.train(adata, layer="umis", responses=["a", "b", "c"], **fast)
    np.testing.assert_array_equal(by_column.predictions.to_numpy(), expected.predictions.to_numpy())
    logarithms = sbnn.train(adata, layer="X", responses="ephys", **fast)
    assert not np.array_equal(logarithms.latent.to_numpy(), expected.latent.to_numpy())
    raw = adata.copy()
    raw.X = counts
    adata.raw = raw
    del adata.layers["umis"]
    same(sbnn.train(adata, responses="ephys", **fast), expected)


def test_mudata(adata, tables, fast, expected):
    mudata = pytest.importorskip("mudata")
    import anndata

    mudata.set_options(pull_on_update=False)
    y = tables[1]
    proteins = anndata.AnnData(y.to_numpy(), obs=y.index.to_frame()[[]], var=y.columns.to_frame()[[]])
    m = mudata.MuData({"rna": anndata.AnnData(adata.X, adata.obs[[]], adata.var), "prot": proteins})
    m.obs["family"] = adata.obs["family"]
    result = sbnn.train(m, labels="family", **fast)
    same(result, expected)
    assert m.obsm["X_sbnn"].shape == (120, 2) and m.mod["rna"].var["sbnn_selected"].sum() == 5
    assert "family" not in m.mod["rna"].obs
    with pytest.raises(ValueError, match="no 'prott' in the modalities: did you mean 'prot'"):
        sbnn.train(m, responses="prott", **fast)


def test_zarr(adata, fast, expected, tmp_path):
    pytest.importorskip("zarr")
    adata.write_zarr(tmp_path / "a.zarr")
    same(sbnn.train(tmp_path / "a.zarr", responses="ephys", **fast), expected)


def test_predict(adata, tables, expected):
    x = tables[0]
    predicted = sbnn.predict(expected, x.iloc[:10], progress=False)
    np.testing.assert_allclose(predicted[["z1", "z2"]], expected.latent.iloc[:10], rtol=1e-6)
    some = adata[10:20].copy()
    sbnn.predict(expected.folder, some, progress=False)
    np.testing.assert_allclose(some.obsm["X_sbnn"], expected.latent.iloc[10:20], rtol=1e-6)
    assert list(some.obsm["sbnn_prediction"].columns) == list(tables[1].columns)


def test_results(expected, tmp_path):
    assert {"genes", "latent", "metrics"} <= set(expected.tables) and "genes" in dir(expected)
    assert expected.figure("latent_map").path.read_bytes().startswith(b"\x89PNG")
    assert expected.figure("latent_map", "svg")._repr_mimebundle_()["image/svg+xml"].startswith("<?xml")
    assert expected.plot(genes=list(expected.genes["gene"][:2])).path.exists()
    kept = expected.save(tmp_path / "kept")
    assert kept.report().read_text().startswith("<!")
    pd.testing.assert_frame_equal(sbnn.read(tmp_path / "kept").genes, expected.genes)
    with pytest.raises(AttributeError, match="no table 'gens'"):
        expected.gens
    with pytest.raises(KeyError, match="overlays"):
        expected.figure("overlay")


def test_run_has_parts(adata, tmp_path, fast_cv):
    options = {**fast_cv, "epochs_autoencoder": 2, "restarts": 2, "recipe": "paper"}
    result = sbnn.run(adata, labels="family", out=tmp_path / "all", **options)
    assert set(result.parts()) == {"cv-paper", "train-paper", "srrr", "stability-paper"}
    assert len(result.train_paper.genes) == 5 and (tmp_path / "all" / "report.html").exists()
    assert {"X_sbnn", "X_srrr", "sbnn_prediction"} <= set(adata.obsm) and "sbnn_frequency" in adata.var

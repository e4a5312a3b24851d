import numpy as np
import pandas as pd
import pytest

import sbnn

FAST = dict(hidden=[16, 8], genes=5, clusters=4, kmeans_restarts=2, epochs_pretrain=2, epochs_frozen=2, epochs_unfrozen=2)
FAST.update(epochs_finetune=2, progress=False)


@pytest.fixture(scope="session")
def fast():
    """Options of a training that takes no time and finds nothing."""
    return {**FAST, "epochs_autoencoder": 2}


@pytest.fixture(scope="session")
def fast_cv():
    return {**FAST, "folds": 2}


@pytest.fixture(scope="session")
def tables():
    """120 cells in known order: counts, responses, labels."""
    x, y, labels = sbnn.demo(cells=120, genes=40, responses=3)
    return x.loc[y.index], y, labels.loc[y.index]


@pytest.fixture
def adata(tables):
    anndata = pytest.importorskip("anndata")
    sparse = pytest.importorskip("scipy.sparse")
    x, y, labels = tables
    counts = sparse.csr_matrix(x.to_numpy(np.float32))
    a = anndata.AnnData(counts, obs=pd.DataFrame({"family": labels}), var=pd.DataFrame(index=x.columns))
    a.obsm["ephys"] = y
    a.obsm["X_pca"] = np.zeros((a.n_obs, 2))
    return a

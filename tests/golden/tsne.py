"""Oracle for test_sbnn_tsne.c: divergence, gradient and trustworthiness by scikit-learn 1.5, affinities by scipy's root finder
(scikit-learn stops its search at 1e-5 and is compared within that), principal components by numpy; on 24 cells of 3 columns, of
which two pairs coincide.

    python3 tests/golden/tsne.py > tests/golden/tsne.tsv

A line is a name, then its numbers."""
import numpy as np
from scipy.optimize import brentq
from scipy.spatial.distance import squareform
from sklearn.manifold import trustworthiness
from sklearn.manifold._t_sne import _joint_probabilities, _kl_divergence

rng = np.random.default_rng(7)
x = rng.normal(size=(24, 3)) * [3, 1, 0.5]
x[20], x[21] = x[0], x[1]
x = x.astype(np.float32).astype(np.float64)
y = rng.normal(size=(24, 2)) * 2
y[20] = y[0]


def row(name, values):
    print(name, *(f"{v:.17g}" for v in np.ravel(values)), sep="\t")


distances = ((x[:, None] - x[None]) ** 2).sum(2).astype(np.float32)
def conditional(i, beta):
    d = np.delete(((x - x[i]) ** 2).sum(1), i)
    q = np.exp(-beta * (d - d.min()))
    return q / q.sum()


def entropy(q):
    return -(q[q > 0] * np.log(q[q > 0])).sum()


full = np.zeros((24, 24))
for i in range(24):
    beta = brentq(lambda b: entropy(conditional(i, b)) - np.log(5), 1e-6, 1e4, xtol=1e-15, rtol=1e-15)
    full[i, np.arange(24) != i] = conditional(i, beta)
p = squareform((full + full.T) / 48, checks=False)
assert np.allclose(p, _joint_probabilities(distances, 5, 0), rtol=1e-3, atol=1e-7)
kl, gradient = _kl_divergence(y.ravel(), p, 1, 24, 2)
centred = x - x.mean(0)
u, s, v = np.linalg.svd(centred, full_matrices=False)
row("x", x)
row("y", y)
row("p", squareform(p))
row("kl", [kl])
row("gradient", gradient)
row("exaggerated", _kl_divergence(y.ravel(), 12 * p, 1, 24, 2)[1])
row("trustworthiness", [trustworthiness(x, y, n_neighbors=5)])
row("variance", s**2 / 24)
row("scores", np.abs(u * s))

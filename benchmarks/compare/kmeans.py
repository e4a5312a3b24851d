"""scikit-learn's k-means on the same responses, 1000 restarts on all cores: kmeans.py SHARED. Prints one JSON line."""

import json
import os
import sys
import time

os.environ.pop("OPENBLAS_CORETYPE", None)
shared = sys.argv[1]
sys.argv[1:] = ["--threads", str(len(os.sched_getaffinity(0)))]
import m1  # noqa: E402
from sklearn.cluster import KMeans  # noqa: E402

y = m1.load(shared)[1]
KMeans(m1.CLUSTERS, n_init=1).fit(y)
seconds, inertia = [], []
for seed in range(3):
    begin = time.perf_counter()
    inertia.append(KMeans(m1.CLUSTERS, n_init=1000, random_state=seed).fit(y).inertia_)
    seconds.append(time.perf_counter() - begin)
in_order = lambda x: [sorted(x)[1], min(x), max(x)]  # noqa: E731
print(json.dumps({"seconds": in_order(seconds), "inertia": in_order(inertia)}))

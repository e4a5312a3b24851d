#!/usr/bin/env python3
"""make.py OUT: the tutorials' small data sets as .npy, from packages of PyPI (scikit-learn, statsmodels, numpy).

digits.npy    u8 [1797, 65]: 8 x 8 pixels of 0 to 16, then the digit. UCI's test set of optical recognition of handwritten
              digits (Alpaydin & Kaynak 1998), as scikit-learn ships it
sunspots.npy  f32 [309]: yearly mean sunspot numbers, 1700 to 2008 (public domain), as statsmodels ships them
"""
import sys

import numpy as np
from sklearn.datasets import load_digits
from statsmodels.datasets import sunspots

out = sys.argv[1]
digits = load_digits()
np.save(f"{out}/digits.npy", np.column_stack([digits.data, digits.target]).astype(np.uint8))
np.save(f"{out}/sunspots.npy", sunspots.load_pandas().data["SUNACTIVITY"].to_numpy().astype(np.float32))

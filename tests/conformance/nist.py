"""Condenses the 27 nonlinear problems of NIST's Statistical Reference Datasets, files NAME.dat, into one table.

usage: nist.py OUTPUT [FOLDER]        FOLDER: those files, or $NABLA_NIST (Ceres has them in data/nist)

Lines, tab-separated: "problem" NAME; "start" numbers (twice); "certified" numbers; "squares" the residual sum of squares;
"row" response, predictors."""
import os
import re
import sys


def main(path, folder):
    with open(path, "w") as out:
        for file in sorted(f for f in os.listdir(folder) if f.endswith(".dat")):
            lines = open(os.path.join(folder, file)).read().splitlines()
            parameters = [re.split(r"\s+", l.split("=")[1].strip()) for l in lines[:61] if re.match(r"^\s*b\d+\s*=", l)]
            squares = next(l for l in lines if l.startswith("Residual Sum of Squares")).split(":")[1].strip()
            first = max(i for i, l in enumerate(lines) if l.startswith("Data:"))
            out.write("problem\t%s\n" % file[:-4])
            for start in range(2):
                out.write("start\t%s\n" % " ".join(p[start] for p in parameters))
            out.write("certified\t%s\nsquares\t%s\n" % (" ".join(p[2] for p in parameters), squares))
            for line in lines[first + 1 :]:
                if line.strip():
                    out.write("row\t%s\n" % " ".join("%.17g" % float(w) for w in line.split()))


main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else os.environ["NABLA_NIST"])

#!/usr/bin/env bash
# h5ad_speed.sh SBNN [quick]: 100,000 cells x 30,000 genes, CSR, stored plainly and by gzip: CPU seconds and memory of `sbnn inspect`
# beside h5py, which reads the same arrays and does nothing with them. quick: a tenth of the cells. Made files are thrown away.
# needs of Python: annotate.txt
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$(dirname "$0")/h5ad_speed.py" "$(readlink -f "$1")" "$work" "$([ "${2:-full}" = quick ] && echo 10000 || echo 100000)"

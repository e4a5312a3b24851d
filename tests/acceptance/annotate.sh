#!/usr/bin/env bash
# annotate.sh SBNN [quick]: results into copies of every AnnData and MuData file of ../shared/data/formats: read by anndata and
# mudata without a warning that the file itself does not give, all else bit for bit (h5py, h5diff). Full: by anndata 0.8 too,
# drawn by scanpy, by CELLxGENE's schema, by R's hdf5r. Last line: "annotate: N written, N refused, N wrong".
# needs: hdf5-tools
# needs of Python: annotate.txt
set -euo pipefail
sbnn=$(readlink -f "$1") mode=${2:-full}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=${NABLA_DATA:-$root/../shared}/data/formats
if [ ! -d "$folder" ]; then
  echo "SKIPPED: no $folder"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

environment() { # NAME: its programs, in .venv-NAME, which has what NAME.txt lists
  local dir=$root/.venv-$1
  [ -x "$dir/bin/python" ] || python3 -m venv "$dir"
  "$dir/bin/pip" install -q --disable-pip-version-check -r "$here/$1.txt" >&2
  echo "$dir/bin"
}

others=()
if [ "$mode" = full ]; then
  old=$(environment annotate_old) new=$(environment annotate_full)
  others=(--old "$old/python" --scanpy "$new/python" --cellxgene "$new/cellxgene-schema" --picture "${NABLA_RUNS:-$work}/X_sbnn.png")
  if command -v Rscript >/dev/null; then others+=(--r Rscript); fi
fi
python3 "$here/annotate.py" "$sbnn" "$folder" "$work" "${others[@]}"

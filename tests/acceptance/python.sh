#!/usr/bin/env bash
# python: the wheel of ./dev wheel in an environment of its own, README's lines on CITE-seq, the package's tests, the notebook, R
#   quick: README's lines on every eighth cell
# needs: python3-venv binutils fonts-dejavu-core libbz2-dev libssl-dev libaec-dev
set -uo pipefail
sbnn=$1 mode=${2:-full}
root=$(cd "$(dirname "$0")/../.." && pwd)
package=$root/apps/sbnn/python
data=${NABLA_DATA:-$root/../shared}/data/formats/made/pbmc10k_citeseq.h5ad
keep=$(dirname "$(dirname "$sbnn")")/python # what README's lines have drawn, to be looked at
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
unset SBNN_BINARY

check() { # WHAT COMMAND...
  local what=$1 start=$SECONDS
  shift
  if "$@" >"$work/log" 2>&1; then
    passed=$((passed + 1))
    echo "ok    $what ($((SECONDS - start)) s)"
  else
    failed=$((failed + 1))
    tail -n 40 "$work/log"
    echo "MISS  $what"
  fi
}
skip() { # WHAT WHY
  skipped=$((skipped + 1))
  echo "SKIPPED: $1: $2"
}
blocks() { # LANGUAGE FILE: its code
  awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```$/ { on = 0 } on' "$2"
}

# ---- the wheel -------------------------------------------------------------------------------------------------------

check "./dev wheel" "$root/dev" wheel
wheels=("$root"/dist/sbnn-*.whl)
check "one wheel, for Linux since glibc 2.36" test "${#wheels[@]} ${wheels[0]##*-py3-none-}" = "1 manylinux_2_36_x86_64.whl"
check "a virtual environment" python3 -m venv "$work/venv"
python=$work/venv/bin/python
check "pip install dist/*.whl anndata" "$work/venv/bin/pip" install --quiet "$root"/dist/sbnn-*.whl anndata
site=$("$python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
own_libraries() { # all that the program loads is the wheel's, or of glibc and zlib
  ! ldd "$site/sbnn/bin/sbnn" | grep -vE "linux-vdso|ld-linux|/lib(c|m|z)\.so|=> $site/" | grep .
}
check "the program loads its own libraries" own_libraries
licences=("$site"/sbnn-*.dist-info/licenses/licenses/*.txt)
check "${#licences[@]} licences of these and of what is linked" test "${#licences[@]}" -ge 15
check "the command sbnn" "$work/venv/bin/sbnn" --version

# ---- README's lines --------------------------------------------------------------------------------------------------

mkdir -p "$work/readme"
cat >"$work/cells.py" <<'PYTHON'
"""cells.py DATA MODE FILE: the data, every eighth cell of it, or where it is not there synthetic ones of the same names."""
import os, sys
import anndata, pandas, sbnn
data, mode, file = sys.argv[1:]
if os.path.exists(data):
    a = anndata.read_h5ad(data)
    a = a if mode == "full" else a[::8].copy()
else:
    x, y, labels = sbnn.demo()
    a = anndata.AnnData(x.loc[y.index].astype("f4"), obs=pandas.DataFrame({"cell_type": labels.loc[y.index].astype("category")}))
    a.obsm["protein_expression"] = y
a.write_h5ad(file)
PYTHON
[ -f "$data" ] || skip "README's lines on PBMC 10k" "there is no $data; they run on synthetic cells"
check "the data of README's lines" "$python" "$work/cells.py" "$data" "$mode" "$work/readme/pbmc10k_citeseq.h5ad"
readme() {
  blocks python "$root/README.md" >"$work/readme.py" && test -s "$work/readme.py" || return 1
  cat >>"$work/readme.py" <<'PYTHON'
picture = result.figure("overlays").path
assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 50000, picture
assert adata.obsm["X_sbnn"].shape == (adata.n_obs, 2) and adata.var["sbnn_selected"].sum() == 25
assert list(adata.obsm["sbnn_prediction"].columns) == [c.replace("/", "_") for c in adata.obsm["protein_expression"].columns]
adata.write_h5ad("annotated.h5ad")
import os, shutil
os.makedirs(os.environ["KEEP"], exist_ok=True)
shutil.copy(picture, os.environ["KEEP"])
print(result.metrics.query("target == 'all'").to_string())
PYTHON
  (cd "$work/readme" && KEEP=$keep "$python" "$work/readme.py")
}
check "README's lines; the picture is $keep/overlays.png" readme
blocks python "$package/README.md" >"$work/package.py"
blocks python "$root/README.md" >"$work/root.py"
check "the package's README has the same lines" cmp "$work/package.py" "$work/root.py"

# ---- without a program -----------------------------------------------------------------------------------------------

source_alone() {
  "$work/venv/bin/pip" install --quiet --no-deps --target "$work/bare" "$package" || return 1
  local said
  said=$(PYTHONPATH=$work/bare PATH=/nowhere "$python" -m sbnn --version 2>&1) && return 1
  echo "$said"
  [ "$(wc -l <<<"$said")" -eq 1 ] && [[ "$said" == "sbnn: the sbnn program is missing: "*"./dev wheel"*SBNN_BINARY* ]]
}
check "pip install of the folder: one sentence says how to get the program" source_alone

# ---- the package's tests, the notebook -------------------------------------------------------------------------------

check "pip install of what the tests need" "$work/venv/bin/pip" install --quiet -r "$package/requirements-test.txt"
cp -r "$package/tests" "$package/pyproject.toml" "$work"
(cd "$work" && timeout 600 "$python" -m pytest -q -p no:cacheprovider tests) >"$work/pytest" 2>&1
status=$?
count() { tail -n 1 "$work/pytest" | grep -oE "[0-9]+ $1" | grep -oE "^[0-9]+" || echo 0; }
tail -n 1 "$work/pytest"
if [ "$status" -ne 0 ]; then cat "$work/pytest"; fi
passed=$((passed + $(count passed))) failed=$((failed + $(count failed) + $(count error))) skipped=$((skipped + $(count skipped)))
if [ "$status" -ne 0 ] && [ "$(count failed)" -eq 0 ]; then failed=$((failed + 1)); fi

cat >"$work/notebook.py" <<'PYTHON'
"""notebook.py FILE: runs it from its first cell to its last; it must show a map, and progress that is replaced."""
import sys
import nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
assert len(book.cells) == 10 and not any(cell.get("outputs") for cell in book.cells), "ten cells, committed without outputs"
NotebookClient(book, timeout=300, kernel_name="python3").execute()
outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
shown = [output["data"] for output in outputs if "data" in output]
assert any(len(data.get("image/png", "")) > 50000 for data in shown), "no picture"
assert any("finetune: 100 epochs" in data.get("text/plain", "") for data in shown), "no progress"
assert not any(output.output_type == "stream" and output.name == "stderr" for output in outputs), outputs
PYTHON
check "the notebook docs/tutorials/sbnn_python.ipynb" env PATH="$work/venv/bin:$PATH" "$python" "$work/notebook.py" "$root/docs/tutorials/sbnn_python.ipynb"

# ---- R ---------------------------------------------------------------------------------------------------------------

r_page() {
  "$sbnn" demo --tables-only --cells 200 --out "$work/r" --quiet || return 1
  cat >"$work/page.R" <<'R'
options(warn = 2)
read <- function(name) as.matrix(read.csv(file.path(commandArgs(TRUE)[1], name), row.names = 1, check.names = FALSE))
counts <- read("counts.csv")
responses <- read("responses.csv")
labels <- read.delim(file.path(commandArgs(TRUE)[1], "labels.tsv"))
family <- setNames(labels$family, labels$cell)
R
  blocks r "$root/docs/r.md" >>"$work/page.R"
  cat >>"$work/page.R" <<'R'
stopifnot(nrow(genes) == 25, nrow(map) == 200, setequal(rownames(map), names(family)))
frozen <- try(sbnn("train", x = "nothing.csv", y = "nor.csv", out = file("none")), silent = TRUE)
stopifnot(grepl("sbnn train has failed (exit code 3)", frozen, fixed = TRUE))
file.copy(file("cells.h5ad"), "r.h5ad", overwrite = TRUE)
R
  (cd "$work" && SBNN_BINARY=$sbnn Rscript page.R "$work/r/demo-data") || return 1
  "$python" -c 'import sys, anndata; a = anndata.read_h5ad(sys.argv[1]); assert a.shape == (200, 300) and a.obsm["responses"].shape == (200, 12)' "$work/r.h5ad"
}
if ! command -v Rscript >/dev/null; then skip "docs/r.md" "there is no Rscript (Debian: r-base-core r-bioc-rhdf5 r-cran-matrix)"
elif ! Rscript -e 'library(rhdf5); library(Matrix)' >/dev/null 2>&1; then skip "docs/r.md" "R has no rhdf5 or Matrix (Debian: r-bioc-rhdf5 r-cran-matrix)"
else check "docs/r.md: matrices, .h5ad and back" r_page; fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

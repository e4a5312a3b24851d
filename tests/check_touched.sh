#!/usr/bin/env bash
# check_touched.sh [--check] [ROOT]: what has to be touched to add a thing of each kind, computed: of an example that is
# there, the files that name it for the house, and the lines. Where the example is only used (tests, tutorials, a caller),
# it counts for nothing. Prints the table; --check also fails if a thing needs more than its own files and one line, or if
# the table in docs/architecture.md is another.
set -euo pipefail
check=
if [ "${1:-}" = --check ]; then check=yes && shift; fi
cd "${1:-$(dirname "$0")/..}"
failed=0

# KIND EXAMPLE LINES FILES PATTERN: FILES is an extended regular expression of the example's own files; PATTERN of what
# names it; LINES how many lines elsewhere may do so (-: printed, not judged).
row() {
  local kind=$1 example=$2 most=$3 files=$4 pattern=$5 file own=() elsewhere=() lines=0 n
  while IFS= read -r file; do
    if [[ $file =~ ^($files)$ ]]; then own+=("$file"); fi
  done < <(find tensor autograd nn apps -type f | LC_ALL=C sort)
  while IFS=: read -r file n; do
    if [[ $file =~ ^($files)$ ]]; then continue; fi
    elsewhere+=("$file")
    lines=$((lines + n))
  done < <(grep -rcE --include='*.[ch]' --include='*.def' --include='*.inc' --include='CMakeLists.txt' --include='*.cmake' \
    -- "$pattern" CMakeLists.txt cmake tests/CMakeLists.txt tensor autograd nn apps | grep -v ':0$' | LC_ALL=C sort)
  # shellcheck disable=SC2016 # backquotes of Markdown
  printf '| %s | `%s` | %s | %s | %s |\n' "$kind" "$example" "$(spell "${own[@]}")" "$(spell "${elsewhere[@]}")" "$lines"
  if [ "$most" != - ] && [ "$lines" -ne "$most" ]; then
    echo "check_touched: a $kind ($example) needs $lines lines outside its own files, not $most" >&2
    failed=1
  fi
}

spell() { # FILE...: "`a`, `b`"
  local text='' file
  # shellcheck disable=SC2016
  for file in "$@"; do text="$text${text:+, }"'`'"$file"'`'; done
  printf '%s' "${text:-none}"
}

table() {
  echo '| a new ... | as there is | its own files | elsewhere | lines there |'
  echo '|---|---|---|---|---|'
  row op erfc 1 'autograd/ops/.*/erfc\.c' 'AG_OP\(erfc,|ag_op_erfc\b'
  row layer flatten 1 'nn/layers/flatten\.[ch]' '"([a-z_./]*/)?flatten\.h"|nn_layer_flatten\b|NN_LAYER\(flatten\)'
  row loss hinge 1 'nn/losses/hinge\.[ch]' '"([a-z_./]*/)?hinge\.h"|nn_loss_hinge\b|NN_LOSS\(hinge\)'
  row metric accuracy 1 'nn/metrics/accuracy\.[ch]' '"([a-z_./]*/)?accuracy\.h"|nn_metric_accuracy\b|NN_METRIC\(accuracy\)'
  row optimizer lion 1 'nn/optim/lion\.[ch]' '"([a-z_./]*/)?lion\.h"|nn_optimizer_lion\b|NN_OPTIMIZER\(lion\)'
  row penalty elastic_net 1 'nn/penalties/elastic_net\.[ch]' '"([a-z_./]*/)?elastic_net\.h"|nn_penalty_elastic_net\b'
  row 'proximal operator' prox_l1 1 'nn/prox/prox_l1\.[ch]' '"([a-z_./]*/)?prox_l1\.h"'
  row subcommand predict 1 'apps/sbnn/commands/predict\.c' 'SBNN_COMMAND\(predict\)|sbnn_command_predict\b|"predict"'
  row 'option of one command' perplexity 0 'apps/sbnn/commands/tsne\.c' '"perplexity"'
  row 'option of several commands' no-hints - 'none' '"no-hints"|\bno_hints\b'
  row 'option of the training' prune-at - 'none' '"prune-at"|\bprune_at\b'
  row 'table format' mtx 1 'apps/sbnn/data/table_mtx\.c' 'SBNN_FORMAT\(mtx\)|sbnn_format_mtx\b|"\.mtx"[,;]'
  row 'figure of a run' by_genes 1 'apps/sbnn/pictures/by_genes\.c' 'SBNN_PICTURE\(by_genes\)|sbnn_picture_by_genes\b|"by_genes"'
}

printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
table >"$printed"
cat "$printed"
if [ -n "$check" ] && ! sed -n '/^| a new/,/^$/p' docs/architecture.md | sed '/^$/d' | diff - "$printed" >&2; then
  echo "check_touched: the table in docs/architecture.md is not the one above; copy it" >&2
  failed=1
fi
if [ -n "$check" ]; then exit "$failed"; fi

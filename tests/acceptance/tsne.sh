#!/usr/bin/env bash
# tsne.sh SBNN [quick]: t-SNE of both views of the M1 Patch-seq data, exact and by Barnes and Hut's approximation, beside what
# scikit-learn 1.5.2 finds on the same matrices (TSNE of perplexity 30 from principal components, other settings at their
# defaults; genes on 40 principal components; trustworthiness over 15 neighbours). quick: the approximation only.
set -euo pipefail
sbnn=$1 mode=${2:-full}
# shellcheck source=tests/acceptance/common.sh
. "$(dirname "$0")/common.sh"
use_tables "t-SNE of M1" m1 gene_counts.csv ephys_values.csv

quality() { # NAME VIEW COLUMN
  awk -F'\t' -v view="$2" -v column="$3" '$1 == view { printf "%.4f", $column }' "$work/$1/tsne_quality.tsv"
}

compare() { # NAME VIEW TRUSTWORTHINESS DIVERGENCE: those of scikit-learn
  local lowest highest
  lowest=$(awk -v x="$3" 'BEGIN { printf "%.4f", x - 0.01 }')
  highest=$(awk -v x="$3" 'BEGIN { printf "%.4f", x + 0.01 }')
  check "$1, $2: trustworthiness (scikit-learn: $3)" "$(quality "$1" "$2" 7)" "$lowest" "$highest"
  echo "      divergence $(quality "$1" "$2" 5) (scikit-learn: $4)"
}

tables+=(--labels "$data/cell_types.tsv")
run barnes-hut tsne "${tables[@]}" --exact-cells 0
compare barnes-hut genes 0.9857 0.7217
compare barnes-hut responses 0.9659 1.1275
echo "      in $seconds s on $(nproc) cores"
if [ "$mode" != quick ]; then
  run exact tsne "${tables[@]}"
  compare exact genes 0.9865 0.6722
  compare exact responses 0.9669 1.0705
  echo "      in $seconds s on $(nproc) cores"
fi
finish

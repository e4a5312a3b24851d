#!/usr/bin/env bash
# stability.sh SBNN [quick]: which genes are chosen again on the M1 Patch-seq data: over ten restarts on all cells, across ten
# folds, and on disjoint halves of the cells, for each selector, beside the published figures. quick: the linear selectors only.
set -euo pipefail
sbnn=$1 mode=${2:-full}
# shellcheck source=tests/acceptance/common.sh
. "$(dirname "$0")/common.sh"
use_tables "stability on M1" m1 gene_counts.csv ephys_values.csv
folds=(--fold-permutation "$shared/reference/m1_fold_permutation.txt" --evaluate stage-ends)

summary() { # NAME QUANTITY
  awk -F'\t' -v quantity="$2" '$1 == quantity { printf "%.1f", $2 }' "$work/$1/stability_summary.tsv"
}

across_folds() { # NAME: genes that two folds share, mean over pairs
  awk -F'\t' 'NR > 1 { chosen[$2, $4]; if ($2 > folds) folds = $2; gene[$4] }
    END {
      for (a = 1; a <= folds; a++) for (b = 1; b < a; b++) {
        pairs++
        for (g in gene) if ((a, g) in chosen && (b, g) in chosen) shared++
      }
      printf "%.1f", shared / pairs
    }' "$work/$1/genes.tsv"
}

selector() { # NAME FOLDS_LOW FOLDS_HIGH HALVES_LOW HALVES_HIGH OPTION...
  local name=$1
  run "folds-$name" cv "${tables[@]}" "${folds[@]}" "${@:6}"
  run "halves-$name" stability "${tables[@]}" --subsample --restarts 10 "${@:6}"
  check "$name: genes of 25 that two of ten folds share" "$(across_folds "folds-$name")" "$2" "$3"
  check "$name: ... two disjoint halves of the cells" "$(summary "halves-$name" overlap_disjoint_mean)" "$4" "$5"
}

# What a linear selector chooses does not depend on the training that follows: one epoch is enough.
linear=(--recipe denoise --epochs-finetune 1)
selector forward 19 21 8.5 11.5 "${linear[@]}" --select forward
selector group-lasso 22 23.5 16 18 "${linear[@]}" --select group-lasso
if [ "$mode" = quick ]; then
  finish
  exit
fi

selector network 12 16 6 10
run restarts stability "${tables[@]}" --labels "$data/cell_types.tsv" --restarts 10
check "ten restarts: genes that two share (published: 14)" "$(summary restarts overlap_mean)" 14 25
awk -F'\t' '$1 ~ /^(Pvalb|Sst|Htr3a|Gad1|Ndn)$/ { printf "      %-6s in %d of ten (published: 10)\n", $1, $2 }' "$work/restarts/stability.tsv"
echo "      in all ten: $(awk -F'\t' '$3 == 1 { printf "%s ", $1 }' "$work/restarts/stability.tsv")"
finish

#!/usr/bin/env bash
# srrr.sh SBNN [quick]: sparse reduced-rank regression on the M1 Patch-seq data against all 20 published rows.
set -euo pipefail
sbnn=$1 mode=${2:-full}
# shellcheck source=tests/acceptance/common.sh
. "$(dirname "$0")/common.sh"
use_tables "sparse reduced-rank regression on M1" m1 gene_counts.csv ephys_values.csv

# Columns of srrr.tsv by number: the largest difference over the published rows; nothing unless all 20 are there.
difference() { # COLUMN...
  awk -F'\t' -v columns="$*" 'NR == FNR { if (FNR > 1) row[$1, $2 + 0] = $0; next }
    FNR > 1 && (($1, $2 + 0) in row) {
      split(row[$1, $2 + 0], published, "\t"); n = split(columns, c, " "); seen++
      for (i = 1; i <= n; i++) { d = $(c[i]) - published[c[i]]; if (d < 0) d = -d; if (d > most) most = d }
    }
    END { if (seen == 20) printf "%.5f", most }' "$shared/reference/m1_srrr_published.tsv" "$work/srrr/srrr.tsv"
}

tables+=(--labels "$data/cell_types.tsv")
run srrr srrr "${tables[@]}" --protocol paper --fold-permutation "$shared/reference/m1_fold_permutation.txt" --ranks 2,16
check "srrr: genes, largest difference over the 20 published rows" "$(difference 3)" 0 0.3
check "srrr: R2, largest difference over the 20 published rows" "$(difference 4 6 8 9)" 0 0.002
echo "      30 rows, ten folds and the map in $seconds s on $(nproc) cores"
finish

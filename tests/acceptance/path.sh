#!/usr/bin/env bash
# path.sh SBNN [quick]: penalties and widths on the M1 Patch-seq data against the published figures, and the proximal penalty
# against pruning. Prints one line a figure: what, seen, wanted. quick: one seed instead of three. Where data and runs are: common.sh.
# Sources of the figures: Bernaerts, Berens and Kobak (curves by epoch and penalty, figure S9), and the protocol (widths).
set -euo pipefail
sbnn=$1 mode=${2:-full}
# shellcheck source=tests/acceptance/common.sh
. "$(dirname "$0")/common.sh"
use_tables "path on M1" m1 gene_counts.csv ephys_values.csv
tables+=(--protocol paper --fold-permutation "$shared/reference/m1_fold_permutation.txt")
curves=$shared/reference/m1_sbnn_curves_published.tsv

for_seeds() { # NAME COMMAND OPTION...: into $work/NAME-SEED, for each seed
  local seed
  for seed in "${seeds[@]}"; do run "$1-$seed" "$2" "${tables[@]}" --seed "$seed" "${@:3}"; done
}

files_of() { # NAME FILE: those of all seeds
  local seed
  for seed in "${seeds[@]}"; do echo "$work/$1-$seed/$2"; done
}

column_mean() { # COLUMN CONDITION FILE...: mean of a column, by name, over the rows for which the condition holds
  awk -F'\t' -v column="$1" 'FNR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
    '"$2"' { s += $c[column]; n++ } END { if (n) printf "%.4f", s / n }' "${@:3}"
}

for_seeds penalties path --lambdas 0.0001,0.01,0.1,1
mapfile -t files < <(files_of penalties path_curves.tsv)
for lambda in 0.0001 0.01 0.1 1; do
  for epoch in 50 100 101 110 150 200; do
    seen=$(column_mean r2_test_batches_mean "\$c[\"lambda\"] == $lambda && \$c[\"epoch\"] == $epoch" "${files[@]}")
    read -r published sd < <(awk -F'\t' -v l="$lambda" -v e="$epoch" \
      '$1 == "yes" && $2 + 0 == l + 0 && $3 == e { print $5, $6 }' "$curves")
    read -r low high < <(awk -v r="$published" -v s="$sd" \
      'BEGIN { d = 0.9 * s; if (d < 0.02) d = 0.02; printf "%.4f %.4f\n", r - d, r + d }')
    check "path, lambda $lambda, epoch $epoch: test R2 over batches ($published)" "$seen" "$low" "$high"
  done
done

for_seeds widths path --lambdas 0.1 --bottleneck 4,6,8,10
mapfile -t files < <(files_of widths path.tsv)
while read -r width published; do
  read -r low high < <(awk -v r="$published" 'BEGIN { printf "%.3f %.3f\n", r - 0.02, r + 0.02 }')
  check "path, $width units: test R2 at the end ($published)" \
    "$(column_mean r2_test_mean "\$c[\"bottleneck\"] == $width" "${files[@]}")" "$low" "$high"
done <<<"4 0.418
6 0.417
8 0.422
10 0.416"

for_seeds proximal cv --penalty proximal
mapfile -t files < <(files_of proximal genes.tsv)
for i in "${!seeds[@]}"; do
  check "cv, proximal, seed ${seeds[$i]}: folds with just 25 genes, all norms above 0" \
    "$(awk -F'\t' 'NR > 1 && $5 > 0 { n[$2]++ } END { for (f in n) good += n[f] == 25; print good + 0 }' "${files[$i]}")" 10 10
done
mapfile -t files < <(files_of penalties path.tsv)
pruned=$(column_mean r2_test_mean "\$c[\"lambda\"] == 0.1" "${files[@]}")
mapfile -t files < <(files_of proximal metrics.tsv)
check "cv, proximal: test R2 at the end (pruning by norm: $pruned)" \
  "$(column_mean r2 "\$c[\"stage\"] == \"finetuned\" && \$c[\"split\"] == \"test\" && \$c[\"target\"] == \"all\"" "${files[@]}")" \
  "$(awk -v r="$pruned" 'BEGIN { printf "%.4f", r - 0.005 }')" 1

finish

#!/usr/bin/env bash
# path.sh SBNN [quick]: penalties and widths on the M1 Patch-seq data against the published figures, and the proximal penalty
# against pruning. Prints one line a figure: what, seen, wanted. quick: one seed instead of three. A run of hours on one core:
# NABLA_RUNS=DIR keeps the runs there, goes on with those that were interrupted, and takes those that are complete. Data and
# references are looked for in $NABLA_DATA (default ../shared beside the checkout); without them everything is skipped, loudly.
# Sources of the figures: Bernaerts, Berens and Kobak (curves by epoch and penalty, figure S9), and the protocol (widths).
set -euo pipefail
sbnn=$1 mode=${2:-full}
root=$(cd "$(dirname "$0")/../.." && pwd)
shared=${NABLA_DATA:-$root/../shared}
data=$shared/data/m1
if [ ! -f "$data/gene_counts.csv" ]; then
  echo "SKIPPED: acceptance of path on M1: there is no $data (set NABLA_DATA to the folder that holds data/ and reference/)"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
common=(--x "$data/gene_counts.csv" --y "$data/ephys_values.csv" --protocol paper
  --fold-permutation "$shared/reference/m1_fold_permutation.txt" --quiet)
curves=$shared/reference/m1_sbnn_curves_published.tsv
if [ "$mode" = quick ]; then seeds=(0); else seeds=(0 1 2); fi
if [ -n "${NABLA_RUNS:-}" ]; then
  runs=$NABLA_RUNS
  mkdir -p "$runs"
else
  runs=$(mktemp -d)
  trap 'rm -rf "$runs"' EXIT
fi
passed=0 failed=0

check() { # WHAT SEEN LOWEST HIGHEST
  if awk -v x="$2" -v a="$3" -v b="$4" 'BEGIN { exit !(x != "" && x + 0 >= a && x + 0 <= b) }'; then
    passed=$((passed + 1))
    printf 'ok    %-64s %8s   wanted %s to %s\n' "$1" "$2" "$3" "$4"
  else
    failed=$((failed + 1))
    printf 'MISS  %-64s %8s   wanted %s to %s\n' "$1" "$2" "$3" "$4"
  fi
}

run() { # NAME COMMAND OPTION...: into $runs/NAME-SEED, for each seed; not again if it is there already
  local name=$1 command=$2 seed
  shift 2
  for seed in "${seeds[@]}"; do
    if [ -f "$runs/$name-$seed/metrics.tsv" ] || [ -f "$runs/$name-$seed/path.tsv" ]; then continue; fi
    "$sbnn" "$command" "${common[@]}" --seed "$seed" --resume --out "$runs/$name-$seed" "$@"
  done
}

tables() { # NAME FILE: those of all seeds
  local seed
  for seed in "${seeds[@]}"; do echo "$runs/$1-$seed/$2"; done
}

mean() { # COLUMN CONDITION FILE...: mean of a column, by name, over the rows for which the condition holds
  awk -F'\t' -v column="$1" 'FNR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
    '"$2"' { s += $c[column]; n++ } END { if (n) printf "%.4f", s / n }' "${@:3}"
}

run penalties path --lambdas 0.0001,0.01,0.1,1
mapfile -t files < <(tables penalties path_curves.tsv)
for lambda in 0.0001 0.01 0.1 1; do
  for epoch in 50 100 101 110 150 200; do
    seen=$(mean r2_test_batches_mean "\$c[\"lambda\"] == $lambda && \$c[\"epoch\"] == $epoch" "${files[@]}")
    read -r published sd < <(awk -F'\t' -v l="$lambda" -v e="$epoch" \
      '$1 == "yes" && $2 + 0 == l + 0 && $3 == e { print $5, $6 }' "$curves")
    read -r low high < <(awk -v r="$published" -v s="$sd" \
      'BEGIN { d = 0.9 * s; if (d < 0.02) d = 0.02; printf "%.4f %.4f\n", r - d, r + d }')
    check "path, lambda $lambda, epoch $epoch: test R2 over batches ($published)" "$seen" "$low" "$high"
  done
done

run widths path --lambdas 0.1 --bottleneck 4,6,8,10
mapfile -t files < <(tables widths path.tsv)
while read -r width published; do
  read -r low high < <(awk -v r="$published" 'BEGIN { printf "%.3f %.3f\n", r - 0.02, r + 0.02 }')
  check "path, $width units: test R2 at the end ($published)" \
    "$(mean r2_test_mean "\$c[\"bottleneck\"] == $width" "${files[@]}")" "$low" "$high"
done <<<"4 0.418
6 0.417
8 0.422
10 0.416"

run proximal cv --penalty proximal
mapfile -t files < <(tables proximal genes.tsv)
for i in "${!seeds[@]}"; do
  check "cv, proximal, seed ${seeds[$i]}: folds with just 25 genes, all norms above 0" \
    "$(awk -F'\t' 'NR > 1 && $5 > 0 { n[$2]++ } END { for (f in n) good += n[f] == 25; print good + 0 }' "${files[$i]}")" 10 10
done
mapfile -t files < <(tables penalties path.tsv)
pruned=$(mean r2_test_mean "\$c[\"lambda\"] == 0.1" "${files[@]}")
mapfile -t files < <(tables proximal metrics.tsv)
check "cv, proximal: test R2 at the end (pruning by norm: $pruned)" \
  "$(mean r2 "\$c[\"stage\"] == \"finetuned\" && \$c[\"split\"] == \"test\" && \$c[\"target\"] == \"all\"" "${files[@]}")" \
  "$(awk -v r="$pruned" 'BEGIN { printf "%.4f", r - 0.005 }')" 1

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]

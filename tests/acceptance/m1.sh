#!/usr/bin/env bash
# m1.sh SBNN [quick]: the paper's main result on the M1 Patch-seq data, against the published figures. Prints one line a figure: what,
# seen, wanted. quick: one seed instead of three. Data and references are looked for in $NABLA_DATA (default ../shared beside the
# checkout); without them everything is skipped, loudly. Sources of the figures: Bernaerts, Berens and Kobak, and the protocol.
set -euo pipefail
sbnn=$1 mode=${2:-full}
root=$(cd "$(dirname "$0")/../.." && pwd)
shared=${NABLA_DATA:-$root/../shared}
data=$shared/data/m1
if [ ! -f "$data/gene_counts.csv" ]; then
  echo "SKIPPED: acceptance on M1: there is no $data (set NABLA_DATA to the folder that holds data/ and reference/)"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
tables=(--x "$data/gene_counts.csv" --y "$data/ephys_values.csv")
paper=(--protocol paper --fold-permutation "$shared/reference/m1_fold_permutation.txt")
if [ "$mode" = quick ]; then seeds=(0); else seeds=(0 1 2); fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

published_genes="Sst Vip Pvalb Gad1 Ndn Lamp5 Gm49948 Tac2 Sparcl1 Htr3a Ndst3 Col24a1 Kcnip2 Plch2 Unc13c Enpp2 Kcnc2 Gabrd
  Galnt14 Dlx6os1 Elfn1 Phactr1 Gm11549 Cacna1e"
published_order="UDR|Max AP num|AP width|AHP|R_input|AP amp|ISI CV|Rheobase|AP amp adapt|Rebound|AI|Tau|Sag|V_rest|AP thresh|AP amp CV"
# The published per-feature R2, for the rank correlation: ties there are ties here.
published_r2="0.76 0.72 0.71 0.59 0.51 0.49 0.46 0.37 0.36 0.35 0.31 0.30 0.19 0.17 0.05 0.04"

check() { # WHAT SEEN LOWEST HIGHEST
  if awk -v x="$2" -v a="$3" -v b="$4" 'BEGIN { exit !(x != "" && x + 0 >= a && x + 0 <= b) }'; then
    passed=$((passed + 1))
    printf 'ok    %-58s %8s   wanted %s to %s\n' "$1" "$2" "$3" "$4"
  else
    failed=$((failed + 1))
    printf 'MISS  %-58s %8s   wanted %s to %s\n' "$1" "$2" "$3" "$4"
  fi
}

mean() { # DIR STAGE TARGET: mean test R2 over folds
  awk -F'\t' -v stage="$2" -v target="$3" 'NR > 1 && $4 == stage && $5 == "test" && $6 == target { s += $7; n++ }
    END { if (n) printf "%.4f", s / n }' "$1/metrics.tsv"
}

spearman() { # DIR: of the per-feature test R2 with the published ones
  local feature i=0 names
  IFS='|' read -r -a names <<<"$published_order"
  for feature in "${names[@]}"; do
    i=$((i + 1))
    echo "$(echo "$published_r2" | cut -d' ' -f$i) $(mean "$1" finetuned "$feature")"
  done | awk '{ x[NR] = $1; y[NR] = $2 }
    function rank(v, i,    k, r) { r = 1; for (k = 1; k <= NR; k++) { if (v[k] < v[i]) r++; else if (v[k] == v[i] && k != i) r += 0.5 } return r }
    END {
      m = (NR + 1) / 2
      for (i = 1; i <= NR; i++) { a = rank(x, i) - m; b = rank(y, i) - m; ab += a * b; aa += a * a; bb += b * b }
      printf "%.3f", ab / sqrt(aa * bb)
    }'
}

run() { # DIR COMMAND OPTION...: quiet; its wall seconds in $seconds
  local dir=$1 begin
  begin=$(date +%s.%N)
  shift
  "$sbnn" "$1" "${tables[@]}" --out "$dir" --quiet "${@:2}"
  seconds=$(awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')
}

for seed in "${seeds[@]}"; do
  run "$work/cv" cv "${paper[@]}" --seed "$seed"
  check "cv, paper, seed $seed: test R2 at the end" "$(mean "$work/cv" finetuned all)" 0.38 0.415
  check "cv, paper, seed $seed: after the frozen phase" "$(mean "$work/cv" frozen all)" 0.328 0.374
  check "cv, paper, seed $seed: after unfreezing" "$(mean "$work/cv" unfrozen all)" 0.364 0.414
  check "cv, paper, seed $seed: just after pruning (about 0.28)" "$(mean "$work/cv" pruned all)" 0.24 0.32
  check "cv, paper, seed $seed: Spearman of R2 by response" "$(spearman "$work/cv")" 0.95 1
  if [ "$mode" = quick ]; then
    echo "      cv, paper, seed $seed: $seconds s on $(nproc) cores (counted by the full run only: machines that test are shared)"
  else
    check "cv, paper, seed $seed: seconds on $(nproc) cores" "$seconds" 0 90
  fi
  rm -rf "$work/cv"
done

for seed in "${seeds[@]}"; do
  if [ "$mode" = quick ]; then break; fi
  run "$work/cv" cv "${paper[@]}" --no-pretrain --seed "$seed"
  check "cv, paper, no pretraining, seed $seed: test R2 at the end" "$(mean "$work/cv" finetuned all)" 0.36 0.40
  rm -rf "$work/cv"
  run "$work/cv" cv --seed "$seed"
  check "cv, strict, seed $seed: test R2 at the end" "$(mean "$work/cv" finetuned all)" 0.34 0.415
  rm -rf "$work/cv"
done

for seed in "${seeds[@]}"; do
  run "$work/train" train --labels "$data/cell_types.tsv" --seed "$seed"
  genes=$(tail -n +2 "$work/train/genes.tsv" | cut -f2)
  check "train, seed $seed: Pvalb Sst Gad1 Ndn Htr3a among the genes" \
    "$(grep -cxE 'Pvalb|Sst|Gad1|Ndn|Htr3a' <<<"$genes")" 5 5
  check "train, seed $seed: genes of the published 25" \
    "$(grep -cxE "$(tr -s ' \n' '|' <<<"$published_genes" | sed 's/|$//')|Cplx[0-9]" <<<"$genes")" 12 25
  check "train, seed $seed: 15-nearest-neighbour accuracy of families" \
    "$(sed -nE 's/.*"map_label_accuracy": ([0-9.]+).*/\1/p' "$work/train/run.json")" 0.80 1
  rm -rf "$work/train"
done

for seed in "${seeds[@]}"; do
  run "$work/cv" cv --recipe denoise --fold-permutation "$shared/reference/m1_fold_permutation.txt" --seed "$seed"
  check "cv, strict, --recipe denoise, seed $seed: test R2" "$(mean "$work/cv" finetuned all)" 0.445 0.47
  echo "      in $seconds s on $(nproc) cores"
  rm -rf "$work/cv"
done

# All published rows: the largest difference in genes, and in any mean R2.
difference() { # COLUMN...
  awk -F'\t' -v columns="$*" 'NR == FNR { if (FNR > 1) row[$1, $2 + 0] = $0; next }
    FNR > 1 && (($1, $2 + 0) in row) {
      split(row[$1, $2 + 0], published, "\t"); n = split(columns, c, " "); seen++
      for (i = 1; i <= n; i++) { d = $(c[i]) - published[c[i]]; if (d < 0) d = -d; if (d > most) most = d }
    }
    END { if (seen == 20) printf "%.5f", most }' "$shared/reference/m1_srrr_published.tsv" "$work/srrr/srrr.tsv"
}
run "$work/srrr" srrr "${paper[@]}" --ranks 2,16
check "srrr: genes, largest difference over the 20 published rows" "$(difference 3)" 0 0.3
check "srrr: R2, largest difference over the 20 published rows" "$(difference 4 6 8 9)" 0 0.002
echo "      in $seconds s on $(nproc) cores"

short=(--epochs-no-pretrain 2 --epochs-pretrain 2 --epochs-frozen 2 --epochs-unfrozen 2 --epochs-finetune 2 --kmeans-restarts 20)
for protocol in paper strict; do
  run "$work/one" cv --protocol "$protocol" "${short[@]}" --both --threads 1
  run "$work/two" cv --protocol "$protocol" "${short[@]}" --both --threads 2
  same=1
  for file in metrics history genes predictions predictions-nopretrain; do
    cmp -s "$work/one/$file.tsv" "$work/two/$file.tsv" || same=0
  done
  check "cv, $protocol: same bits on one and two threads" "$same" 1 1
  rm -rf "$work/one" "$work/two"
done

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]

#!/usr/bin/env bash
# m1.sh SBNN [quick]: the paper's main result on the M1 Patch-seq data, against the published figures. Prints one line a figure: what,
# seen, wanted. quick: one seed instead of three. Where data and runs are: common.sh. Sources of the figures: Bernaerts, Berens and Kobak, and the protocol.
set -euo pipefail
sbnn=$1 mode=${2:-full}
# shellcheck source=tests/acceptance/common.sh
. "$(dirname "$0")/common.sh"
use_tables "the paper's recipe on M1" m1 gene_counts.csv ephys_values.csv
m1() { run "$1" "$2" "${tables[@]}" "${@:3}"; } # NAME COMMAND OPTION...
paper=(--protocol paper --fold-permutation "$shared/reference/m1_fold_permutation.txt")

published_genes="Sst Vip Pvalb Gad1 Ndn Lamp5 Gm49948 Tac2 Sparcl1 Htr3a Ndst3 Col24a1 Kcnip2 Plch2 Unc13c Enpp2 Kcnc2 Gabrd
  Galnt14 Dlx6os1 Elfn1 Phactr1 Gm11549 Cacna1e"
published_order="UDR|Max AP num|AP width|AHP|R_input|AP amp|ISI CV|Rheobase|AP amp adapt|Rebound|AI|Tau|Sag|V_rest|AP thresh|AP amp CV"
# The published per-feature R2, for the rank correlation: ties there are ties here.
published_r2="0.76 0.72 0.71 0.59 0.51 0.49 0.46 0.37 0.36 0.35 0.31 0.30 0.19 0.17 0.05 0.04"

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

for seed in "${seeds[@]}"; do
  m1 "cv-paper-$seed" cv "${paper[@]}" --seed "$seed"
  check "cv, paper, seed $seed: test R2 at the end" "$(mean "cv-paper-$seed" finetuned all)" 0.38 0.415
  check "cv, paper, seed $seed: after the frozen phase" "$(mean "cv-paper-$seed" frozen all)" 0.328 0.374
  check "cv, paper, seed $seed: after unfreezing" "$(mean "cv-paper-$seed" unfrozen all)" 0.364 0.414
  check "cv, paper, seed $seed: just after pruning (about 0.28)" "$(mean "cv-paper-$seed" pruned all)" 0.24 0.32
  check "cv, paper, seed $seed: Spearman of R2 by response" "$(spearman "cv-paper-$seed")" 0.95 1
  if [ "$mode" = quick ] || [ "$seconds" = kept ]; then
    echo "      cv, paper, seed $seed: $seconds s on $(nproc) cores (counted by the full run only: machines that test are shared)"
  else
    check "cv, paper, seed $seed: seconds on $(nproc) cores" "$seconds" 0 90
  fi
done

for seed in "${seeds[@]}"; do
  if [ "$mode" = quick ]; then break; fi
  m1 "cv-nopretrain-$seed" cv "${paper[@]}" --no-pretrain --seed "$seed"
  check "cv, paper, no pretraining, seed $seed: test R2 at the end" "$(mean "cv-nopretrain-$seed" finetuned all)" 0.36 0.40
  m1 "cv-strict-$seed" cv --seed "$seed"
  check "cv, strict, seed $seed: test R2 at the end" "$(mean "cv-strict-$seed" finetuned all)" 0.34 0.415
done

for seed in "${seeds[@]}"; do
  m1 "train-$seed" train --labels "$data/cell_types.tsv" --seed "$seed"
  genes=$(tail -n +2 "$work/train-$seed/genes.tsv" | cut -f2)
  check "train, seed $seed: Pvalb Sst Gad1 Ndn Htr3a among the genes" \
    "$(grep -cxE 'Pvalb|Sst|Gad1|Ndn|Htr3a' <<<"$genes")" 5 5
  check "train, seed $seed: genes of the published 25" \
    "$(grep -cxE "$(tr -s ' \n' '|' <<<"$published_genes" | sed 's/|$//')|Cplx[0-9]" <<<"$genes")" 12 25
  check "train, seed $seed: 15-nearest-neighbour accuracy of families" \
    "$(sed -nE 's/.*"map_label_accuracy": ([0-9.]+).*/\1/p' "$work/train-$seed/run.json")" 0.80 1
done

short=(--epochs-no-pretrain 2 --epochs-pretrain 2 --epochs-frozen 2 --epochs-unfrozen 2 --epochs-finetune 2 --kmeans-restarts 20)
for protocol in paper strict; do
  m1 "one-$protocol" cv --protocol "$protocol" "${short[@]}" --both --threads 1
  m1 "two-$protocol" cv --protocol "$protocol" "${short[@]}" --both --threads 2
  same=1
  for file in metrics history genes predictions predictions-nopretrain; do
    cmp -s "$work/one-$protocol/$file.tsv" "$work/two-$protocol/$file.tsv" || same=0
  done
  check "cv, $protocol: same bits on one and two threads" "$same" 1 1
done

finish

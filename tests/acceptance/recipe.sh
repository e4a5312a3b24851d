#!/usr/bin/env bash
# recipe.sh SBNN [quick]: --recipe denoise on the M1 Patch-seq data: three permutations of the cells and three seeds each, ten
# strict folds, mean test R2. With --noise auto and --select group-lasso one seed each. quick: one permutation and seed.
set -euo pipefail
sbnn=$1 mode=${2:-full}
# shellcheck source=tests/acceptance/common.sh
. "$(dirname "$0")/common.sh"
use_tables "--recipe denoise on M1" m1 gene_counts.csv ephys_values.csv
permutations=(m1_fold_permutation m1_fold_permutation_seed1 m1_fold_permutation_seed2)
if [ "$mode" = quick ]; then permutations=(m1_fold_permutation); fi

denoise() { # NAME PERMUTATION SEED OPTION...
  run "$1" cv "${tables[@]}" --recipe denoise --evaluate stage-ends \
    --fold-permutation "$shared/reference/$2.txt" --seed "$3" "${@:4}"
}

for permutation in "${permutations[@]}"; do
  for seed in "${seeds[@]}"; do
    denoise "denoise-$permutation-$seed" "$permutation" "$seed"
    check "$permutation, seed $seed" "$(mean "denoise-$permutation-$seed" finetuned all)" 0.445 0.47
    echo "      in $seconds s on $(nproc) cores"
  done
done
for permutation in "${permutations[@]}"; do
  denoise "lasso-$permutation" "$permutation" 0 --select group-lasso
  check "$permutation, --select group-lasso" "$(mean "lasso-$permutation" finetuned all)" 0.43 0.47
  if [ "$mode" = quick ]; then break; fi
  denoise "auto-$permutation" "$permutation" 0 --noise auto
  check "$permutation, --noise auto" "$(mean "auto-$permutation" finetuned all)" 0.44 0.47
done
finish

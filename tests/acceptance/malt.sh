#!/usr/bin/env bash
# malt.sh SBNN [quick]: the MALT CITE-seq data, Matrix Market with all 10,531 detected genes, 1000 of them chosen in each of ten
# strict folds; proteins as counts (raw) and under log1p: linear, --recipe denoise, the paper's recipe (not with quick). From the
# tables and from sbnn prep's file. 1000 cells: two minutes on two free cores. NABLA_RUNS=DIR: common.sh.
set -euo pipefail
sbnn=$1 mode=${2:-full}
# shellcheck source=tests/acceptance/common.sh
. "$(dirname "$0")/common.sh"
use_tables "MALT" citeseq_malt1000 matrix.mtx.gz protein.csv

"$sbnn" prep "${tables[@]}" --out "$work/malt.data" --force --quiet
for transform in log1p none; do
  if [ $transform = none ]; then what=raw lowest=0.3; else what=log1p lowest=0.4; fi
  run_linear "malt-linear-$what" "$what" 17 --data "$work/malt.data" --y-transform $transform
  run "malt-denoise-$what" cv --data "$work/malt.data" --preset citeseq --y-transform $transform --recipe denoise --input-noise 0.4 \
    --epochs-finetune 150 --evaluate stage-ends
  check "$what: --recipe denoise, input noise 0.4, 150 epochs" "$(mean "malt-denoise-$what" finetuned all)" $lowest 1
  if [ "$mode" = quick ]; then continue; fi
  run "malt-cv-$what" cv --data "$work/malt.data" --preset citeseq --y-transform $transform --evaluate stage-ends
  printf '      %-66s %8s\n' "$what: the paper's recipe, pooled test R2" "$(mean "malt-cv-$what" finetuned all)"
done
run malt-tables cv "${tables[@]}" --preset citeseq --y-transform log1p --recipe denoise --input-noise 0.4 --epochs-finetune 150 \
  --evaluate stage-ends
same=0
for file in metrics history genes predictions; do
  cmp -s "$work/malt-tables/$file.tsv" "$work/malt-denoise-log1p/$file.tsv" && same=$((same + 1))
done
check "files that are the same from tables and from sbnn prep" $same 4 4
finish

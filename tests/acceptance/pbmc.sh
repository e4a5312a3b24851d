#!/usr/bin/env bash
# pbmc.sh SBNN [quick]: ten strict folds on the PBMC 10k CITE-seq data, proteins as counts (raw) and under log1p: the paper's
# recipe, the linear model at as many genes, and --recipe denoise. 6855 cells: a quarter of an hour on two free cores; quick:
# the linear model and --recipe denoise only. NABLA_RUNS=DIR keeps the runs and goes on with interrupted ones (common.sh).
set -euo pipefail
sbnn=$1 mode=${2:-full}
# shellcheck source=tests/acceptance/common.sh
. "$(dirname "$0")/common.sh"
use_tables "PBMC 10k" citeseq_pbmc10k pbmc10k_harmo_rna.csv.gz pbmc10k_harmo_pro.csv.gz

for transform in log1p none; do
  if [ $transform = none ]; then what=raw lowest=0.45; else what=log1p lowest=0.56; fi
  run_linear "linear-$what" "$what" 14 "${tables[@]}" --y-transform $transform
  paper=$full
  if [ "$mode" != quick ]; then
    run "cv-$what" cv "${tables[@]}" --preset citeseq --y-transform $transform
    paper=$(mean "cv-$what" finetuned all)
    check "$what: the paper's recipe, pooled test R2" "$paper" $lowest 1
    check "$what: above the full-rank linear model of 25 genes" "$paper" "$full" 1
    for protein in CD3 CD4 CD8a CD14 CD19; do
      check "$what: $protein" "$(mean "cv-$what" finetuned ${protein}_TotalSeqB)" 0.6 1
    done
  fi
  run "denoise-$what" cv "${tables[@]}" --preset citeseq --y-transform $transform --recipe denoise --input-noise 0.4 \
    --epochs-finetune 150 --evaluate stage-ends
  check "$what: --recipe denoise, input noise 0.4, 150 epochs: above it" "$(mean "denoise-$what" finetuned all)" "$paper" 1
done
finish

#!/usr/bin/env bash
# figures.sh SBNN [NAME...]: makes the pictures of docs/figures from runs of our own: m1, pbmc and v1 (synthetic tables of the size
# of V1), or those named. Runs are kept in $NABLA_RUNS (default build/figures): interrupted ones go on, complete ones of the same
# build are taken as they are. Data as for the acceptance: $NABLA_DATA, default ../shared beside the checkout.
set -euo pipefail
sbnn=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)
shared=${NABLA_DATA:-$root/../shared}
runs=${NABLA_RUNS:-$root/build/figures}
pictures=$root/docs/figures
mkdir -p "$runs" "$pictures"

# A run of another build is made anew; srrr and tsne are always, they are quick.
run() { # NAME COMMAND OPTION...
  local name=$1
  echo "$name ..."
  shift
  case $1 in
    srrr | tsne) "$sbnn" "$@" --quiet --out "$runs/$name" --force ;;
    *) "$sbnn" "$@" --quiet --out "$runs/$name" --resume 2>/dev/null || "$sbnn" "$@" --quiet --out "$runs/$name" --force ;;
  esac
}

take() { # NAME FIGURE AS: the PNG
  cp "$runs/$1/figures/$2.png" "$pictures/$3.png"
}

# Figures S1 and S2, and their like for other data, from tables, labels, folds and cv: options of the commands.
cross_validations() { # NAME RANKS
  local name=$1
  run "$name-srrr" srrr "${tables[@]}" "${labels[@]}" "${folds[@]}" --ranks "$2"
  run "$name-cv" cv "${tables[@]}" "${folds[@]}" "${cv[@]}"
  "$sbnn" plot --results "$runs/$name-cv" --srrr "$runs/$name-srrr" --quiet
  take "$name-cv" training_curves "${name}_training_curves"
  take "$name-cv" pretraining "${name}_pretraining"
  take "$name-srrr" by_genes "${name}_srrr"
}

# Figures 1c, S3 and S5, and their like, once the cross-validations are there.
maps() { # NAME
  run "$1-train" train "${tables[@]}" "${labels[@]}"
  take "$1-train" overlays "$1_overlays"
  take "$1-cv" responses "$1_responses"
  take "$1-srrr" overlays "$1_srrr_overlays"
}

denoise() { # NAME OPTION...
  run "$1-denoise" train "${tables[@]}" "${labels[@]}" --recipe denoise "${@:2}"
  take "$1-denoise" overlays "$1_denoise_overlays"
}

m1() {
  local data=$shared/data/m1
  tables=(--x "$data/gene_counts.csv" --y "$data/ephys_values.csv")
  labels=(--labels "$data/cell_types.tsv")
  folds=(--protocol paper --fold-permutation "$shared/reference/m1_fold_permutation.txt")
  cv=(--both)
  cross_validations m1 2,16
  maps m1
  denoise m1
  run m1-stability stability "${tables[@]}" "${labels[@]}" --restarts 10
  take m1-stability stability_genes m1_stability_genes
  take m1-stability stability_maps m1_stability_maps
  run m1-tsne tsne "${tables[@]}" "${labels[@]}"
  take m1-tsne tsne m1_tsne
  run m1-path path "${tables[@]}" "${folds[@]}" --lambdas 0.0001,0.01,0.1,1
  take m1-path path_curves m1_path_curves
  take m1-path path_norms m1_path_norms
}

pbmc() {
  local data=$shared/data/citeseq_pbmc10k
  tables=(--x "$data/pbmc10k_harmo_rna.csv.gz" --y "$data/pbmc10k_harmo_pro.csv.gz" --y-transform log1p)
  labels=(--labels "$data/cell_types.tsv")
  folds=() cv=()
  cross_validations pbmc 2,14
  maps pbmc
  denoise pbmc --input-noise 0.4 --epochs-finetune 150
}

v1() {
  run v1-tables demo --tables-only --cells 3395 --genes 1252 --responses 55
  local data=$runs/v1-tables/demo-data
  tables=(--x "$data/counts.csv" --y "$data/responses.csv" --variable-genes 0)
  labels=(--labels "$data/labels.tsv")
  folds=(--folds 3) cv=(--both)
  cross_validations v1 2,16
}

need_data() { # NAME
  case $1 in
    m1 | pbmc) [ -d "$shared/data" ] ;;
    v1) ;;
    *)
      echo "there are no figures called '$1': m1, pbmc, v1" >&2
      exit 2
      ;;
  esac
}

names=("$@")
[ ${#names[@]} -gt 0 ] || names=(m1 pbmc v1)
for name in "${names[@]}"; do
  if need_data "$name"; then "$name"
  else echo "SKIPPED: figures of $name: there is no $shared/data (set NABLA_DATA to the folder that holds data/ and reference/)"; fi
done
ls -l "$pictures"/*.png

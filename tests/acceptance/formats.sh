#!/usr/bin/env bash
# formats.sh SBNN: every file of ../shared/data/formats through `sbnn inspect`, beside what anndata, mudata and h5py report
# (formats.tsv, made by formats.py): file, writer, what was taken, cells, genes, sum of counts; or the sentence of the refusal.
# Names and places of the numbers: tests/sbnn/test_sbnn_formats.c. Then a cv of one data set in three formats, bit by bit. Last line: "formats: N read, N refused, N wrong".
set -euo pipefail
sbnn=$1
here=$(cd "$(dirname "$0")" && pwd)
folder=${NABLA_DATA:-$here/../../../shared}/data/formats
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ ! -d "$folder" ]; then
  echo "SKIPPED: no $folder"
  exit 77
fi

read_files=0 refused=0 wrong=0

# The sentence of a refusal: of the whole file, or of its counts.
sentence_of() { # STATUS
  if [ "$1" -ne 0 ]; then sed -n 's/^sbnn: //p' "$work/err"; else sed -n 's/^counts *none: //p' "$work/out"; fi
}

while IFS=$'\t' read -r file writer outcome taken cells genes sum _ _ responses _; do
  if [ "$file" = file ]; then continue; fi
  status=0 good=1
  "$sbnn" inspect "$folder/$file" >"$work/out" 2>"$work/err" || status=$?
  sentence=$(sentence_of "$status")
  got=$(sed -nE 's/^counts +(.*): ([0-9]+) cells, ([0-9]+) genes, sum (.*)$/\1|\2|\3|\4/p' "$work/out")
  got_responses=$(sed -nE 's/^responses +.*: [0-9]+ cells, ([0-9]+) responses$/\1/p' "$work/out")
  if [ "$outcome" = read ]; then
    if [ "$got" = "$taken|$cells|$genes|$sum" ] && [ "${got_responses:--}" = "$responses" ]; then
      printf '%-45s %-20s %-22s %6s cells %6s genes, sum %s\n' "$file" "$writer" "$taken" "$cells" "$genes" "$sum"
    else good=0; fi
  else
    if [ "$status" -ne 0 ] && { [ "$status" -ne 3 ] || [ "$(wc -l <"$work/err")" -ne 1 ]; }; then good=0; fi
    IFS='|' read -r -a words <<<"$taken"
    for word in "${words[@]}"; do
      if [[ "$sentence" != *"$word"* ]]; then good=0; fi
    done
    if [ "$good" -eq 1 ]; then printf '%-45s %-20s refused: %s\n' "$file" "$writer" "${sentence//"$folder/"/}"; fi
  fi
  if [ "$good" -eq 0 ]; then
    wrong=$((wrong + 1))
    printf 'WRONG: %s (%s): expected %s %s; exit code %s, %s responses, %s\n' "$file" "$writer" "$outcome" \
      "$taken|$cells|$genes|$sum|$responses" "$status" "${got_responses:--}" "${got:-$sentence}"
  elif [ "$outcome" = read ]; then read_files=$((read_files + 1))
  else refused=$((refused + 1)); fi
done <"$here/formats.tsv"

# A file that the table does not know is neither.
for file in "$folder"/*.* "$folder"/made/*.* "$folder"/made/variants/*.*; do
  case $file in *.md | *.tsv | *.npz) continue ;; esac
  if ! cut -f1 "$here/formats.tsv" | grep -qxF "${file#"$folder/"}"; then
    wrong=$((wrong + 1))
    echo "WRONG: ${file#"$folder/"} is not in formats.tsv"
  fi
done
# One set of cells in three formats: the same bits in cv.
tables=${NABLA_DATA:-$here/../../../shared}/data/citeseq_pbmc10k
cross_validate() { # NAME X Y
  "$sbnn" cv --x "$2" --y "$3" --y-transform log1p --folds 3 --genes 10 --hidden 32 --kmeans-restarts 5 --epochs-pretrain 2 --epochs-frozen 2 \
    --epochs-unfrozen 2 --epochs-finetune 2 --out "$work/$1" --quiet
}
cross_validate h5ad "$folder/made/pbmc10k_citeseq.h5ad" "$folder/made/pbmc10k_citeseq.h5ad"
cross_validate 10x "$folder/made/pbmc10k_citeseq_10x_v3.h5" "$folder/made/pbmc10k_citeseq_10x_v3.h5"
cross_validate csv "$tables/pbmc10k_harmo_rna.csv.gz" "$tables/pbmc10k_harmo_pro.csv.gz"
for name in 10x csv; do
  for file in metrics history genes predictions; do
    if ! cmp -s "$work/h5ad/$file.tsv" "$work/$name/$file.tsv"; then
      wrong=$((wrong + 1))
      echo "WRONG: cv of pbmc10k by .h5ad and by $name: $file.tsv differs"
    fi
  done
done
echo "cv of pbmc10k by .h5ad, 10x .h5 and .csv.gz: $(cat "$work"/h5ad/{metrics,history,genes,predictions}.tsv | cksum | cut -d' ' -f1), the same bits unless a line above says otherwise"
echo "formats: $read_files read, $refused refused, $wrong wrong"
[ "$wrong" -eq 0 ]

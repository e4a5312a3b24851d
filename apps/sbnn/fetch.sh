#!/usr/bin/env bash
# fetch.sh SBNN TABLE SET DIR: fetches a data set of the paper into DIR, checks that its tables have the shapes of the
# paper (by reading them, which leaves DIR/SET.data for --data), and records their SHA-256 in DIR/SHA256SUMS. Files that are there
# are not fetched again, and must be those recorded. TABLE: fetch.tsv beside this script.
set -euo pipefail

die() {
  printf 'fetch: %s\n' "$*" >&2
  exit 1
}

[ $# -eq 4 ] || die "give a data set ($(sed -n 's/^\([a-z]\w*\)\tshape.*/\1/p' "$(dirname "$0")/fetch.tsv" | paste -sd' ')) and a folder"
sbnn=$(realpath "$1") table=$2 set=$3 dir=$4
rows=$(awk -F'\t' -v set="$set" '$1 == set' "$table")
[ -n "$rows" ] || die "there is no data set '$set': $(awk -F'\t' '$2 == "shape" { print $1 }' "$table" | paste -sd' ')"
mkdir -p "$dir"
cd "$dir"

fetch() { # FILE ADDRESS
  [ ! -e "$1" ] || return 0
  printf 'fetch: %s\n' "$2" >&2
  if ! curl -fsSL --retry 2 --connect-timeout 20 -o "$1.part" "$2"; then
    rm -f "$1.part"
    die "$2 cannot be fetched; with no network here, copy $1 into $dir by other means and run this again: it is then checked"
  fi
  mv "$1.part" "$1"
}

record() { # FILE: its hash is the recorded one, or is recorded
  local known hash
  hash=$(sha256sum "$1")
  known=$(grep -F "  $1" SHA256SUMS 2>/dev/null || true)
  if [ -z "$known" ]; then
    printf '%s\n' "$hash" >>SHA256SUMS
  elif [ "$known" != "$hash" ]; then
    die "$dir/$1 is not the file whose SHA-256 is in $dir/SHA256SUMS; remove the file to fetch it again"
  fi
}

fits() { # NUMBER EXPECTED, "16" or "16+"
  case $2 in
    *+) [ "$1" -ge "${2%+}" ] ;;
    *) [ "$1" -eq "$2" ] ;;
  esac
}

x='' y='' shape='' transform=counts
while IFS=$'\t' read -r _ what file rest; do
  case $what in
    shape) shape=$rest ;;
    x) x=$file ;;
    y) y=$file ;;
    xy) x=$file y=$file transform=none ;;
  esac
  if [ "$what" != shape ]; then
    fetch "$file" "$rest"
    record "$file"
  fi
done <<<"$rows"

said=$("$sbnn" prep --x "$x" --y "$y" --x-transform "$transform" --force --out "$set.data" 2>&1) || die "$said"
read -r cells genes responses < <(sed -nE 's/^([0-9]+) cells in both tables .*: ([0-9]+) genes?, ([0-9]+) responses?.*/\1 \2 \3/p' <<<"$said")
read -r want_cells want_genes want_responses <<<"$shape"
if ! fits "$cells" "$want_cells" || ! fits "$genes" "$want_genes" || ! fits "$responses" "$want_responses"; then
  rm -f "$set.data"
  die "$set has $cells cells, $genes genes and $responses responses, not $want_cells, $want_genes and $want_responses as the paper's: another version of the files?"
fi
printf '%s\n' "$set: $cells cells, $genes genes, $responses responses; SHA-256 in $dir/SHA256SUMS, both tables in $dir/$set.data"

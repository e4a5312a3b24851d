# shellcheck shell=bash
# common.sh - what the acceptance scripts share. Sourced with $sbnn and $mode (full or quick) set; sets $shared, $work, $seeds.
# Data and references are looked for in $NABLA_DATA (default ../shared beside the checkout). With NABLA_RUNS=DIR runs are
# kept there, those that were interrupted go on, and those that are complete are taken as they are.

: "${sbnn:?}" # set by the script that sources this
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck disable=SC2034 # used by those that source this
shared=${NABLA_DATA:-$root/../shared}
passed=0 failed=0
# shellcheck disable=SC2034
if [ "${mode:-full}" = quick ]; then seeds=(0); else seeds=(0 1 2); fi
if [ -n "${NABLA_RUNS:-}" ]; then
  work=$NABLA_RUNS
  mkdir -p "$work"
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi

use_tables() { # WHAT FOLDER X Y: sets $data and $tables; without the data everything is skipped, loudly
  data=$shared/data/$2
  # shellcheck disable=SC2034 # used by those that source this
  tables=(--x "$data/$3" --y "$data/$4")
  if [ -f "$data/$3" ]; then return; fi
  echo "SKIPPED: acceptance of $1: there is no $data/$3 (set NABLA_DATA to the folder that holds data/ and reference/)"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}

check() { # WHAT SEEN LOWEST HIGHEST
  local word=MISS
  if awk -v x="$2" -v a="$3" -v b="$4" 'BEGIN { exit !(x != "" && x + 0 >= a && x + 0 <= b) }'; then
    word=ok
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
  printf '%-5s %-66s %8s   wanted %s to %s\n' "$word" "$1" "$2" "$3" "$4"
}

finish() {
  echo "$passed passed, $failed failed, 0 skipped"
  [ "$failed" -eq 0 ]
}

mean() { # NAME STAGE TARGET: mean test R2 over folds of the run NAME
  awk -F'\t' -v stage="$2" -v target="$3" 'NR > 1 && $4 == stage && $5 == "test" && $6 == target { s += $7; n++ }
    END { if (n) printf "%.4f", s / n }' "$work/$1/metrics.tsv"
}

linear() { # NAME RANK: relaxed test R2 of the run NAME of srrr
  awk -F'\t' -v rank="$2" '$1 == rank { printf "%.4f", $6 }' "$work/$1/srrr.tsv"
}

run_linear() { # NAME WHAT RANK OPTION...: sRRR with 25 genes, rank 2 and full RANK; shows both, the latter in $full
  run "$1" srrr "${@:4}" --ranks "2,$3" --genes 25
  full=$(linear "$1" "$3")
  printf '      %-66s %8s\n' "$2: sRRR, 25 genes, rank 2" "$(linear "$1" 2)" "$2: sRRR, 25 genes, full rank" "$full"
}

run() { # NAME COMMAND OPTION...: into $work/NAME, unless it is complete there;
  # its wall seconds in $seconds, "kept" if it was
  local name=$1 begin keep=--resume
  begin=$(date +%s.%N)
  shift
  seconds=kept
  if [ -f "$work/$name/run.json" ]; then return; fi
  if [ "$1" = srrr ] || [ "$1" = tsne ]; then keep=--force; fi # they have nothing to resume
  "$sbnn" "$@" --quiet --out "$work/$name" $keep
  # shellcheck disable=SC2034
  seconds=$(awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')
}

# shellcheck shell=bash
# fuzz [SECONDS [NAME...]]: run each fuzz target for SECONDS (60), one on each core; hours.tsv adds up runs of 600 and more

# NAME SECONDS: its output is in fuzz_NAME.log, its exit code in fuzz_NAME.status, CPU seconds, children's too, in fuzz_NAME.cpu
fuzz_one() {
  local name=$1 seconds=$2 dir status=0 corpora TIMEFORMAT='%U %S'
  dir=$(build_dir)/tests
  mkdir -p "$dir/corpus/$name" # new inputs go here; the stored corpus, if any, is read only
  corpora=("$dir/corpus/$name")
  if [ -d "$root/tests/fuzz/corpus/$name" ]; then corpora+=("$root/tests/fuzz/corpus/$name"); fi
  # No input is as long as a quarter of the limit on memory: what one may take is the limit. Memory given back is kept from
  # use for a while by AddressSanitizer, and counts.
  { time env "LSAN_OPTIONS=suppressions=$root/tests/lsan.supp" ASAN_OPTIONS=quarantine_size_mb=64 "$dir/fuzz_$name" -max_total_time="$seconds" \
    "-timeout=${NABLA_FUZZ_TIMEOUT:-30}" -rss_limit_mb=1024 -malloc_limit_mb=1024 -artifact_prefix="$dir/$name-" "${corpora[@]}" \
    >"$dir/fuzz_$name.log" 2>&1 </dev/null; } \
    2>"$dir/fuzz_$name.cpu" || status=$?
  echo "$status" >"$dir/fuzz_$name.status"
}

# Adds a long run to tests/fuzz/hours.tsv: seconds of CPU and executions by target.
add_hours() { # NAME RUNS
  local log=$root/tests/fuzz/hours.tsv cpu
  cpu=$(awk '{ printf "%d", $1 + $2 }' "$(build_dir)/tests/fuzz_$1.cpu")
  [ -f "$log" ] || printf 'target\tcpu_seconds\texecutions\n' >"$log"
  awk -F'\t' -v OFS='\t' -v name="$1" -v cpu="$cpu" -v runs="$2" '
    $1 == name { $2 += cpu; $3 += runs; seen = 1 }
    { print }
    END { if (!seen) print name, cpu, runs }' "$log" >"$log.new"
  mv "$log.new" "$log"
}

verb_fuzz() {
  local seconds=${1:-60} name names dir log runs cores passed=0 failed=0
  [[ $seconds =~ ^[0-9]+$ ]] || die "fuzz: '$seconds' is not a number of seconds"
  names=("${@:2}")
  if [ ${#names[@]} -eq 0 ]; then
    for name in "$root"/tests/fuzz/*.c; do
      if [ -e "$name" ]; then names+=("$(basename "$name" .c)"); fi
    done
  fi
  [ ${#names[@]} -gt 0 ] || die "there is no tests/fuzz/*.c yet"
  preset=fuzz
  need_for_preset
  configure
  build "${names[@]/#/fuzz_}"
  dir=$(build_dir)/tests
  cores=$(nproc)
  say "fuzzing ${#names[@]} targets for $seconds s each, $cores at a time"
  rm -f "$dir"/fuzz_*.status
  for name in "${names[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$cores" ]; do wait -n || true; done
    fuzz_one "$name" "$seconds" &
  done
  wait
  for name in "${names[@]}"; do
    log=$dir/fuzz_$name.log
    runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$log")
    if [ "$(cat "$dir/fuzz_$name.status")" -eq 0 ] && [ -n "$runs" ]; then
      passed=$((passed + 1))
      echo "$name: $runs executions, nothing found"
      if [ "$seconds" -ge 600 ]; then add_hours "$name" "$runs"; fi
    else
      failed=$((failed + 1))
      tail -n 60 "$log"
      echo "FAILED: $name: the input is the newest $dir/$name-*"
    fi
  done
  echo "$passed passed, $failed failed, 0 skipped"
  [ "$failed" -eq 0 ]
}

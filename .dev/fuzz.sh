# shellcheck shell=bash
# fuzz [SECONDS [NAME...]]: run each fuzz target for SECONDS (60), one on each core

fuzz_one() { # NAME SECONDS: its output is in fuzz_NAME.log, its exit code in fuzz_NAME.status
  local name=$1 seconds=$2 dir status=0 corpora
  dir=$(build_dir)/tests
  mkdir -p "$dir/corpus/$name" # new inputs go here; the stored corpus, if any, is read only
  corpora=("$dir/corpus/$name")
  if [ -d "$root/tests/fuzz/corpus/$name" ]; then corpora+=("$root/tests/fuzz/corpus/$name"); fi
  env "LSAN_OPTIONS=suppressions=$root/tests/lsan.supp" "$dir/fuzz_$name" -max_total_time="$seconds" \
    -timeout=30 -artifact_prefix="$dir/$name-" "${corpora[@]}" >"$dir/fuzz_$name.log" 2>&1 </dev/null || status=$?
  echo "$status" >"$dir/fuzz_$name.status"
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
    else
      failed=$((failed + 1))
      tail -n 60 "$log"
      echo "FAILED: $name: the input is the newest $dir/$name-*"
    fi
  done
  echo "$passed passed, $failed failed, 0 skipped"
  [ "$failed" -eq 0 ]
}

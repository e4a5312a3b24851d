# shellcheck shell=bash
# test [FILTER]: build everything, run the tests (those whose name matches FILTER)

verb_test() {
  [ $# -le 1 ] || die "test takes one FILTER, a regular expression on the names that 'ctest -N' lists"
  local dir status=0 counted passed failed skipped
  local harness=("${test_packages[@]}")
  case $preset in tsan | msan) harness=() ;; esac
  need_for_preset "${harness[@]}" ${NABLA_BROWSER:+"$NABLA_BROWSER"} ${NABLA_CROSS:+"${cross_packages[@]}"}
  configure -DNABLA_TESTS=ON
  build all
  dir=$(build_dir)
  rm -f "$dir"/tests/tap/*.tap "$dir/tests/junit.xml"
  ctest --test-dir "$dir" --output-on-failure --no-tests=error -j2 --output-junit "$dir/tests/junit.xml" \
    --test-output-size-passed 4000000 --test-output-size-failed 4000000 ${1:+-R "$1"} |
    awk -v slow=30 -v self="$self" -f "$root/.dev/lib/show_tests.awk" || status=$?
  grep -q '<testcase ' "$dir/tests/junit.xml" || die "no test ran${1:+: no name matches "$1"}"
  counted=$(awk -v taps="$dir/tests/tap/" -f "$root/.dev/lib/count_tests.awk" "$dir/tests/junit.xml")
  echo
  sed -n -e 's/^S /SKIPPED: /p' -e 's/^F /FAILED: /p' <<<"$counted"
  read -r passed failed skipped < <(sed -n 's/^C //p' <<<"$counted")
  if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
}

# shellcheck shell=bash
# lint: check the formatting, the layers (no upward include), the shell scripts and, by clang-tidy, the sources that differ from main

# Only what differs from main, for all sources take minutes: `./dev tidy`.
lint_changed() {
  local changed
  mapfile -t changed < <(cd "$root" && git diff --name-only --diff-filter=d main -- 'tensor/*.c' 'autograd/*.c' 'nn/*.c' 'apps/*.c' 2>/dev/null)
  [ ${#changed[@]} -eq 0 ] || run_verb tidy "${changed[@]}"
}

verb_lint() {
  local failed=0
  need clang-format shellcheck python3
  c_files | xargs -0 -r clang-format --dry-run -Werror || { say "the format differs: ./$self format mends it"; failed=1; }
  "$root/tests/check_includes.sh" "$root" || failed=1
  "$root/tests/check_functions.sh" "$root" >/dev/null || { say "more functions are too wide or long than there were: tests/check_functions.sh lists them"; failed=1; }
  "$root/tests/check_names.sh" "$root" || failed=1
  "$root/tests/check_repeats.sh" "$root" || failed=1
  python3 "$root/benchmarks/report.py" --check || failed=1
  # Verbs are sourced by dev, which sets their variables and stops at a cd that fails.
  (cd "$root" && shellcheck -e SC2034,SC2154,SC2164 .dev/*.sh .dev/lib/*.sh) || failed=1
  (cd "$root" && shellcheck dev .ci/run apps/sbnn/*.sh apps/sbnn/python/*.sh docs/*.sh tests/*.sh tests/*/*.sh) || failed=1
  lint_changed || failed=1
  [ "$failed" -eq 0 ] || return 1
  say "lint: nothing to mend"
}

# shellcheck shell=bash
# tutorials [NAME...]: build and run the programs of docs/tutorials; each prints a figure and checks it

verb_tutorials() { # [NAME...]
  local name names=("$@") passed=0 failed=0 skipped=0 status
  need_for_preset "${test_packages[@]}" dataset-fashion-mnist
  configure -DNABLA_TESTS=ON
  build tutorials
  if [ ${#names[@]} -eq 0 ]; then
    for name in "$root"/docs/tutorials/*.c; do names+=("$(basename "$name" .c)"); done
  fi
  cd "$(build_dir)"
  for name in "${names[@]}"; do
    [ -x "tutorials/$name" ] || die "there is no docs/tutorials/$name.c"
    echo "== $name"
    status=0
    "tutorials/$name" || status=$?
    case $status in
      0) passed=$((passed + 1)) ;;
      77) skipped=$((skipped + 1)) ;;
      *) failed=$((failed + 1)) && echo "FAILED: $name" ;;
    esac
  done
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
}

# shellcheck shell=bash
# tidy [FILE...]: clang-tidy by the profile .clang-tidy, on all C sources of the library and the tool, or on those named

verb_tidy() {
  local files=("$@") failed=0
  need_for_preset clang-tidy
  configure
  build nabla_version # a header that sources include
  cd "$root"
  if [ ${#files[@]} -eq 0 ]; then mapfile -t files < <(find tensor autograd nn apps -name '*.c' | sort); fi
  printf '%s\0' "${files[@]}" |
    xargs -0 -r -P "$(nproc)" -n 8 clang-tidy -p "$(build_dir)" --quiet 2>/dev/null || failed=1
  [ "$failed" -eq 0 ] || die "tidy: mend what is named above, or switch a check off in .clang-tidy, with the reason"
  say "tidy: nothing to mend in ${#files[@]} files"
}

# shellcheck shell=bash
# clean: remove every build directory

verb_clean() {
  local dir
  for dir in "$root"/build "$root"/build-*; do
    if [ -d "$dir" ]; then rm -rf "$dir"; fi
  done
}

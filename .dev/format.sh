# shellcheck shell=bash
# format: rewrite the C files in the project's format

verb_format() {
  need clang-format
  c_files | xargs -0 -r clang-format -i
}

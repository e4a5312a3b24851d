#!/usr/bin/env bash
# Feeds check_functions.sh a file with wide and long functions among what only looks like them: it names these and no others.
set -euo pipefail
check=$(realpath "$(dirname "$0")")/check_functions.sh
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir "$root/nn"

{
  printf 'int six(int a, int b, int c,\n        void (*d)(int, int, int), int e, int f) {\n  return a;\n}\n'
  printf 'static int seven(int a, int b, int c, int d,\n                 int e, int f, int g) {\n  return a;\n}\n'
  printf 'int declared(int a, int b, int c, int d, int e, int f, int g);\n'
  printf '#define MANY(a, b, c, d, e, f, g) \\\n  { \\\n  }\n'
  printf 'static const int table[] = {MANY(1, 2, 3, 4, 5, 6, 7)};\n/* int comment(int a, int b, int c, int d, int e, int f, int g) {\n} */\n'
  for lines in 40 41; do
    printf 'void lines_%d(void) {\n' $lines
    for ((i = 0; i < lines; i++)); do echo '  go();'; done
    echo '}'
  done
} >"$root/nn/example.c"

seen=$("$check" "$root" nn 2>/dev/null || true)
wanted='nn/example.c:5: seven: 7 parameters
nn/example.c:58: lines_41: 41 lines'
if [ "$seen" != "$wanted" ]; then
  printf 'check_functions_self: it says\n%s\nand not\n%s\n' "$seen" "$wanted" >&2
  exit 1
fi

#!/usr/bin/env bash
# Feeds check_repeats.sh files that repeat each other: ten lines, nine, and ten with a reason. It names the first only.
set -euo pipefail
check=$(realpath "$(dirname "$0")")/check_repeats.sh
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir "$root/nn"

lines() { # NAME COUNT: that many lines
  for ((i = 0; i < $2; i++)); do echo "  $1($i);"; done
}
{ lines ten 10 && lines nine 9 && lines excused 12; } >"$root/nn/a.c"
{ echo 'other();' && lines ten 10 | sed 's/^/  /; 4s/$/\n\n\/* a comment\n of two lines *\//' && echo '#include "a.h"'; } >"$root/nn/b.c"
{ echo 'third();' && lines nine 9; } >"$root/nn/c.c"
{ echo '/* The same lines as in a.c: for a reason. */' && lines excused 12; } >"$root/nn/d.c"

seen=$("$check" "$root" nn 2>/dev/null || true)
wanted='nn/b.c:2-14 ~ nn/a.c:1'
if [ "$seen" != "$wanted" ]; then
  printf 'check_repeats_self: it says\n%s\nand not\n%s\n' "$seen" "$wanted" >&2
  exit 1
fi

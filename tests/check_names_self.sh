#!/usr/bin/env bash
# Feeds check_names.sh two files with names of two meanings among those that are fine: it names these and no others.
set -euo pipefail
check=$(realpath "$(dirname "$0")")/check_names.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{tensor,autograd,nn,apps}
cat >"$tree/tensor/a.h" <<'C'
#ifndef A_H
#define A_H
typedef struct twice_struct {
  int only_here;
} twice_struct;
typedef enum twice_enum { RED, TWICE_RED } twice_enum;
enum {
  LENGTH, /* of a, b */
  TWICE_LENGTH
};
typedef int twice_function_type(int a);
struct opaque;
#define TWICE_MACRO 1
#define FOR_A_WHILE 1
#undef FOR_A_WHILE
int fine(int twice_struct_member);
#endif
C
cat >"$tree/nn/b.h" <<'C'
#ifndef B_H
#define B_H
typedef struct twice_struct {
  int only_there;
} twice_struct;
typedef enum twice_enum {
  TWICE_RED,
  GREEN
} twice_enum;
enum { TWICE_LENGTH };
typedef int (*twice_function_type)(int b);
typedef struct meaning {
  int a;
} meaning;
#define TWICE_MACRO 2
#define FOR_A_WHILE 2
#undef FOR_A_WHILE
#endif
C
printf 'int twice_function(int a) {\n  return a;\n}\nstatic int local(void) {\n  return 1;\n}\n' >"$tree/nn/a.c"
printf 'int twice_function(int a) {\n  return a;\n}\nstatic int local(void) {\n  return 2;\n}\nint meaning(void) {\n  return 3;\n}\n' >"$tree/nn/b.c"
seen=$("$check" "$tree" 2>"$tree/said" | sed 's/:.*//' | sort | tr '\n' ' ') || true
wanted='TWICE_LENGTH TWICE_MACRO TWICE_RED meaning twice_enum twice_function twice_function_type twice_struct '
if [ "$seen" != "$wanted" ]; then
  printf 'check_names_self: it says\n%s\nand not\n%s\n' "$seen" "$wanted" >&2
  exit 1
fi
if "$check" "$tree" >"$tree/said" 2>&1; then
  echo "check_names_self: it ends well with names of two meanings" >&2
  exit 1
fi

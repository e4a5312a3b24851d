#!/usr/bin/env bash
# check_functions.sh [ROOT [FOLDER...]]: functions that do not fit on a screen or in a head. Prints each definition with seven or more
# parameters or a body of more than 40 lines, as FILE:LINE: NAME: what. Folders: the layers. Exits 1 if there are more of them than
# MOST_WIDE and MOST_LONG; the aim is under ten and none, so these two may only fall. Reads C in the project's format: a
# definition begins in the first column.
set -euo pipefail
MOST_WIDE=9 MOST_LONG=0
cd "${1:-$(dirname "$0")/..}"
shift || true
folders=("$@")
[ ${#folders[@]} -gt 0 ] || folders=(tensor autograd nn apps)

# shellcheck disable=SC2016 # a program of awk
find "${folders[@]}" -type f \( -name '*.[ch]' -o -name '*.inc' \) -print0 | sort -z | xargs -0 -r awk -v wides="$MOST_WIDE" -v longs="$MOST_LONG" '
  function parameters(text,    i, c, depth, n, any) { # of "int f(int a, void (*g)(int, int)) {": 2
    n = 1
    for (i = index(text, "("); i <= length(text); i++) {
      c = substr(text, i, 1)
      if (c == "(") depth++
      else if (c == ")" && --depth == 0) break
      else if (c == "," && depth == 1) n++
      else if (depth >= 1 && c ~ /[A-Za-z]/) any = 1
    }
    return any ? n : 0
  }
  function name(text) { sub(/\(.*/, "", text); sub(/[ \t]+$/, "", text); sub(/.*[ *]/, "", text); return text }
  function say(what) { print FILENAME ":" first ": " name(head) ": " what }

  FNR == 1 { head = ""; inside = 0; macro = 0; comment = 0 }
  macro || /^[ \t]*#/ { macro = /\\$/; next }
  inside {
    if (/^}/) {
      inside = 0
      if (FNR - begun - 1 > 40) { say((FNR - begun - 1) " lines"); long++ }
      head = ""
    }
    next
  }
  comment { if (/\*\//) comment = 0; next }
  /^\/\*/ && !/\*\// { comment = 1; next }
  head == "" && /^[A-Za-z_]/ { head = $0; first = FNR }
  head != "" && first != FNR { head = head " " $0 }
  head != "" && /[;{}]$/ {
    before = head; sub(/\(.*/, "", before)
    if (head ~ /\{$/ && head ~ /\(/ && before !~ /[={]/ && before !~ /^(typedef|struct|enum|union) [^*]*$/) {
      n = parameters(head)
      if (n >= 7 && name(head) !~ /^(Test|ParameterizedTest)/) { say(n " parameters"); wide++ }
      inside = 1; begun = FNR
    } else if (head ~ /[;}]$/ || before ~ /[={]/ || head !~ /\(/) {
      if (head ~ /\{$/) { inside = 1; begun = FNR + 1e9 } else head = ""
    }
  }
  END {
    print "check_functions: " wide + 0 " with seven or more parameters, " long + 0 " of more than 40 lines" > "/dev/stderr"
    exit wide > wides || long > longs
  }'

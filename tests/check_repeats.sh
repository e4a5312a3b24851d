#!/usr/bin/env bash
# check_repeats.sh [ROOT [FOLDER...]]: ten or more lines that stand twice, to the letter but for white space. Blank lines, comments,
# includes and lines of punctuation alone do not count. Prints FILE:FIRST-LAST ~ FILE:FIRST and exits 1 if there is one, unless a
# comment says why: "The same lines as in FILE" within the five lines before the second one.
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
shift || true
folders=("$@")
[ ${#folders[@]} -gt 0 ] || folders=(tensor autograd nn apps tests benchmarks docs)

# shellcheck disable=SC2016 # a program of awk
find "${folders[@]}" -type f \( -name '*.[ch]' -o -name '*.inc' -o -name '*.def' -o -name '*.sh' -o -name '*.py' \) -print0 | sort -z |
  xargs -0 -r awk -v run=10 '
  function report() {
    if (matched >= run && !excused) { print file ":" from "-" last " ~ " there_file ":" there_from; bad++ }
    matched = 0
  }
  FNR == 1 { report(); n = 0; comment = 0; why = -100; file = FILENAME }
  /The same lines as in/ { why = FNR }
  comment { if (/\*\//) comment = 0; next }
  /^[ \t]*\/\*/ { if (!/\*\//) comment = 1; next }
  /^[ \t]*(#|$)/ && !/^[ \t]*#[ \t]*define/ { next }
  !/[A-Za-z0-9]/ { next }
  {
    gsub(/[ \t]+/, " "); sub(/^ /, "")
    if (length($0) > 2000) next
    text[n % run] = $0; at[n % run] = FNR; n++
    if (n < run) next
    key = ""
    for (i = n - run; i < n; i++) key = key "\n" text[i % run]
    start = at[(n - run) % run]
    if (key in seen) {
      if (!matched) {
        from = start; excused = start - why <= 5
        split(seen[key], there, SUBSEP); there_file = there[1]; there_from = there[2]
        matched = run - 1
      }
      matched++; last = FNR
    } else {
      report()
      seen[key] = FILENAME SUBSEP start
    }
  }
  END {
    report()
    print "check_repeats: " bad + 0 " repeats of " run " lines or more" > "/dev/stderr"
    exit bad > 0
  }'

#!/usr/bin/env bash
# check_names.sh [ROOT]: names that cross files and mean two things. Prints, and exits 1 for, each name that
#   - two headers declare as a type (struct, union, enum or a typedef of another), an enumerator or a macro;
#   - two files define as a function that other files can call;
#   - a header declares as a type and another one as a function, enumerator or macro.
# A file of rows (.def) may define and undefine its macros as often as it likes; so may a header that undefines them.
# Reads C in the project's format: a declaration of its own begins in the first column.
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

# shellcheck disable=SC2016 # a program of awk
find tensor autograd nn apps -type f \( -name '*.[ch]' -o -name '*.inc' \) -print0 | sort -z | xargs -0 -r awk '
  function note(name, kind) { # once a file: a header may declare what it also defines
    if (name == "" || (name, kind, FILENAME) in seen) return
    seen[name, kind, FILENAME] = 1
    places[name, kind] = places[name, kind] (((name, kind) in places) ? ", " : "") FILENAME
    if (++files[name, kind] == 2) twice[++n_twice] = name SUBSEP kind
    if (!(name in kinds)) names[++n_names] = name
    if (!index(" " kinds[name] " ", " " kind " ")) kinds[name] = kinds[name] " " kind
  }
  function word(text) { return match(text, /[A-Za-z_][A-Za-z0-9_]*/) ? substr(text, RSTART, RLENGTH) : "" }
  function enumerators(text,    part, n, i) {
    gsub(/\/\*[^*]*\*\//, "", text)
    n = split(text, part, ",")
    for (i = 1; i <= n; i++) if (part[i] ~ /[A-Za-z_]/) note(word(part[i]), "enumerator")
  }

  FNR == 1 { header = FILENAME ~ /\.h$/; guard = ""; inside = ""; comment = 0; macro = 0; delete mine }
  macro { macro = /\\$/; next }
  /^#/ {
    macro = /\\$/
    if (header && /^#ifndef/) guard = $2
    if (header && /^#define/ && $2 != guard) mine[FILENAME, word($2)] = 1
    if (header && /^#undef/) delete mine[FILENAME, $2]
    for (key in mine) { split(key, part, SUBSEP); pending[part[1], part[2]] = 1 }
    if (/^#undef/) delete pending[FILENAME, $2]
    next
  }
  comment { if (/\*\//) comment = 0; next }
  /^\/\*/ && !/\*\// { comment = 1; next }
  inside == "enum" {
    if (/^}/) { inside = ""; sub(/^} */, ""); if ($0 !~ /^;/) note(word($0), "type"); next }
    line = $0; sub(/\/\*.*/, "", line); enumerators(line)
    next
  }
  inside == "block" {
    if (/^}/) { inside = ""; sub(/^} */, ""); if (header && $0 ~ /^[A-Za-z_]/ && $0 !~ /^__attribute__/) note(word($0), "type") }
    next
  }
  header && /^(typedef )?enum [^;]*\{.*\}/ {
    body = $0; sub(/^[^{]*\{/, "", body); rest = body; sub(/\}.*/, "", body); sub(/^[^}]*\} */, "", rest)
    enumerators(body)
    if (rest ~ /^[A-Za-z_]/) note(word(rest), "type")
    next
  }
  /^(typedef )?enum[^;()]*\{$/ { inside = header ? "enum" : "block"; next }
  /^(typedef )?(struct|union)[^;()]*\{/ { if (!/\};?$|\}.*;$/) inside = "block"; if (header && /^struct [a-z_0-9]+ \{/) note($2, "struct"); next }
  header && /^typedef .*\(\*?[a-z_0-9]+\)\(/ { line = $0; sub(/^[^(]*\(\*?/, "", line); note(word(line), "type"); next }
  header && /^typedef [a-z_0-9 ]+ \*?[a-z_0-9]+\(/ { line = $0; sub(/\(.*/, "", line); sub(/.*[ *]/, "", line); note(line, "type"); next }
  !header && /^[A-Za-z_].*\(/ && !/^(static|typedef|extern|else|INLINE|ISA|Test|#)/ && !/;$/ && !/^[A-Z_]+\(/ {
    line = $0; sub(/\(.*/, "", line)
    if (line !~ /=/ && line ~ /[ *]/) { sub(/.*[ *]/, "", line); if (line ~ /^[a-z][a-z0-9_]*$/) note(line, "function") }
    if (/\{$/) inside = "block"
    next
  }
  /^static .*\{$/ || /^[A-Za-z_].*\) \{$/ { inside = "block" }

  END {
    for (key in pending) { split(key, part, SUBSEP); FILENAME = part[1]; note(part[2], "macro") }
    for (i = 1; i <= n_twice; i++) {
      split(twice[i], part, SUBSEP)
      print part[1] ": " part[2] " in " places[part[1], part[2]]
      bad++
    }
    for (i = 1; i <= n_names; i++)
      if (split(kinds[names[i]], part, " ") > 1 && kinds[names[i]] != " struct type" && kinds[names[i]] != " type struct") {
        print names[i] ": is" kinds[names[i]]
        bad++
      }
    print "check_names: " n_names " names, " bad + 0 " with two meanings" > "/dev/stderr"
    exit bad > 0
  }'

#!/usr/bin/env bash
# check_architecture.sh [ROOT]: each file and folder that docs/architecture.md names exists, in the tree of its section "The
# house" and between backquotes. NAME and VERB stand for any name; command.json is a file of a run.
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
page=docs/architecture.md
suffixes='c|h|sh|def|inc|md|py|tsv|cmake'

named() {
  grep -oE '`[A-Za-z0-9_./-]+(\.('"$suffixes"')|/)`' "$page" | tr -d '`'
  sed -n 's/^    //p' "$page" | grep -oE "[A-Za-z0-9_./]+\.($suffixes)\b|^ *([A-Za-z0-9_./]+/ )+" | tr ' ' '\n'
}

paths=$(find apps autograd benchmarks cmake docs nn tensor tests .ci .dev .dev/lib; find . -maxdepth 1 -type f | sed 's#^\./##')
missing=$(named | sed 's#/*$##' | grep -vE 'NAME|VERB|^command\.json$|^$' | LC_ALL=C sort -u | while IFS= read -r name; do
  grep -qE "(^|/)${name//./\\.}$" <<<"$paths" || echo "$name"
done)
if [ -n "$missing" ]; then
  printf 'check_architecture: %s names what does not exist:\n%s\n' "$page" "$missing" >&2
  exit 1
fi

#!/usr/bin/env bash
# check_fetch.sh FETCH SBNN: what `./dev fetch` does with files, on small ones at addresses of this machine.
set -euo pipefail
fetch=$(realpath "$1") sbnn=$(realpath "$2")
command -v curl >/dev/null || { echo "SKIPPED: there is no curl"; exit 77; }
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
cd "$top"
mkdir there
printf 'gene,c1,c2,c3\ng1,1,0,3\ng2,0,5,1\n' >there/x.csv
printf 'cell,r1\nc1,1\nc2,2\nc3,4\n' >there/y.csv
tab=$'\t'
row() { printf '%s\n' "$1$tab$2$tab$3$tab$4" >>table.tsv; }
for set in good tall far; do
  row $set x x.csv "file://$top/there/x.csv"
  row $set y y.csv "file://$top/there/$([ $set = far ] && echo absent.csv || echo y.csv)"
  row $set shape - "$([ $set = tall ] && echo '3 2000 1' || echo '3 2+ 1')"
done

failures=0
expect() { # CODE TEXT SET DIR
  local code=0 said
  said=$("$fetch" "$sbnn" table.tsv "$3" "$4" 2>&1) || code=$?
  if [ "$code" -ne "$1" ] || [[ $said != *"$2"* ]]; then
    echo "fetch $3 $4: exit code $code, not $1, or no '$2' in: $said"
    failures=$((failures + 1))
  fi
}
expect 0 "good: 3 cells, 2 genes, 1 responses" good a
grep -qF "$(sha256sum <there/x.csv | cut -d' ' -f1)  x.csv" a/SHA256SUMS || { echo "no hash recorded"; failures=1; }
[ -s a/good.data ] || { echo "no data file"; failures=1; }
rm there/y.csv
expect 0 "good: 3 cells" good a # nothing is fetched again
echo 'c4,9' >>a/y.csv
expect 1 "a/y.csv is not the file" good a
expect 1 "y.csv cannot be fetched; with no network here, copy y.csv into b" good b
[ ! -e b/y.csv.part ] || { echo "a part is left"; failures=1; }
printf 'cell,r1\nc1,1\nc2,2\nc3,4\n' >b/y.csv
expect 0 "good: 3 cells" good b # brought by other means
printf 'cell,r1\nc1,1\nc2,2\nc3,4\n' >there/y.csv
expect 1 "tall has 3 cells, 2 genes and 1 responses, not 3, 2000 and 1" tall c
[ ! -e c/tall.data ] || { echo "a data file of the wrong shape is left"; failures=1; }
expect 1 "absent.csv cannot be fetched" far d
expect 1 "no data set 'm2': good tall far" m2 e
printf 'nonsense' >there/x.csv
expect 1 "x.csv" good f
[ "$failures" -eq 0 ]

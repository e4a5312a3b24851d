#!/usr/bin/env bash
# check_generated.sh SBNN: what `sbnn --generate` prints is what man, bash, zsh, fish and JSON's readers take. A checker that is not
# installed is named; bash always is.
set -euo pipefail
sbnn=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() {
  echo "check_generated: $*" >&2
  exit 1
}
missing() { echo "check_generated: no $1 here, which would check the $2"; }

for kind in man bash zsh fish; do "$sbnn" --generate "$kind" >"$dir/$kind"; done
mv "$dir/man" "$dir/sbnn.1"

bash -n "$dir/bash" || fail "bash refuses the completion"
complete_bash() { # WORD...: what is offered for the last word
  bash --norc -c 'compopt() { :; }; source "$1"; shift; COMP_WORDS=(sbnn "$@"); COMP_CWORD=$#; _sbnn; echo "${COMPREPLY[*]}"' \
    _ "$dir/bash" "$@"
}
[ "$(complete_bash tr)" = train ] || fail "bash does not complete 'sbnn tr'"
[ "$(complete_bash cv --prot)" = --protocol ] || fail "bash does not complete 'sbnn cv --prot'"
[ "$(complete_bash cv --protocol "")" = "strict paper" ] || fail "bash does not offer the words of --protocol"
[ "$(complete_bash cv --protocol = s)" = strict ] || fail "bash does not complete 'sbnn cv --protocol=s'"
[ -z "$(complete_bash train --protocol)" ] || fail "bash offers train an option that is cv's"

if command -v zsh >/dev/null; then zsh -n "$dir/zsh" || fail "zsh refuses the completion"; else missing zsh "zsh completion"; fi
if command -v fish >/dev/null; then
  fish -n "$dir/fish" || fail "fish refuses the completion"
  offered=$(HOME=$dir fish -c "source $dir/fish; complete -C 'sbnn cv --protocol '" | cut -f1 | tr '\n' ' ')
  [ "$offered" = "paper strict " ] || fail "fish offers '$offered' for --protocol"
else
  missing fish "fish completion"
fi
if command -v mandoc >/dev/null; then
  mandoc -T lint -W warning "$dir/sbnn.1" || fail "mandoc warns of the manual page"
else
  missing mandoc "manual page"
fi
if command -v man >/dev/null && [ -e "$(command -v groff || true)" ]; then
  warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l "$dir/sbnn.1" 2>&1 >/dev/null)
  [ -z "$warnings" ] || fail "man warns of the manual page: $warnings"
else
  missing "man and groff" "manual page"
fi
"$sbnn" --generate json >"$dir/json"
if command -v python3 >/dev/null; then
  python3 -m json.tool "$dir/json" /dev/null || fail "python3 refuses the JSON"
else
  missing python3 JSON
fi
grep -q '"lasso":{"kind":"auto","value":"NUMBER","needs":"a number of at least 0, or auto","default":"0.1","lowest":0,' "$dir/json" ||
  fail "--lasso is not in the JSON as it is in the table"
for option in $("$sbnn" help train | sed -nE 's/^  --([a-z0-9-]+).*/\1/p'); do
  grep -qF -- "\\-\\-${option//-/\\-}" "$dir/sbnn.1" || fail "--$option is not in the manual page"
  grep -qF -- "\"$option\":{" "$dir/json" || fail "--$option is not in the JSON"
  grep -qF -- "-l $option" "$dir/fish" || fail "--$option is not in the fish completion"
  grep -qF -- "'--$option" "$dir/zsh" || fail "--$option is not in the zsh completion"
done
"$sbnn" --generate perl 2>/dev/null && fail "--generate perl is taken"
[ "$("$sbnn" --generate 2>&1 || true)" = "sbnn: --generate needs man, bash, zsh, fish or json" ] || fail "--generate alone"
echo "check_generated: manual page, completions and JSON hold"

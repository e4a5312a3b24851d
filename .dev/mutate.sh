# shellcheck shell=bash
# mutate [FILE [SHARE]]: change one operator at a time and see whether a test notices (tests/mutants.tsv); SHARE 10: every tenth

# A mutant is compiled by itself and linked before the library, so that neither tree nor build change.
mutant_noticed() { # SOURCE TEXT OBJECT TEST...: 0 if a test fails or it does not compile
  local source=$1 text=$2 object=$3 test link compile
  compile=$(ninja -C "$(build_dir)" -t commands -s "$object" | tail -n 1)
  cp "$text" "$work/$(basename "$source")"
  compile=${compile//" -o $object"/" -o $work/mutant.o -I$root/$(dirname "$source") -I$root/apps/sbnn"}
  compile=${compile/%" -c "*/" -c $work/$(basename "$source")"}
  (cd "$(build_dir)" && eval "$compile") >"$work/said" 2>&1 || return 2
  for test in "${@:4}"; do
    link=$(ninja -C "$(build_dir)" -t commands -s "tests/$test" | tail -n 1)
    link=${link//" -o tests/$test "/" $work/mutant.o -o $work/$test "}
    (cd "$(build_dir)" && eval "${link%% && :}") >"$work/said" 2>&1 || return 2
    (cd "$work" && timeout 60 "./$test" >"$work/said" 2>&1) || return 0
  done
  return 1
}

mutate_file() { # SOURCE SHARE
  local source=$1 share=$2 object tests line text status=0 number=0
  read -r -a tests < <(sed -n "s#^$source\t##p" "$root/tests/mutants.tsv")
  [ ${#tests[@]} -gt 0 ] || die "mutate: tests/mutants.tsv has no row of $source"
  build "${tests[@]}"
  object=$(ninja -C "$(build_dir)" -t targets all | sed -n "s#^\(CMakeFiles/.*/$source\.o\):.*#\1#p" | head -n 1)
  awk -f "$root/.dev/lib/mutants.awk" "$root/$source" >"$work/mutants"
  # Unchanged, it must pass: else nothing that follows says anything.
  cp "$root/$source" "$work/source.c"
  mutant_noticed "$source" "$work/source.c" "$object" "${tests[@]}" || status=$?
  [ "$status" -eq 1 ] || die "mutate: the tests of $source fail without a change"
  while IFS=$'\t' read -r line text; do
    number=$((number + 1))
    [ $((number % share)) -eq 0 ] || continue
    LINE=$line TEXT=$text awk 'NR == ENVIRON["LINE"] { print ENVIRON["TEXT"]; next } { print }' "$root/$source" >"$work/source.c"
    status=0
    mutant_noticed "$source" "$work/source.c" "$object" "${tests[@]}" || status=$?
    case $status in
      0) noticed=$((noticed + 1)) ;;
      1) survived=$((survived + 1)) && echo "survived: $source:$line: $text" ;;
      *) unbuilt=$((unbuilt + 1)) ;;
    esac
  done <"$work/mutants"
}

verb_mutate() {
  local files=() noticed=0 survived=0 unbuilt=0 file
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  if [ $# -gt 0 ]; then files=("$1"); else mapfile -t files < <(sed -n 's/^\([^#\t]*\)\t.*/\1/p' "$root/tests/mutants.tsv"); fi
  need_for_preset "${test_packages[@]}"
  configure -DNABLA_TESTS=ON
  for file in "${files[@]}"; do mutate_file "$file" "${2:-1}"; done
  [ $((noticed + survived)) -gt 0 ] || die "mutate: no mutant could be built"
  echo "mutate: $noticed noticed, $survived survived, $unbuilt unbuilt, score $((100 * noticed / (noticed + survived)))"
}

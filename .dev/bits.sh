# shellcheck shell=bash
# bits [keep]: train the golden runs by gcc and clang, -O1 and -O3, every instruction set, 1 to 8 threads: one hash each; keep: store them

# COMPILER LEVEL: builds and runs the test; its lines "bits TAB isa TAB class TAB threads TAB hash" go to $said. -O3 are
# the builds that there are anyway.
bits_of() {
  local compiler=$1 level=$2 flags=()
  preset=release
  [ "$compiler" = gcc ] || preset=clang
  if [ "$level" = O1 ]; then
    flags=(-B "$root/build-bits-$compiler" -DCMAKE_C_COMPILER="$compiler" "-DCMAKE_C_FLAGS_RELEASE=-O1 -DNDEBUG" -DNABLA_APPS=OFF)
    preset=bits-$compiler
    quietly "configuring" cmake -S "$root" -G Ninja -DCMAKE_BUILD_TYPE=Release -DNABLA_TESTS=ON "${flags[@]}"
  else
    configure -DNABLA_TESTS=ON
  fi
  build test_bits
  (cd "$(build_dir)" && OMP_WAIT_POLICY=passive tests/test_bits 2>&1) >"$said" || true
  grep -q '^bits' "$said" || { cat "$said" && die "bits: the test did not run"; }
}

# Rewrites the stored hashes from the lines of one run.
keep_bits() { # LINES
  local stored=$root/tests/golden/bits.tsv
  { grep '^#' "$stored" && awk -F'\t' '$1 == "bits" && $5 && $4 == 1 && !($3 in seen) { seen[$3] = 1; print $3 "\t" $5 }' "$1"; } >"$stored.new"
  mv "$stored.new" "$stored"
}

verb_bits() {
  local compiler level
  [[ ${1:-keep} = keep ]] || die "bits: '$1' is not 'keep'"
  said=$(mktemp) all=$(mktemp)
  trap 'rm -f "$said" "$all"' EXIT
  preset=clang
  need_for_preset libcriterion-dev
  for compiler in gcc clang; do
    for level in O1 O3; do
      bits_of "$compiler" "$level"
      sed -n "s/^bits\t/$compiler\t-$level\t/p" "$said" >>"$all"
      if [ "${1:-}" = keep ] && [ "$compiler$level" = gccO3 ]; then keep_bits "$said"; fi
    done
  done
  awk -F'\t' '
    FNR == NR { if ($0 !~ /^#/) stored[$1] = $2; next }
    $4 ~ /^SKIPPED/ { skipped++; printf "%-6s %-4s %-9s %s\n", $1, $2, $3, $4; next }
    {
      same = $6 == stored[$4]
      same ? passed++ : failed++
      printf "%-6s %-4s %-9s %d threads  %s  %s\n", $1, $2, $3, $5, $6, same ? "as stored" : "DIFFERS from " stored[$4]
    }
    END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 || !passed }
  ' "$root/tests/golden/bits.tsv" "$all"
}

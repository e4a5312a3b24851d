# shellcheck shell=bash
# conformance NAME: run a suite that nobody here wrote (tests/conformance): optimizers, nist, modules ...
# conformance NAME export: make its fixtures anew, from the peer (a virtual environment)

verb_conformance() { # NAME [export]
  local name=${1:-} file known="" suite
  for file in "$root"/tests/conformance/*.c; do known="$known $(basename "$file" .c)"; done
  suite=$root/tests/conformance/$name
  if [ -z "$name" ] || [ ! -f "$suite.c" ]; then die "conformance takes the name of a suite:$known"; fi
  if [ "${2:-}" = export ]; then
    [ -f "$suite.py" ] || die "$name has no exporter"
    venv "$root/tests/conformance/requirements.txt"
    "$root/.venv/bin/python" "$suite.py" "$suite.tsv"
  fi
  need_for_preset "${test_packages[@]}"
  configure -DNABLA_TESTS=ON
  build "conformance_$name"
  "$(build_dir)/tests/conformance_$name"
}

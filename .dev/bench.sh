# shellcheck shell=bash
# bench [NAME...]: build and run the benchmarks (those named, or all: docs/performance.md says what each tells)
# bench compare: the paper's cross-validation beside Keras, PyTorch and JAX, in a virtual environment (half an hour)
# bench models [NAME...]: usual networks beside PyTorch, JAX and Keras (benchmarks/models/README.md), likewise
# bench store: keep the time of a training step
# bench check: fail if a training step has become slower than the one kept
# bench whole: time and memory of the whole command
# bench scale: how the cost grows with cells and genes
# bench gradbench [NAME...]: GradBench's own evaluations against our tool (NABLA_GRADBENCH: its checkout)
# bench report: README's table and the plots, from what is stored in benchmarks/results

bench_programs() { # builds them
  need_for_preset python3 libblis-pthread-dev
  configure -DNABLA_BENCHMARKS=ON
  build all
}

verb_bench() {
  local program names=("$@") scripts=$root/benchmarks
  export NABLA_DATA=${NABLA_DATA:-$root/../shared}
  case ${1:-} in
    compare)
      bench_programs
      venv "$scripts/compare/requirements.txt"
      "$root/.venv/bin/python" "$scripts/compare/compare.py" --build "$(build_dir)" "${@:2}"
      return
      ;;
    models)
      need dataset-fashion-mnist
      bench_programs
      venv "$scripts/models/requirements.txt"
      "$root/.venv/bin/python" "$scripts/models/models.py" --build "$(build_dir)" "${@:2}"
      return
      ;;
    store | check | whole | scale)
      bench_programs
      python3 "$scripts/$1.py" --build "$(build_dir)" "${@:2}"
      return
      ;;
    gradbench)
      [ -n "${NABLA_GRADBENCH:-}" ] || die "NABLA_GRADBENCH must name a checkout of github.com/gradbench/gradbench"
      venv "$scripts/gradbench/requirements.txt"
      need_for_preset
      configure -DNABLA_BENCHMARKS=ON
      build gradbench_tool
      "$root/.venv/bin/python" "$scripts/gradbench/run.py" "$(build_dir)/bin/gradbench" "${@:2}"
      return
      ;;
    report)
      venv "$scripts/requirements.txt"
      "$root/.venv/bin/python" "$scripts/report.py"
      return
      ;;
  esac
  bench_programs
  if [ ${#names[@]} -eq 0 ]; then
    for program in "$root"/benchmarks/*.c; do
      if [ -e "$program" ]; then names+=("$(basename "$program" .c)"); fi
    done
  fi
  [ ${#names[@]} -gt 0 ] || die "there is no benchmarks/*.c yet"
  for program in "${names[@]}"; do
    [ -x "$(build_dir)/benchmarks/$program" ] || die "no benchmark called $program"
    echo "== $program"
    "$(build_dir)/benchmarks/$program"
  done
}

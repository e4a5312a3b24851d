# shellcheck shell=bash
# bench [NAME...]: build and run the benchmarks (those named, or all: docs/performance.md says what each tells)
# bench compare: the paper's cross-validation beside Keras, PyTorch and JAX, in a virtual environment (half an hour)
# bench models [NAME...]: usual networks beside PyTorch, JAX and Keras (benchmarks/models/README.md), likewise
# bench store: keep the time of a training step
# bench check: fail if a training step has become slower than the one kept
# bench whole: time and memory of the whole command
# bench scale: how the cost grows with cells and genes
# bench gradbench [NAME...]: GradBench's own evaluations against our tool (NABLA_GRADBENCH: its checkout)
# bench ranks [LATENCY BANDWIDTH]: one model on 1 and 2 processes of MPI; from the cost of an exchange, what 1024 would give
# bench report: README's table and the plots, from what is stored in benchmarks/results

bench_programs() { # builds them
  need_for_preset python3 libblis-pthread-dev
  configure -DNABLA_BENCHMARKS=ON
  build all
}

bench_ranks() { # [LATENCY BANDWIDTH], in seconds and bytes a second
  local dir line program parameters=2678824 # bytes of data_parallel's network: 784-512-512-10
  need_for_preset openmpi-bin libopenmpi-dev
  configure
  build nabla
  dir=$(build_dir)
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1
  for program in docs/tutorials/mpi/data_parallel benchmarks/mpi/cost; do
    mpicc.openmpi -O2 -I "$dir/generated/public" "$root/$program.c" "$dir/libnabla.a" -fopenmp -lz -ljansson -lpthread -lm \
      -o "$dir/$(basename "$program")"
  done
  line=$(mpirun.openmpi -n 1 "$dir/data_parallel" 3)
  echo "$line"
  mpirun.openmpi -n 2 "$dir/data_parallel" 3
  # 3 epochs of 128 shards
  mpirun.openmpi -n 2 "$dir/cost" "$parameters" "$(sed -E 's/.* ([0-9.]+) s, .*/\1/' <<<"$line" | awk '{ print $1 / 384 }')" "$@"
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
    ranks)
      bench_ranks "${@:2}"
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

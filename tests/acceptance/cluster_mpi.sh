# shellcheck shell=bash
# cluster_mpi.sh - sbnn under mpirun, for cluster.sh: the same results from 1, 2 and 3 processes; one that dies, signals, processes
# that do not fit together. Each for Open MPI and for MPICH. Every run has a limit of time.
# shellcheck disable=SC2154 # mode, cv and path are of cluster.sh

: "${build:?}" "${work:?}" "${sbnn:?}"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
LIMIT=600

launch() { # MPI ARGUMENT...: of mpirun
  local mpi=$1
  shift
  timeout -s KILL "$LIMIT" "mpirun.$mpi" "$@"
}

# What mpirun itself says is not ours.
own_sentences() { grep -c '^sbnn: ' "$1" || true; }

# Of run.json what does not tell times, paths and how it was started.
facts() { # NAME
  python3 -c "import json, sys
all = json.load(open(sys.argv[1]))
for key in ('command', 'genes_verdict', 'inputs', 'notes', 'protocol', 'results', 'resume_key', 'seed'):
  print(key, json.dumps(all.get(key), sort_keys=True))" "$work/$1/run.json"
}

mpi_same() { # MPI PROCESSES NAME COMMAND...: against the plain run NAME
  local mpi=$1 n=$2 name=$3
  shift 3
  launch "$mpi" -n "$n" "$build/bin/$mpi/sbnn" "$@" --threads 1 --out "$work/$name-$mpi-$n" >"$work/log" 2>&1 || tail -n 5 "$work/log"
  check "$mpi, $n processes, $name: files that differ from the plain run's" "$(differing "$name" "$name-$mpi-$n")" 0 0
  check "$mpi, $n processes, $name: lines of run.json that differ, but for times" \
    "$(diff <(facts "$name") <(facts "$name-$mpi-$n") | grep -c '^[<>]' || true)" 0 0
}

# Fewer genes and folds: a run of some seconds. Open MPI's mpirun waits a second before it sends a signal on: where one is sent,
# more folds, so that it comes in the middle.
few=(cv --data "$work/data.safetensors" --recipe denoise --variable-genes 300 --epochs-finetune 200)
small=("${few[@]}" --folds 8) long=("${few[@]}" --folds 32)

long_start() { # MPI: three processes, each with its exit code in a file; until the first part is there
  local mpi=$1
  rm -rf "$work/long-$mpi" "$work"/code.*
  # shellcheck disable=SC2016 # of the inner shell
  launch "$mpi" -n 3 sh -c 'trap : INT TERM; "$@"; echo $? >"$0.${OMPI_COMM_WORLD_RANK:-$PMI_RANK}"' "$work/code" \
    "$build/bin/$mpi/sbnn" "${long[@]}" --threads 1 --quiet --out "$work/long-$mpi" >"$work/log" 2>&1 &
  launched=$!
  for _ in $(seq 600); do
    if compgen -G "$work/long-$mpi/.incoming/resume/*.safetensors" >/dev/null; then return; fi
    sleep 0.05
  done
}

process_of() { # MPI RANK: its number
  local pid
  for pid in $(pgrep -f "^$build/bin/$1/sbnn .*--out $work/long-$1"); do
    if tr '\0' '\n' <"/proc/$pid/environ" | grep -qE "^(OMPI_COMM_WORLD_RANK|PMI_RANK)=$2\$"; then echo "$pid" && return; fi
  done
}

long_end() { # MPI WHAT: what was finished is kept, and the run goes on from there
  local mpi=$1 begin=$SECONDS
  wait "$launched" 2>/dev/null || true
  check "$mpi, $2: seconds until all have ended" "$((SECONDS - begin))" 0 5
  check "$mpi, $2: processes left" "$(pgrep -fc "^$build/bin/$mpi/sbnn .*long-$mpi" || true)" 0 0
  launch "$mpi" -n 2 "$build/bin/$mpi/sbnn" "${long[@]}" --threads 1 --quiet --resume --out "$work/long-$mpi" >"$work/resumed" 2>&1 ||
    tail -n 3 "$work/resumed"
  check "$mpi, $2, then --resume: files that differ from the plain run's" "$(differing long "long-$mpi")" 0 0
}

mpi_signals() { # MPI
  local mpi=$1 name
  for name in INT TERM; do
    long_start "$mpi"
    pkill -"$name" -P "$(pgrep -P "$launched" timeout)" # mpirun alone: timeout would send it twice, and the second kills
    long_end "$mpi" "SIG$name"
    # Open MPI's mpirun kills the others when the first has ended.
    check "$mpi, SIG$name: processes that ended with 130" "$(cat "$work"/code.* | grep -cx 130 || true)" "$([ "$mpi" = openmpi ] && echo 1 || echo 3)" 3
    check "$mpi, SIG$name: processes that ended otherwise" "$(cat "$work"/code.* | grep -vcx 130 || true)" 0 0
    check "$mpi, SIG$name: sentences of ours" "$(own_sentences "$work/log")" 1 1
  done
}

mpi_death() { # MPI
  local mpi=$1
  long_start "$mpi"
  kill -KILL "$(process_of "$mpi" 1)"
  long_end "$mpi" "a process killed"
  # MPICH's mpirun kills the others at once, and tells of it.
  check "$mpi, a process killed: sentences of ours" "$(own_sentences "$work/log")" "$([ "$mpi" = openmpi ] && echo 1 || echo 0)" 1
  if [ "$mpi" = openmpi ]; then
    check "$mpi, a process killed: it is named, with the way on" "$(grep -c 'process 2 of 3 is lost.*--resume' "$work/log" || true)" 1 1
  fi
}

mpi_refused() { # MPI WHAT PATTERN ARGUMENT...: of mpirun; one sentence, and no results
  local mpi=$1 what=$2 pattern=$3
  shift 3
  rm -rf "$work/refused"
  launch "$mpi" "$@" >"$work/log" 2>&1 && echo "exit code 0" >>"$work/log"
  check "$mpi, $what: one sentence" "$(own_sentences "$work/log")" 1 1
  check "$mpi, $what: as it should be" "$(grep -cE "^sbnn: .*$pattern" "$work/log" || true)" 1 1
  check "$mpi, $what: results" "$(find "$work/refused" -name run.json 2>/dev/null | wc -l)" 0 0
}

mpi_misfits() { # MPI
  local mpi=$1 program=$build/bin/$1/sbnn one=("${small[@]}" --threads 1 --quiet --out "$work/refused")
  mpi_refused "$mpi" "other options" "process 2 of 2: options, data or build are different" \
    -n 1 "$program" "${one[@]}" : -n 1 "$program" "${one[@]}" --seed 3
  mpi_refused "$mpi" "data that cannot be read" "nothing.safetensors" -n 2 "$program" "${one[@]}" --data "$work/nothing.safetensors"
  mpi_refused "$mpi" "a command that does not divide" "mpirun has started 2 processes" -n 2 "$program" train --data "$work/data.safetensors" --quiet --out "$work/refused"
  mpi_refused "$mpi" "an unknown option" "nothing" -n 2 "$program" "${one[@]}" --nothing
  mkdir -p "$work/elsewhere"
  mpi_refused "$mpi" "a folder that is not shared" "process 2 of 2: refused-here.*same|all machines share" \
    -wdir "$work" -n 1 "$program" "${one[@]}" --out refused-here : -wdir "$work/elsewhere" -n 1 "$program" "${one[@]}" --out refused-here
  mpi_refused "$mpi" "a full folder" "not empty" -n 2 "$program" "${one[@]}" --out "$work/cv"
}

mpi_once() { # MPI: one line for each model, whoever trained it, and one end
  local mpi=$1
  launch "$mpi" -n 3 "$build/bin/$mpi/sbnn" "${small[@]}" --threads 1 --out "$work/once-$mpi" >"$work/log" 2>&1 || true
  check "$mpi, 3 processes: lines of progress" "$(grep -cE '^[1-8]/8 ' "$work/log" || true)" 8 8
  check "$mpi, 3 processes: words at the end" "$(grep -c '^Results are in' "$work/log" || true)" 1 1
}

# Two processes of one thread beside one of two: how much of that speed they reach. Two rounds in turn, the best of each. As many
# models as cross-validation of ten folds by ten restarts has.
mpi_speed() { # MPI
  local mpi=$1 round begin threads=999999 processes=999999 single=0 took
  set -- stability --data "$work/data.safetensors" --recipe denoise --restarts 100
  for round in 1 2; do
    begin=$(date +%s%N) && "$sbnn" "$@" --threads 2 --quiet --out "$work/speed-$round-t" && took=$(($(date +%s%N) - begin)) && took=$((took / 1000000))
    if [ "$took" -lt "$threads" ]; then threads=$took; fi
    begin=$(date +%s%N) && launch "$mpi" -n 2 "$build/bin/$mpi/sbnn" "$@" --threads 1 --quiet --out "$work/speed-$round-p"
    took=$((($(date +%s%N) - begin) / 1000000))
    if [ "$took" -lt "$processes" ]; then processes=$took; fi
    if [ "$round" = 1 ]; then
      begin=$(date +%s%N) && "$sbnn" "$@" --threads 1 --quiet --out "$work/speed-1-1" && single=$((($(date +%s%N) - begin) / 1000000))
    fi
    rm -rf "$work"/speed-*
  done
  echo "      $mpi: one thread $single ms, two threads $threads ms, two processes $processes ms"
  check "$mpi, 2 processes: part of the speed-up of 2 threads" "$(awk -v t="$threads" -v p="$processes" 'BEGIN { printf "%.3f", t / p }')" 0.97 9
}

mpi_build() { # before any run, since results are bound to the build
  local mpi
  for mpi in openmpi mpich; do cmake --build "$build" --target sbnn "sbnn_$mpi" >"$work/build-$mpi" 2>&1 </dev/null || true; done
}

mpi_all() { # MPI
  local mpi=$1 n
  if [ ! -x "$build/bin/$mpi/sbnn" ]; then skip "sbnn under mpirun of $mpi" "its library is not installed ($(tail -n 1 "$work/build-$mpi"))" && return; fi
  if ! launch "$mpi" -n 2 true >"$work/log" 2>&1; then skip "sbnn under mpirun of $mpi" "mpirun.$mpi cannot start ($(head -n 1 "$work/log"))" && return; fi
  for n in 1 2 3; do mpi_same "$mpi" "$n" small "${small[@]}"; done
  mpi_same "$mpi" 2 srrr srrr --data "$work/data.safetensors"
  mpi_once "$mpi"
  mpi_signals "$mpi"
  mpi_death "$mpi"
  mpi_misfits "$mpi"
  if [ "$mode" = quick ]; then return; fi
  for n in 1 2 3; do mpi_same "$mpi" "$n" cv cv --data "$work/data.safetensors" "${cv[@]}"; done
  mpi_same "$mpi" 3 stability stability --data "$work/data.safetensors" --restarts 10
  mpi_same "$mpi" 2 path "${path[@]}"
  mpi_speed "$mpi"
}

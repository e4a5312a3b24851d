#!/usr/bin/env bash
# cluster.sh SBNN [quick]: shards of M1 cross-validation and of ten restarts in random order, one killed and repeated, merged and
# compared with the plain run byte for byte; the same through Slurm, snakemake and mpirun (Open MPI, MPICH); bad input; one model on
# 1, 2 and 4 ranks; two hosts (network namespaces). quick: the denoising recipe. What cannot start here is skipped, and said.
# needs: openmpi-bin libopenmpi-dev mpich libmpich-dev slurmctld slurmd slurm-client iproute2
# needs of Python: requirements.txt
set -euo pipefail
sbnn=$(readlink -f "$1") mode=${2:-full}
# shellcheck source=tests/acceptance/common.sh
. "$(dirname "$0")/common.sh"
build=$(dirname "$(dirname "$sbnn")")
# shellcheck source=tests/acceptance/cluster_mpi.sh
. "$root/tests/acceptance/cluster_mpi.sh"
# shellcheck source=tests/acceptance/cluster_bad.sh
. "$root/tests/acceptance/cluster_bad.sh"
use_tables "shards on M1" m1 gene_counts.csv ephys_values.csv
skipped=0 started=() hosts=() disks=()
clean_up() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for disk in "${disks[@]}"; do umount "$disk" 2>/dev/null || true; done
  for host in "${hosts[@]}"; do ip netns del "$host" 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT
recipe=paper cv=(--both)
if [ "$mode" = quick ]; then recipe=denoise cv=(--folds 6); fi
export SBNN_RECIPE=$recipe OMP_WAIT_POLICY=passive

skip() { # WHAT WHY
  echo "SKIPPED: $1: $2"
  skipped=$((skipped + 1))
}

# Files that differ between a plain and a merged folder; run.json tells times, paths and the command line.
differing() { diff -rq --exclude=run.json --exclude=.snakemake_timestamp "$work/$1" "$work/$2" 2>&1 | wc -l; }

shards() { # NAME COMMAND...: 20 shards in random order, two at a time; number 7 is killed once it runs, and repeated
  local name=$1
  shift
  "$sbnn" "$@" --threads 1 --quiet --shard 7/20 --out "$work/$name-shards" &
  sleep 0.7
  kill -KILL $! 2>/dev/null || true
  wait $! 2>/dev/null || true
  seq 20 | shuf --random-source=<(yes) | xargs -P 2 -I{} "$sbnn" "$@" --threads 1 --quiet --shard {}/20 --out "$work/$name-shards"
  "$sbnn" merge "$work/$name-shards" --out "$work/$name-merged" --quiet
  check "$name: files that differ from the plain run's" "$(differing "$name" "$name-merged")" 0 0
}

mpi_build
"$sbnn" prep "${tables[@]}" --out "$work/data.safetensors" --quiet
begin=$SECONDS
at() { echo "      $((SECONDS - begin)) s"; }
run cv cv --data "$work/data.safetensors" "${cv[@]}"
shards cv cv --data "$work/data.safetensors" "${cv[@]}"
run srrr srrr --data "$work/data.safetensors"
shards srrr srrr --data "$work/data.safetensors"
run small "${small[@]}"
run long "${long[@]}"
restarts=10 path=(path --data "$work/data.safetensors" --folds 3 --bottleneck "2,3" --lambdas "0.1,0.2")
if [ "$mode" = quick ]; then restarts=4; fi
run stability stability --data "$work/data.safetensors" --restarts $restarts
shards stability stability --data "$work/data.safetensors" --restarts $restarts
if [ "$mode" != quick ]; then
  run path "${path[@]}"
  shards path "${path[@]}"
fi
at

# ---- bad input -------------------------------------------------------------------------------------------------------------

bad_shards
full_disk
at

# ---- Slurm: a controller and a node of this machine, the script of docs/cluster -------------------------------------------

slurm_conf() {
  local host
  host=$(hostname)
  cat <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/none
CredType=cred/none
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$work/slurm/state
SlurmdSpoolDir=$work/slurm/spool
SlurmctldPidFile=$work/slurm/slurmctld.pid
SlurmdPidFile=$work/slurm/slurmd.pid
SlurmctldLogFile=$work/slurm/slurmctld.log
SlurmdLogFile=$work/slurm/slurmd.log
SlurmctldPort=16817
SlurmdPort=16818
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
CONF
}

start_slurm() {
  mkdir -p "$work/slurm/state" "$work/slurm/spool"
  export SLURM_CONF=$work/slurm/slurm.conf
  slurm_conf >"$SLURM_CONF"
  slurmctld -D >/dev/null 2>&1 &
  started+=($!)
  sleep 1
  slurmd -D >/dev/null 2>&1 &
  started+=($!)
  for _ in $(seq 30); do
    if [ "$(sinfo -h -o %t 2>/dev/null)" = idle ]; then return 0; fi
    sleep 0.5
  done
  return 1
}

if ! command -v slurmctld slurmd sbatch >/dev/null; then skip "shards under Slurm" "slurmctld, slurmd and sbatch are not installed"
elif ! start_slurm; then skip "shards under Slurm" "no node came up ($(tail -n 1 "$work/slurm/slurmctld.log"))"
else
  (cd "$work" && PATH="$(dirname "$sbnn"):$PATH" sbatch --wait --quiet --cpus-per-task=1 --export=ALL --output=/dev/null \
    "$root/docs/cluster/cv.sbatch" "${cv[@]}")
  "$sbnn" merge "$work/shards" --out "$work/slurm-merged" --quiet
  check "Slurm: files that differ from the plain run's" "$(differing cv slurm-merged)" 0 0
fi

# ---- snakemake -----------------------------------------------------------------------------------------------------------

if ! command -v snakemake >/dev/null; then skip "shards under snakemake" "it is not installed"
else
  mkdir -p "$work/snakemake"
  (cd "$work/snakemake" && snakemake -j 2 --quiet -s "$root/docs/cluster/Snakefile" \
    --config data="$work/data.safetensors" sbnn="$sbnn" shards=20 options="${cv[*]}" >log 2>&1) || tail -n 20 "$work/snakemake/log"
  check "snakemake: files that differ from the plain run's" "$(differing cv snakemake/crossval)" 0 0
fi

at

# ---- sbnn under mpirun -----------------------------------------------------------------------------------------------------

for mpi in openmpi mpich; do mpi_all "$mpi" && at; done

# ---- one model on ranks of MPI -------------------------------------------------------------------------------------------

ranks() { # N: the line of the program
  OMP_NUM_THREADS=1 launch openmpi -n "$1" "$work/data_parallel" 2
}

if ! command -v mpicc.openmpi mpirun.openmpi >/dev/null; then skip "one model on 1, 2, 4 ranks" "Open MPI is not installed"
else
  mpicc.openmpi -O2 -I "$build/generated/public" "$root/docs/tutorials/mpi/data_parallel.c" "$build/libnabla.a" -fopenmp -lz -ljansson \
    -lpthread -lm -o "$work/data_parallel"
  for n in 1 2 4; do ranks "$n" | tee "$work/ranks-$n" | sed 's/^/      /'; done
  check "MPI: different parameters after training on 1, 2 and 4 ranks" \
    "$(sed -E 's/.*parameters ([0-9a-f]+).*/\1/' "$work"/ranks-[124] | sort -u | wc -l)" 1 1
fi

# ---- two hosts: network namespaces with addresses of their own --------------------------------------------------------------

make_hosts() {
  local a=nabla-a-$$ b=nabla-b-$$
  ip netns add "$a" && ip netns add "$b" || return 1
  hosts=("$a" "$b")
  ip link add v1 netns "$a" type veth peer name v2 netns "$b" || return 1
  ip -n "$a" addr add 10.77.0.1/24 dev v1 && ip -n "$b" addr add 10.77.0.2/24 dev v2 || return 1
  for host in "$a" "$b"; do ip -n "$host" link set lo up; done
  ip -n "$a" link set v1 up && ip -n "$b" link set v2 up
  # shellcheck disable=SC2016 # the agent's own variables
  printf '#!/bin/sh\nhost=$1\nshift\ncase $host in 10.77.0.1) ns=%s ;; *) ns=%s ;; esac\nexec ip netns exec $ns sh -c "$*"\n' \
    "$a" "$b" >"$work/agent"
  chmod +x "$work/agent"
  between_hosts true
}

between_hosts() { # PROGRAM ARGUMENT...: one process on each
  OMP_NUM_THREADS=1 timeout -s KILL 300 ip netns exec "${hosts[0]}" mpirun.openmpi -H 10.77.0.1:1,10.77.0.2:1 -n 2 \
    --mca plm_rsh_agent "$work/agent" --mca plm_rsh_no_tree_spawn 1 --mca mpi_yield_when_idle 1 --mca btl tcp,self \
    --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 "$@"
}

if [ ! -x "$work/data_parallel" ]; then :
elif [ "$(id -u)" -ne 0 ] || ! command -v ip >/dev/null; then skip "two hosts" "network namespaces need root and iproute2"
elif ! make_hosts >"$work/log" 2>&1; then skip "two hosts" "namespaces or mpirun between them cannot start ($(tail -n 1 "$work/log"))"
else
  between_hosts "$work/data_parallel" 2 >"$work/ranks-hosts"
  sed 's/^/      two hosts, /' "$work/ranks-hosts"
  check "two hosts: different parameters than on one" \
    "$(sed -E 's/.*parameters ([0-9a-f]+).*/\1/' "$work/ranks-1" "$work/ranks-hosts" | sort -u | wc -l)" 1 1
  if [ -x "$build/bin/openmpi/sbnn" ]; then
    between_hosts "$build/bin/openmpi/sbnn" "${small[@]}" --threads 1 --quiet --out "$work/small-hosts"
    check "two hosts: files of cv that differ from the plain run's" "$(differing small small-hosts)" 0 0
    between_hosts sh -c "$sbnn ${small[*]} --threads 1 --quiet --shard \$((OMPI_COMM_WORLD_RANK + 1))/2 --out $work/hosts-shards"
    "$sbnn" merge "$work/hosts-shards" --quiet --out "$work/hosts-merged"
    check "two hosts, a shard on each: files that differ from the plain run's" "$(differing small hosts-merged)" 0 0
  fi
fi
at

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

#!/usr/bin/env bash
# cluster_speed.sh SBNN: two processes of one thread under mpirun (Open MPI, MPICH) beside one process of two threads, on an idle machine
# (ten minutes; `cluster` does it too, among much else)
# needs: openmpi-bin libopenmpi-dev mpich libmpich-dev
set -euo pipefail
sbnn=$(readlink -f "$1") mode=${2:-full}
# shellcheck source=tests/acceptance/common.sh
. "$(dirname "$0")/common.sh"
build=$(dirname "$(dirname "$sbnn")")
# shellcheck source=tests/acceptance/cluster_mpi.sh
. "$root/tests/acceptance/cluster_mpi.sh"
use_tables "two processes beside two threads" m1 gene_counts.csv ephys_values.csv
mpi_build
"$sbnn" prep "${tables[@]}" --out "$work/data.safetensors" --quiet
for mpi in openmpi mpich; do
  if [ -x "$build/bin/$mpi/sbnn" ]; then mpi_speed "$mpi"; fi
done
finish

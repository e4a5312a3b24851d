/* ranks_mpi.h - the processes of MPI as ranks (ranks.h). Needs <mpi.h>: compile with mpicc. The library itself does not use MPI.
 *
 *     MPI_Init(&argc, &argv);
 *     MPI_Comm all = MPI_COMM_WORLD;
 *     tn_ranks ranks = tn_ranks_of_mpi(&all);
 */
#ifndef NABLA_TENSOR_RANKS_MPI_H
#define NABLA_TENSOR_RANKS_MPI_H

#include "ranks.h"

#if __has_include(<mpi.h>)
#include <mpi.h>

static inline tn_status tn_mpi_exchange(void *comm, int partner, const void *mine, void *theirs,
                                        size_t bytes) {
  int status = MPI_Sendrecv(mine, (int)bytes, MPI_BYTE, partner, 0, theirs, (int)bytes, MPI_BYTE, partner, 0,
                            *(MPI_Comm *)comm, MPI_STATUS_IGNORE);
  return status == MPI_SUCCESS ? TN_OK : TN_EIO;
}

/* Ranks of a communicator, which is borrowed. Call it after MPI_Init, from the thread that trains. */
static inline tn_ranks tn_ranks_of_mpi(MPI_Comm *comm) {
  tn_ranks ranks = {.exchange = tn_mpi_exchange, .ctx = comm};
  MPI_Comm_rank(*comm, &ranks.rank);
  MPI_Comm_size(*comm, &ranks.size);
  return ranks;
}
#endif

#endif

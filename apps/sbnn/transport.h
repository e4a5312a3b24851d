/* transport.h - how processes of one run talk. The tool knows this table; mpi.c fills it in a build with MPI, and nothing else
 * includes <mpi.h>. Threads: the main thread only. */
#ifndef SBNN_TRANSPORT_H
#define SBNN_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

/* What mpirun started: this process of so many; how many of them are on this machine, and which of those it is. */
typedef struct sbnn_transport_place {
  int rank, size, here, rank_here;
} sbnn_transport_place;

typedef struct sbnn_transport {
  const char *name;                           /* "Open MPI 4.1.4" */
  bool (*start)(sbnn_transport_place *place); /* false: it cannot */
  /* Each message arrives whole, those of one sender in order. False, -1: the other is lost. */
  bool (*send)(int to, const void *message, size_t bytes);
  int (*receive)(int *from, void *message, size_t room); /* 1: there was one; 0: none, returns at once */
  /* Waits for all others to call it. ending: mpirun is ending the run, and may not take part any more. */
  void (*stop)(bool ending);
} sbnn_transport;

/* NULL: a build without. main sets it. */
extern const sbnn_transport *sbnn_transport_of_build;

#ifdef NABLA_MPI
extern const sbnn_transport sbnn_mpi;
#endif

#endif

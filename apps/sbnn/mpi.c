/* mpi.c - messages by MPI (transport.h); a part of the program only if it is built with MPI. */
#include "transport.h"

#include <mpi.h>

#define TEXT(x)    #x
#define VERSION(x) TEXT(x)
#if defined(OMPI_MAJOR_VERSION)
#define NAME                                                                                                 \
  "Open MPI " VERSION(OMPI_MAJOR_VERSION) "." VERSION(OMPI_MINOR_VERSION) "." VERSION(OMPI_RELEASE_VERSION)
#elif defined(MPICH_VERSION)
#define NAME "MPICH " MPICH_VERSION
#else
#define NAME "MPI"
#endif

static bool start(sbnn_transport_place *place) {
  int provided;
  MPI_Comm near;
  if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) return false;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_rank(MPI_COMM_WORLD, &place->rank);
  MPI_Comm_size(MPI_COMM_WORLD, &place->size);
  place->here = 1;
  if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &near) == MPI_SUCCESS) {
    MPI_Comm_size(near, &place->here);
    MPI_Comm_rank(near, &place->rank_here);
    MPI_Comm_free(&near);
  }
  return provided >= MPI_THREAD_FUNNELED;
}

static bool send(int to, const void *message, size_t bytes) {
  return MPI_Send(message, (int)bytes, MPI_BYTE, to, 0, MPI_COMM_WORLD) == MPI_SUCCESS;
}

static int receive(int *from, void *message, size_t room) {
  int there;
  MPI_Status status;
  if (MPI_Iprobe(MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &there, &status) != MPI_SUCCESS) return -1;
  if (!there) return 0;
  *from = status.MPI_SOURCE;
  return MPI_Recv(message, (int)room, MPI_BYTE, *from, 0, MPI_COMM_WORLD, &status) == MPI_SUCCESS ? 1 : -1;
}

/* Open MPI's waits for its mpirun, which kills before it answers. */
static void stop(bool ending) {
#ifdef OMPI_MAJOR_VERSION
  if (ending) return;
#endif
  (void)ending;
  MPI_Finalize();
}

const sbnn_transport sbnn_mpi = {NAME, start, send, receive, stop};

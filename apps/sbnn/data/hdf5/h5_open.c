/* h5_open.c - opening a file for h5.h. HDF5 reads and writes it through a driver of ours, which knows the one descriptor
 * that it was given: no path reaches the system, and a file that points to another one leads nowhere. */
#include "data/hdf5/h5.h"
#include "data/hdf5/lzf.h"
#include "sandbox.h"

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char only_name[] = "file"; /* what HDF5 calls it */

/* ---- the driver ---- */

typedef struct driver {
  H5FD_t pub; /* first, as HDF5 wants it */
  int fd;
  haddr_t end, eoa;
} driver;

static int given = -1;      /* the descriptor for the next file; one file in a process */
static bool given_to_write; /* may it be changed? */
static int unread;          /* why some of it could not be read; 0: all could */

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t most) {
  struct stat status;
  (void)access;
  (void)most;
  if (flags & (H5F_ACC_CREAT | H5F_ACC_TRUNC) || (flags & H5F_ACC_RDWR && !given_to_write)) return NULL;
  if (given < 0 || strcmp(name, only_name) != 0 || fstat(given, &status) != 0) return NULL;
  driver *d = calloc(1, sizeof *d);
  if (d) *d = (driver){.fd = given, .end = (haddr_t)status.st_size};
  return d ? &d->pub : NULL;
}

static herr_t driver_close(H5FD_t *file) {
  free(file);
  return 0;
}

static herr_t driver_query(const H5FD_t *file, unsigned long *flags) {
  (void)file;
  if (flags) *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE;
  return 0;
}

static haddr_t driver_eoa(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const driver *)file)->eoa;
}

static herr_t driver_set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t addr) {
  (void)type;
  ((driver *)file)->eoa = addr;
  return 0;
}

static haddr_t driver_end(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const driver *)file)->end;
}

/* Beyond the end of the file are zeros, as HDF5's own drivers have it. */
static herr_t driver_read(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t addr, size_t size,
                          void *out) {
  driver *d = (driver *)file;
  char *to = out;
  (void)type;
  (void)transfer;
  if (addr > INT64_MAX || size > INT64_MAX - addr) return -1;
  while (size > 0) {
    ssize_t n = pread(d->fd, to, size, (off_t)addr);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      unread = errno;
      return -1;
    }
    if (n == 0) {
      memset(to, 0, size);
      return 0;
    }
    to += n;
    addr += (haddr_t)n;
    size -= (size_t)n;
  }
  return 0;
}

static herr_t driver_write(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t addr, size_t size,
                           const void *bytes) {
  driver *d = (driver *)file;
  const char *from = bytes;
  (void)type;
  (void)transfer;
  if (!given_to_write || addr > INT64_MAX || size > INT64_MAX - addr) return -1;
  while (size > 0) {
    ssize_t n = pwrite(d->fd, from, size, (off_t)addr);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return -1;
    from += n;
    addr += (haddr_t)n;
    size -= (size_t)n;
  }
  if (addr > d->end) d->end = addr;
  return 0;
}

/* HDF5 wants the file to end where its addresses do. */
static herr_t driver_truncate(H5FD_t *file, hid_t transfer, hbool_t closing) {
  driver *d = (driver *)file;
  (void)transfer;
  (void)closing;
  if (!given_to_write || d->end == d->eoa) return 0;
  if (ftruncate(d->fd, (off_t)d->eoa) != 0) return -1;
  d->end = d->eoa;
  return 0;
}

static hid_t register_driver(void) {
  static const H5FD_class_t class = {
#ifdef H5FD_CLASS_VERSION
      .version = H5FD_CLASS_VERSION,
      .value = (H5FD_class_value_t)511, /* of those for testing */
#endif
      .name = "sbnn",
      .maxaddr = INT64_MAX,
      .fc_degree = H5F_CLOSE_STRONG,
      .open = driver_open,
      .close = driver_close,
      .query = driver_query,
      .get_eoa = driver_eoa,
      .set_eoa = driver_set_eoa,
      .get_eof = driver_end,
      .read = driver_read,
      .write = driver_write,
      .truncate = driver_truncate,
      .fl_map = H5FD_FLMAP_DICHOTOMY};
  return H5FDregister(&class);
}

/* ---- opening ---- */

static int open_as(sbnn_h5 *f, int fd, bool write) {
  struct stat status;
  if (fstat(fd, &status) == 0) f->bytes = (uint64_t)status.st_size;
  given = fd;
  given_to_write = write;
  unread = 0;
  bool ready = H5open() >= 0 && H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0 && H5PLset_loading_state(0) >= 0 &&
               sbnn_lzf_register();
  hid_t own = ready ? register_driver() : -1, access = own >= 0 ? H5Pcreate(H5P_FILE_ACCESS) : -1;
  if (access < 0 || H5Pset_driver(access, own, NULL) < 0)
    return sbnn_fail(f->error, SBNN_FAILED, "%s: the HDF5 library could not be started", f->path);
  sbnn_sandbox_filter();
  f->id = H5Fopen(only_name, write ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access);
  H5Pclose(access);
  if (f->id >= 0) return SBNN_OK;
  f->id = 0;
  return sbnn_fail(
      f->error, SBNN_BAD_INPUT,
      "%s: it begins as an HDF5 file but cannot be opened as one: it is damaged or cut off; copy it "
      "again",
      f->path);
}

int sbnn_h5_open(sbnn_h5 *f, int fd) { return open_as(f, fd, false); }

int sbnn_h5_open_copy(sbnn_h5 *f, int fd) { return open_as(f, fd, true); }

static int check_read(const sbnn_h5 *f) {
  if (!unread) return SBNN_OK;
  const int code = f->error->code ? f->error->code : SBNN_BAD_INPUT;
  *f->error = (sbnn_error){0}; /* what was said before only follows from it */
  return sbnn_fail(f->error, code, "%s: some of it cannot be read (%s); copy it to another disk", f->path,
                   strerror(unread));
}

int sbnn_h5_finish(sbnn_h5 *f) {
  bool good = H5Fflush(f->id, H5F_SCOPE_GLOBAL) >= 0;
  good = H5Fclose(f->id) >= 0 && good;
  f->id = 0;
  return good || unread ? check_read(f)
                        : sbnn_fail(f->error, SBNN_FAILED,
                                    "%s: its copy could not be written; make room on the disk", f->path);
}

void sbnn_h5_close(sbnn_h5 *f) {
  if (f->id > 0) H5Fclose(f->id);
  f->id = 0;
  check_read(f);
}

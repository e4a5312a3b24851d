/* table_zarr.c - zarr (.zarr, .zarr.zip) is recognised and refused: its current form, sharded, is best read by
 * Python, which writes .h5ad in a line. One of table.c's readers (readers.h). */
#include "data/readers.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdlib.h>

static bool ends_in(const char *path, const char *ending) {
  size_t n = strlen(path);
  while (n > 1 && path[n - 1] == '/') n--;
  return sbnn_ends_so(path, n, ending);
}

static bool holds(const char *folder, const char *name) {
  char *path = sbnn_path_in(folder, name);
  bool is = access(path, F_OK) == 0;
  free(path);
  return is;
}

static bool claims(const char *path) {
  struct stat status;
  if (ends_in(path, ".zarr.zip") || ends_in(path, ".zarr")) return true;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
         (holds(path, ".zgroup") || holds(path, "zarr.json"));
}

static int read_named(const char *path, const sbnn_table_options *o, sbnn_table *t, sbnn_labels *l,
                      sbnn_error *e) {
  (void)o;
  (void)t;
  (void)l;
  if (access(path, F_OK) != 0)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s: cannot be opened; check the path", path);
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "%s: zarr is not read here; convert it, in Python: anndata.read_zarr('FILE.zarr')"
      ".write_h5ad('FILE.h5ad', compression='gzip') (a .zip: zarr.storage.ZipStore('FILE.zarr.zip', "
      "mode='r') in place of its name; of MuData: mudata.read_zarr, write_h5mu)",
      path);
}

const sbnn_file_format sbnn_format_zarr = {.claims = claims, .read_named = read_named}; /* not shown */

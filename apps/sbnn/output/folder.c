/* folder.c - see folder.h. */
#include "output/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool sbnn_folder_has(const char *folder, const char *name) {
  char *path = sbnn_path_in(folder, name);
  bool has = access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
  free(path);
  return has;
}

int sbnn_folder_table(const char *folder, const char *name, sbnn_tsv *t, sbnn_error *e) {
  char *path = sbnn_path_in(folder, name);
  int code = sbnn_tsv_read(path, t, e);
  free(path);
  return code;
}

int sbnn_folder_table_if_there(const char *folder, const char *name, sbnn_tsv *t, sbnn_error *e) {
  *t = (sbnn_tsv){0};
  return sbnn_folder_has(folder, name) ? sbnn_folder_table(folder, name, t, e) : SBNN_OK;
}

int sbnn_folder_each(const char *folder,
                     int (*each)(const char *path, const char *name, void *ctx, sbnn_error *e), void *ctx,
                     sbnn_error *e) {
  struct dirent **entry = NULL;
  int n = scandir(folder, &entry, NULL, alphasort), code = SBNN_OK;
  if (n < 0)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s cannot be read (%s); give a folder of results", folder,
                     strerror(errno));
  for (int i = 0; i < n; i++) {
    const char *name = entry[i]->d_name;
    bool itself = strcmp(name, ".") == 0;
    if (code == SBNN_OK && (itself || *name != '.')) {
      char *path = itself ? sbnn_strdup(folder) : sbnn_path_in(folder, name);
      code = each(path, itself ? "" : name, ctx, e);
      free(path);
    }
    free(entry[i]);
  }
  free(entry);
  return code;
}

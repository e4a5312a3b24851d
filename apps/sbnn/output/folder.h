/* folder.h - a folder of results: which files it has, its tables, and the folders in it. Any thread. */
#ifndef SBNN_OUTPUT_FOLDER_H
#define SBNN_OUTPUT_FOLDER_H

#include "output/reader.h"

#include <stdbool.h>

/* False only if there is no such file: one that cannot be looked at is there, and reading it says why. */
bool sbnn_folder_has(const char *folder, const char *name);

/* sbnn_tsv_read of a file in it. */
int sbnn_folder_table(const char *folder, const char *name, sbnn_tsv *t, sbnn_error *e);
/* The same; if there is no such file, *t is all zero. */
int sbnn_folder_table_if_there(const char *folder, const char *name, sbnn_tsv *t, sbnn_error *e);

/* Calls `each` for the folder itself, its name being "", then for what is in it, by name; hidden names are left out. Stops at
 * the first failure, which it returns. SBNN_BAD_INPUT: the folder cannot be listed. */
int sbnn_folder_each(const char *folder,
                     int (*each)(const char *path, const char *name, void *ctx, sbnn_error *e), void *ctx,
                     sbnn_error *e);

#endif

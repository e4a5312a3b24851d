/* replay.c - what a disk holds after the power has failed (torture.h). Names come in the order in which they were
 * made, as journals have it; of contents there is what was flushed before, and the rest of the file is gone. That
 * is the least a file system in its usual mode keeps. */
#include "torture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files and folders as of some record. A file's contents follow it through renames. */
typedef struct node {
  char *path;
  bool folder;
  unsigned char *now, *flushed;
  size_t n_now, n_flushed;
} node;
typedef struct disk {
  node *nodes;
  size_t n;
} disk;

static node *find(disk *d, const char *path) {
  for (size_t i = 0; i < d->n; i++)
    if (!strcmp(d->nodes[i].path, path)) return &d->nodes[i];
  return NULL;
}

static node *add(disk *d, const char *path, bool folder) {
  d->nodes = realloc(d->nodes, (d->n + 1) * sizeof *d->nodes);
  d->nodes[d->n] = (node){.path = strdup(path), .folder = folder};
  return &d->nodes[d->n++];
}

static void drop(disk *d, const char *path) {
  node *x = find(d, path);
  if (!x) return;
  free(x->path), free(x->now), free(x->flushed);
  *x = d->nodes[--d->n];
}

static void fill(node *x, const record *r) {
  if (r->offset + r->n > x->n_now) {
    x->now = realloc(x->now, r->offset + r->n);
    memset(x->now + x->n_now, 0, r->offset + r->n - x->n_now);
    x->n_now = r->offset + r->n;
  }
  if (r->n) memcpy(x->now + r->offset, r->data, r->n);
}

static void flush(node *x) {
  free(x->flushed);
  x->flushed = malloc(x->n_now ? x->n_now : 1);
  if (x->n_now) memcpy(x->flushed, x->now, x->n_now);
  x->n_flushed = x->n_now;
}

/* And all that is in it, if it is a folder. */
static void rename_all(disk *d, const char *from, const char *to) {
  const size_t n = strlen(from);
  drop(d, to);
  for (size_t i = 0; i < d->n; i++) {
    char *path = d->nodes[i].path, *moved;
    if (strncmp(path, from, n) != 0 || (path[n] != '\0' && path[n] != '/')) continue;
    if (asprintf(&moved, "%s%s", to, path + n) < 0) abort();
    free(path);
    d->nodes[i].path = moved;
  }
}

static void apply(disk *d, const record *r) {
  node *x = find(d, r->path);
  switch (r->what) {
  case DEED_CREATE:
    if (!x) add(d, r->path, false);
    break;
  case DEED_CUT:
    if (!x) x = add(d, r->path, false);
    x->n_now = x->n_flushed = 0;
    break;
  case DEED_WRITE:
    if (x) fill(x, r);
    break;
  case DEED_SYNC:
    if (x && !x->folder) flush(x);
    break;
  case DEED_RENAME:
    if (r->to) rename_all(d, r->path, r->to);
    break;
  case DEED_MKDIR:
    if (!x) add(d, r->path, true);
    break;
  case DEED_REMOVE: drop(d, r->path); break;
  }
}

static int by_path(const void *a, const void *b) {
  return strcmp(((const node *)a)->path, ((const node *)b)->path);
}

/* What is there already was flushed long ago. */
static disk *loaded;
static int load_one(const char *path, const struct stat *s, int type, struct FTW *where) {
  (void)where;
  node *x = add(loaded, path, S_ISDIR(s->st_mode));
  if (type == FTW_F && (x->now = (unsigned char *)text_of(path, &x->n_now))) flush(x);
  return 0;
}

void replay(const tape *t, size_t n) {
  disk d = {0};
  loaded = &d;
  nftw("out", load_one, 16, FTW_PHYS);
  remove_all("out");
  for (size_t i = 0; i < n && i < t->n; i++) apply(&d, &t->records[i]);
  if (d.n) qsort(d.nodes, d.n, sizeof *d.nodes, by_path); /* a folder before what is in it */
  for (size_t i = 0; i < d.n; i++) {
    const node *x = &d.nodes[i];
    if (x->folder) {
      mkdir(x->path, 0777);
      continue;
    }
    FILE *f = fopen(x->path, "we");
    if (!f) continue;
    if (x->n_flushed) fwrite(x->flushed, 1, x->n_flushed, f);
    fclose(f);
  }
  while (d.n) drop(&d, d.nodes[0].path);
  free(d.nodes);
}

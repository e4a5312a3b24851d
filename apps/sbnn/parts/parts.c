/* parts.c - see parts.h. */
#include "parts/parts.h"

#include "hash.h"
#include "interrupt.h"
#include "output/reader.h"
#include "parts/part.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct sbnn_parts {
  char *directory, *out;
  char *key; /* lines "name=value" */
  char digits[17];
  atomic_int count;
};

/* ---- opening ---- */

/* A file's text; NULL: none that can be read. The caller frees. */
static char *text_of(const char *folder, const char *name) {
  size_t n;
  sbnn_error ignored = {0};
  char *path = sbnn_path_in(folder, name), *text = sbnn_results_text(path, &n, &ignored);
  free(path);
  return text;
}

/* The first line in which the keys differ, for the sentence. */
static void difference(const char *old, const char *new, char *text, size_t room) {
  while (*old && *new) {
    size_t a = strcspn(old, "\n"), b = strcspn(new, "\n");
    if (a != b || memcmp(old, new, a) != 0) break;
    old += a + (old[a] != 0);
    new += b + (new[b] != 0);
  }
  snprintf(text, room, "'%.*s' then, '%.*s' now", (int)strcspn(old, "\n"), old, (int)strcspn(new, "\n"), new);
}

static void say_interrupted(void);

static int compare_key(const sbnn_parts *p, const char *old, sbnn_error *e) {
  char what[600];
  if (strcmp(old, p->key) == 0) return SBNN_OK;
  difference(old, p->key, what, sizeof what);
  e->all = true;
  return sbnn_fail(e, SBNN_FAILED,
                   "%s holds an unfinished run that --resume cannot continue, because this one differs (%s); "
                   "give the same command, or add --force to start again",
                   p->out, what);
}

/* The results in the directory are of this very run: run.json says so. */
static int check_done(const sbnn_parts *p, bool *done, sbnn_error *e) {
  char wanted[64], *text = text_of(p->out, "run.json");
  snprintf(wanted, sizeof wanted, "\"resume_key\": \"%s\"", p->digits);
  *done = text && strstr(text, wanted);
  free(text);
  if (*done) return SBNN_OK;
  e->all = true;
  return sbnn_fail(e, SBNN_FAILED,
                   "%s holds the complete results of another run, of other options or data; choose another "
                   "directory with --out, or add --force to replace them",
                   p->out);
}

static int write_key(const sbnn_parts *p, sbnn_error *e) {
  char *path = sbnn_path_in(p->directory, "key");
  int code = SBNN_OK;
  if (tn_atomic_write(path, p->key, strlen(p->key)) != TN_OK)
    code = sbnn_fail(e, SBNN_FAILED,
                     "%s could not be written (%s); free space or choose a directory you may write to", path,
                     strerror(errno));
  free(path);
  return code;
}

static sbnn_parts *make(const char *directory, const char *out, const char *key) {
  sbnn_parts *p = sbnn_alloc(1, sizeof *p);
  p->directory = sbnn_strdup(directory);
  p->out = sbnn_strdup(out);
  p->key = sbnn_strdup(key);
  snprintf(p->digits, sizeof p->digits, "%016llx",
           (unsigned long long)tn_hash(TN_HASH_START, key, strlen(key)));
  return p;
}

int sbnn_parts_open(sbnn_outdir *out, const char *key, sbnn_parts **parts, bool *done, sbnn_error *e) {
  sbnn_parts *p = make(sbnn_outdir_parts(out), sbnn_outdir_path(out), key);
  char *old = text_of(p->directory, "key");
  int code = SBNN_OK;
  *done = false;
  if (old) code = compare_key(p, old, e);
  else if (sbnn_outdir_complete(out)) code = check_done(p, done, e);
  else code = write_key(p, e);
  atomic_init(&p->count, old && code == SBNN_OK ? sbnn_outdir_count_parts(out) : 0);
  free(old);
  if (code == SBNN_OK && !*done) {
    sbnn_outdir_sweep_parts(out);
    if (sbnn_parts_any(p)) say_interrupted();
    *parts = p;
    return SBNN_OK;
  }
  sbnn_parts_close(p);
  *parts = NULL;
  return code;
}

/* ---- folders of shards ---- */

int sbnn_parts_open_shard(const char *folder, const char *key, sbnn_parts **parts, sbnn_error *e) {
  sbnn_parts *p = make(folder, folder, key);
  char *old = text_of(folder, "key");
  int code = SBNN_OK;
  atomic_init(&p->count, 0);
  if (old && strcmp(old, key) != 0) {
    char what[600];
    difference(old, key, what, sizeof what);
    code = sbnn_fail(
        e, SBNN_FAILED,
        "%s holds shards of another run (%s); give the same options, data and build, or another --out",
        folder, what);
  } else if (!old) code = write_key(p, e);
  free(old);
  if (code == SBNN_OK) *parts = p;
  else sbnn_parts_close(p);
  return code;
}

int sbnn_parts_join(const char *folder, const char *key, sbnn_parts **parts, sbnn_error *e) {
  char what[600], host[64] = "", *old = text_of(folder, "key");
  int code = SBNN_OK;
  (void)gethostname(host, sizeof host - 1);
  if (!old)
    code = sbnn_fail(e, SBNN_FAILED,
                     "%s cannot be read on %s; --out must be on a file system that all machines share",
                     folder, host);
  else if (strcmp(old, key) != 0) {
    difference(old, key, what, sizeof what);
    code = sbnn_fail(e, SBNN_FAILED,
                     "options, data or build are different on %s (%s); use the same on all machines", host,
                     what);
  }
  free(old);
  if (code != SBNN_OK) return code;
  *parts = make(folder, folder, key);
  atomic_init(&(*parts)->count, 0);
  return SBNN_OK;
}

int sbnn_parts_check_key(const sbnn_parts *p, const char *folder, sbnn_error *e) {
  char what[600], *old = text_of(folder, "key");
  int code = SBNN_OK;
  if (!old) code = sbnn_fail(e, SBNN_BAD_INPUT, "%s holds no shards: it has no readable key", folder);
  else if (strcmp(old, p->key) != 0) {
    difference(old, p->key, what, sizeof what);
    code = sbnn_fail(e, SBNN_BAD_INPUT, "%s holds shards of other options, data or build: %s", folder, what);
  }
  free(old);
  return code;
}

bool sbnn_parts_take(const sbnn_parts *p, const char *folder, const sbnn_task *task, sbnn_experiment *x,
                     sbnn_error *e) {
  sbnn_part part = {p->digits, task, NULL};
  char *path = sbnn_part_path(folder, &part);
  bool there = access(path, F_OK) == 0;
  if (there) there = sbnn_part_read(path, &part, x, NULL, e) == SBNN_OK;
  free(path);
  return there;
}

void sbnn_parts_close(sbnn_parts *p) {
  if (!p) return;
  sbnn_interrupt_sentence(NULL);
  free(p->directory);
  free(p->out);
  free(p->key);
  free(p);
}

const char *sbnn_parts_key(const sbnn_parts *p) { return p->digits; }
const char *sbnn_parts_folder(const sbnn_parts *p) { return p->directory; }

void sbnn_parts_recount(sbnn_parts *p, const sbnn_outdir *out) {
  atomic_store(&p->count, sbnn_outdir_count_parts(out));
}

/* NFS may remember that a file was not there, until the folder is opened again. */
bool sbnn_parts_wait(const sbnn_parts *p, const sbnn_task *task) {
  enum { TRIES = 600 };
  bool there = sbnn_parts_has(p, task, NULL);
  for (int i = 0; i < TRIES && !there && !sbnn_interrupted(); i++) {
    DIR *dir = opendir(p->directory);
    if (dir) closedir(dir);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    there = sbnn_parts_has(p, task, NULL);
  }
  return there;
}

bool sbnn_parts_any(const sbnn_parts *p) { return p && atomic_load(&p->count) > 0; }

static bool is_there(const char *folder, const sbnn_part *part) {
  char *path = sbnn_part_path(folder, part);
  bool yes = access(path, F_OK) == 0;
  free(path);
  return yes;
}

bool sbnn_parts_in_folder(const char *folder, const sbnn_task *task) {
  return is_there(folder, &(sbnn_part){.task = task});
}

bool sbnn_parts_has(const sbnn_parts *p, const sbnn_task *task, const char *phase) {
  return p && is_there(p->directory, &(sbnn_part){p->digits, task, phase});
}

/* ---- interrupts ---- */

static const char *const how_to =
    "what was finished is kept: the same command with --resume goes on from there";

static void say_interrupted(void) {
  char text[128];
  snprintf(text, sizeof text, "sbnn: interrupted; %s\n", how_to);
  sbnn_interrupt_sentence(text);
}

static void explain(const sbnn_parts *p, const char *how, sbnn_error *e) {
  const bool cut = e->code == SBNN_INTERRUPTED; /* it goes on with what is no longer true */
  char text[sizeof e->text - 128];
  int code = e->code;
  if (!sbnn_parts_any(p)) return;
  snprintf(text, sizeof text, "%.*s", (int)(cut ? strcspn(e->text, ";") : strlen(e->text)), e->text);
  *e = (sbnn_error){0};
  sbnn_fail(e, code, "%s; %s", text, how);
}

void sbnn_parts_explain(const sbnn_parts *p, sbnn_error *e) { explain(p, how_to, e); }

void sbnn_parts_explain_shard(const sbnn_parts *p, sbnn_error *e) {
  explain(p, "what was finished is kept: the same command goes on from there", e);
}

/* ---- parts ---- */

int sbnn_parts_store(sbnn_parts *p, const sbnn_task *task, const char *phase, const sbnn_experiment *x,
                     const nn_state *state, sbnn_error *e) {
  if (!p) return SBNN_OK;
  sbnn_part part = {p->digits, task, phase};
  char *path = sbnn_part_path(p->directory, &part);
  int code = sbnn_part_write(path, &part, x, state, e);
  free(path);
  if (code == SBNN_OK && atomic_fetch_add(&p->count, 1) == 0) say_interrupted();
  return code;
}

int sbnn_parts_store_tensors(sbnn_parts *p, const sbnn_task *task, const nn_tensor *tensors, size_t n,
                             sbnn_error *e) {
  if (!p) return SBNN_OK;
  sbnn_part part = {p->digits, task, NULL};
  char *path = sbnn_part_path(p->directory, &part);
  int code = sbnn_part_write_tensors(path, &part, tensors, n, e);
  free(path);
  if (code == SBNN_OK && atomic_fetch_add(&p->count, 1) == 0) say_interrupted();
  return code;
}

nn_tensor_file *sbnn_parts_open_tensors(const sbnn_parts *p, const char *folder, const sbnn_task *task,
                                        sbnn_error *e) {
  nn_tensor_file *f = NULL;
  if (!p) return NULL;
  sbnn_part part = {p->digits, task, NULL};
  char *path = sbnn_part_path(folder ? folder : p->directory, &part);
  if (access(path, F_OK) == 0 && sbnn_part_open(path, &part, &f, e) != SBNN_OK) f = NULL;
  free(path);
  return f;
}

bool sbnn_parts_load(sbnn_parts *p, const sbnn_task *task, const char *phase, sbnn_experiment *x,
                     nn_state *state) {
  if (!sbnn_parts_has(p, task, phase)) return false;
  sbnn_part part = {p->digits, task, phase};
  sbnn_error e = {0};
  char *path = sbnn_part_path(p->directory, &part);
  bool good = sbnn_part_read(path, &part, x, state, &e) == SBNN_OK;
  if (!good) {
    fprintf(stderr, "sbnn: %s; it is computed again\n", e.text);
    unlink(path);
  }
  free(path);
  return good;
}

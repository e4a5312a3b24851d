/* parts.c - see parts.h. */
#include "results/parts.h"

#include "build_facts.h"
#include "hash.h"
#include "interrupt.h"
#include "results/part_bytes.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sbnn_parts {
  char *directory, *out;
  char *key; /* lines "name=value" */
  char digits[17];
  atomic_int count;
};

static char *path_of(const sbnn_parts *p, const char *name, const char *ending) {
  return sbnn_format("%s/%s%s", p->directory, name, ending);
}

/* ---- the key ---- */

/* Options that change no number, and files, whose contents count and not their names. */
static bool is_free(const char *name) {
  static const char *const names[] = {"threads",          "quiet",  "force",     "resume", "out",
                                      "config",           "preset", "x",         "y",      "labels",
                                      "fold-permutation", "data",   "genes-from"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) return true;
  return false;
}

static void add_line(FILE *to, const char *name, const char *value) {
  fprintf(to, "%s=", name);
  for (; value && *value; value++) fputc(*value == '\n' ? ' ' : *value, to);
  fputc('\n', to);
}

static void add_option(void *to, const char *name, char kind, const char *value) {
  (void)kind;
  if (!is_free(name)) add_line(to, name, value);
}

/* Bits may differ between builds and processors. */
static void add_fact(void *to, const char *name, const char *value) {
  static const char *const names[] = {"version", "commit",      "compiler", "flags",
                                      "blas",    "blas_kernel", "simd"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) add_line(to, name, value);
}

static void add_hash(FILE *to, const char *name, uint64_t hash) {
  fprintf(to, "%s=%016llx\n", name, (unsigned long long)hash);
}

static char *make_key(const sbnn_options *o, const sbnn_dataset *d) {
  char *text = NULL;
  size_t size;
  uint64_t permutation = 0, genes = 0;
  FILE *to = open_memstream(&text, &size);
  if (!to) sbnn_realloc(NULL, SIZE_MAX, 2);
  add_line(to, "command", sbnn_command_name(o->command));
  sbnn_options_each(o, add_option, to);
  if (o->fold_permutation) (void)sbnn_hash_file(o->fold_permutation, &permutation);
  if (o->genes_from) (void)sbnn_hash_file(o->genes_from, &genes);
  add_hash(to, "contents of --genes-from", genes);
  add_hash(to, "contents of --data", d->data_hash);
  add_hash(to, "contents of --x", d->overlap.x_hash);
  add_hash(to, "contents of --y", d->overlap.y_hash);
  add_hash(to, "contents of --labels", d->overlap.labels_hash);
  add_hash(to, "contents of --fold-permutation", permutation);
  sbnn_build_facts(add_fact, to);
  fclose(to);
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

/* ---- opening ---- */

static void say_interrupted(const sbnn_parts *p);

static int compare_key(sbnn_parts *p, const unsigned char *old, size_t n, sbnn_error *e) {
  char was[8192], what[600];
  snprintf(was, sizeof was, "%.*s", (int)n, (const char *)old);
  if (strcmp(was, p->key) == 0) return SBNN_OK;
  difference(was, p->key, what, sizeof what);
  e->all = true;
  return sbnn_fail(e, SBNN_FAILED,
                   "%s holds an unfinished run that --resume cannot go on with, since this one differs (%s); "
                   "give the same command, or begin again by adding --force",
                   p->out, what);
}

/* The results in the directory are of this very run: run.json says so. */
static int check_done(const sbnn_parts *p, bool *done, sbnn_error *e) {
  char wanted[64], *path = sbnn_path_in(p->out, "run.json");
  size_t n;
  snprintf(wanted, sizeof wanted, "\"resume_key\": \"%s\"", p->digits);
  unsigned char *text = sbnn_part_slurp(path, &n);
  free(path);
  *done = text && strstr((const char *)text, wanted);
  free(text);
  if (*done) return SBNN_OK;
  e->all = true;
  return sbnn_fail(e, SBNN_FAILED,
                   "%s holds the complete results of another run, of other options or data; choose another "
                   "directory with --out, or replace them by adding --force",
                   p->out);
}

int sbnn_parts_open(sbnn_outdir *out, const sbnn_options *o, const sbnn_dataset *d, sbnn_parts **parts,
                    bool *done, sbnn_error *e) {
  sbnn_parts *p = sbnn_alloc(1, sizeof *p);
  size_t n;
  p->directory = sbnn_strdup(sbnn_outdir_parts(out));
  p->out = sbnn_strdup(sbnn_outdir_path(out));
  p->key = make_key(o, d);
  snprintf(p->digits, sizeof p->digits, "%016llx",
           (unsigned long long)sbnn_hash(SBNN_HASH_START, p->key, strlen(p->key)));
  char *path = path_of(p, "key", "");
  unsigned char *old = sbnn_part_slurp(path, &n);
  int code = SBNN_OK;
  *done = false;
  if (old) code = compare_key(p, old, n, e);
  else if (sbnn_outdir_complete(out)) code = check_done(p, done, e);
  else code = sbnn_part_write(path, p->key, strlen(p->key), e);
  atomic_init(&p->count, old && code == SBNN_OK ? sbnn_outdir_count_parts(out) : 0);
  free(old);
  free(path);
  if (code == SBNN_OK && !*done) {
    sbnn_outdir_sweep_parts(out);
    if (sbnn_parts_any(p)) say_interrupted(p);
    *parts = p;
    return SBNN_OK;
  }
  sbnn_parts_close(p);
  *parts = NULL;
  return code;
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
bool sbnn_parts_any(const sbnn_parts *p) { return p && atomic_load(&p->count) > 0; }

bool sbnn_parts_has(const sbnn_parts *p, const char *name) {
  if (!p) return false;
  char *path = path_of(p, name, ".part");
  bool yes = access(path, F_OK) == 0;
  free(path);
  return yes;
}

/* ---- interrupts ---- */

static const char *const how_to =
    "what was finished is kept: the same command with --resume goes on from there";

static void say_interrupted(const sbnn_parts *p) {
  char text[128];
  (void)p;
  snprintf(text, sizeof text, "sbnn: interrupted; %s\n", how_to);
  sbnn_interrupt_sentence(text);
}

void sbnn_parts_explain(const sbnn_parts *p, sbnn_error *e) {
  const bool cut = e->code == SBNN_INTERRUPTED; /* it goes on with what is no longer true */
  char text[sizeof e->text - 128];
  int code = e->code;
  if (!sbnn_parts_any(p)) return;
  snprintf(text, sizeof text, "%.*s", (int)(cut ? strcspn(e->text, ";") : strlen(e->text)), e->text);
  *e = (sbnn_error){0};
  sbnn_fail(e, code, "%s; %s", text, how_to);
}

/* ---- parts ---- */

int sbnn_parts_store(sbnn_parts *p, const char *name, const sbnn_experiment *x, const nn_state *state,
                     sbnn_error *e) {
  if (!p) return SBNN_OK;
  sbnn_part_bytes b = {0};
  sbnn_part_put_experiment(&b, x);
  sbnn_part_put_state(&b, state);
  sbnn_part_seal(&b);
  char *path = path_of(p, name, ".part");
  int code = sbnn_part_write(path, b.data, b.n, e);
  free(path);
  free(b.data);
  if (code == SBNN_OK && atomic_fetch_add(&p->count, 1) == 0) say_interrupted(p);
  return code;
}

bool sbnn_parts_load(sbnn_parts *p, const char *name, sbnn_experiment *x, nn_state *state) {
  char *path = path_of(p, name, ".part");
  sbnn_part_bytes b = {0};
  sbnn_experiment loaded = {.model = x->model, .fold = x->fold};
  b.data = sbnn_part_slurp(path, &b.n);
  bool good = b.data && sbnn_part_check(&b) && sbnn_part_get_experiment(&b, &loaded) &&
              sbnn_part_get_state(&b, state);
  if (good) {
    sbnn_experiment_free(x);
    *x = loaded;
  } else {
    sbnn_experiment_free(&loaded);
    unlink(path);
  }
  free(b.data);
  free(path);
  return good;
}

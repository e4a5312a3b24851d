/* outdir.c - all of a run's files or none (outdir.h). */
#include "output/outdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The states a run passes through, as names in the directory: being written; decided, with the old files
 * still there; old files gone, new ones on their way. A killed process leaves one of them. */
#define INCOMING ".incoming"
#define COMPLETE ".complete"
#define MOVING   ".moving"

struct sbnn_outdir {
  char *path, *staging, *figures, *parts;
  int lock;      /* descriptor of the directory; -1 before it is open */
  bool created;  /* by us, in this run */
  bool resumed;  /* an unfinished run was there and is to stay */
  bool complete; /* see sbnn_outdir_complete */
};

static bool exists(const char *directory, const char *name) {
  struct stat s;
  char *path = sbnn_path_in(directory, name);
  bool yes = lstat(path, &s) == 0;
  free(path);
  return yes;
}

static int failed(sbnn_error *e, const char *path, const char *what) {
  return sbnn_fail(e, SBNN_FAILED, "the output directory %s %s (%s); choose one you may write to with --out",
                   path, what, strerror(errno));
}

bool sbnn_outdir_half_moved(const char *path) { return exists(path, COMPLETE) || exists(path, MOVING); }

/* ---- opening ---- */

static int create(sbnn_outdir *o, sbnn_error *e) {
  struct stat s;
  if (mkdir(o->path, 0777) == 0) {
    o->created = true;
    return SBNN_OK;
  }
  if (errno == EEXIST && stat(o->path, &s) == 0) {
    if (S_ISDIR(s.st_mode)) return SBNN_OK;
    return sbnn_fail(e, SBNN_FAILED, "--out %s is a file, not a directory; choose another name", o->path);
  }
  if (errno == ENOENT && *o->path)
    return sbnn_fail(e, SBNN_FAILED,
                     "the parent directory of %s does not exist; create it (mkdir -p) or correct --out",
                     o->path);
  return failed(e, o->path, "cannot be created");
}

/* A file system without locks is used without: then two runs at once are the user's affair. */
static int take_lock(sbnn_outdir *o, sbnn_error *e) {
  o->lock = open(o->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (o->lock < 0) return failed(e, o->path, "cannot be opened");
  if (flock(o->lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return SBNN_OK;
  return sbnn_fail(e, SBNN_FAILED,
                   "another run is writing to %s; wait for it to end or choose another directory with --out",
                   o->path);
}

/* What a killed run was writing does not count: the lock tells that nobody is writing it now. */
static int require_empty(const sbnn_outdir *o, sbnn_error *e) {
  DIR *dir = opendir(o->path);
  if (!dir) return failed(e, o->path, "cannot be read");
  bool empty = true;
  for (struct dirent *entry; empty && (entry = readdir(dir));)
    empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") || !strcmp(entry->d_name, INCOMING);
  closedir(dir);
  if (empty) return SBNN_OK;
  return sbnn_fail(e, SBNN_FAILED,
                   "the output directory %s is not empty; choose another with --out, or replace the results "
                   "in it with --force (other files stay)",
                   o->path);
}

/* A directory under one of our names is not ours to remove, and would stop the commit half-way. `kept` ends
 * the sentence. */
static int require_places(const sbnn_outdir *o, const char *kept, sbnn_error *e) {
  int code = SBNN_OK;
  for (const char *const *name = sbnn_result_files(); *name && code == SBNN_OK; name++) {
    struct stat s;
    char *path = sbnn_path_in(o->path, *name);
    int found = lstat(path, &s);
    if (found == 0 && S_ISDIR(s.st_mode))
      code = sbnn_fail(e, SBNN_FAILED, "%s is a directory where a file must go; move it away%s", path, kept);
    else if (found != 0 && errno == ENOTDIR)
      code = sbnn_fail(e, SBNN_FAILED, "%s/figures is a file where a directory must go; move it away%s",
                       o->path, kept);
    free(path);
  }
  return code;
}

/* A commit that stopped at figures/ would leave new tables beside old pictures and the old run.json. */
static int require_writable(const sbnn_outdir *o, sbnn_error *e) {
  int code = SBNN_OK;
  char *figures = sbnn_path_in(o->path, "figures");
  if (faccessat(AT_FDCWD, figures, W_OK | X_OK, AT_EACCESS) != 0 && errno != ENOENT)
    code = sbnn_fail(e, SBNN_FAILED, "%s cannot be written to (%s); change its permissions or move it away",
                     figures, strerror(errno));
  free(figures);
  return code;
}

/* A key is written before the first part, so what has no key is no run that could go on. */
static bool is_unfinished(const sbnn_outdir *o) { return exists(o->parts, "key"); }

static int count_parts(const sbnn_outdir *o) {
  int n = 0;
  DIR *dir = opendir(o->parts);
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    size_t length = strlen(entry->d_name), ending = sizeof SBNN_PART_ENDING - 1;
    n += length > ending && strcmp(entry->d_name + length - ending, SBNN_PART_ENDING) == 0;
  }
  if (dir) closedir(dir);
  return n;
}

static int require_finished(const sbnn_outdir *o, sbnn_error *e) {
  if (!is_unfinished(o) || count_parts(o) == 0) return SBNN_OK;
  return sbnn_fail(e, SBNN_FAILED,
                   "%s holds an unfinished run; continue it with the same command and --resume, or start "
                   "again with --force",
                   o->path);
}

/* ---- the staged files ---- */

/* Removes a directory of plain files and at most one level of directories; only ever called on our own.
 * A link in its place is removed, not followed. */
static void remove_tree(const char *path, bool deeper) {
  DIR *dir = unlink(path) == 0 ? NULL : opendir(path);
  if (!dir) return;
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    char *inner = sbnn_path_in(path, entry->d_name);
    if (unlink(inner) != 0 && deeper) remove_tree(inner, false);
    free(inner);
  }
  closedir(dir);
  rmdir(path);
}

/* The plain files whose names begin so. */
static void remove_files(const char *path, const char *start) {
  DIR *dir = opendir(path);
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    if (strncmp(entry->d_name, start, strlen(start)) != 0) continue;
    char *inner = sbnn_path_in(path, entry->d_name);
    unlink(inner); /* of a folder it fails */
    free(inner);
  }
  if (dir) closedir(dir);
}

static int stage(sbnn_outdir *o, sbnn_error *e) {
  if (o->resumed) {
    remove_tree(o->figures, false);
    remove_files(o->staging, "");
    if (mkdir(o->figures, 0777) == 0) return SBNN_OK;
    return failed(e, o->path, "cannot be written to");
  }
  remove_tree(o->staging, true);
  if (mkdir(o->staging, 0777) == 0 && mkdir(o->figures, 0777) == 0 && mkdir(o->parts, 0777) == 0)
    return SBNN_OK;
  int code = failed(e, o->path, "cannot be written to");
  remove_tree(o->staging, true);
  return code;
}

static int rename_in(const sbnn_outdir *o, const char *from, const char *to) {
  char *a = sbnn_path_in(o->path, from), *b = sbnn_path_in(o->path, to);
  int status = rename(a, b);
  if (status == 0) (void)fsync(o->lock); /* of the directory: that it lasts, where it can be asked */
  free(a);
  free(b);
  return status;
}

/* Files of an earlier run that this one did not write would be taken for its own. */
static int remove_stale(const sbnn_outdir *o, sbnn_error *e) {
  int code = SBNN_OK;
  char *complete = sbnn_path_in(o->path, COMPLETE);
  for (const char *const *name = sbnn_result_files(); *name && code == SBNN_OK; name++) {
    char *old = sbnn_path_in(o->path, *name);
    if (!exists(complete, *name) && unlink(old) != 0 && errno != ENOENT && errno != ENOTDIR)
      code = sbnn_fail(e, SBNN_FAILED,
                       "%s of an earlier run cannot be removed (%s); the new results are complete in %s", old,
                       strerror(errno), complete);
    free(old);
  }
  free(complete);
  return code;
}

static int move_up(const sbnn_outdir *o, sbnn_error *e) {
  int code = SBNN_OK;
  char *moving = sbnn_path_in(o->path, MOVING), *moving_figures = sbnn_path_in(moving, "figures");
  char *figures = sbnn_path_in(o->path, "figures"), *parts = sbnn_path_in(moving, "resume");
  remove_tree(parts, false);
  /* Later would be too late: the results would be in place, and the run a failed one. */
  if (exists(moving, "resume"))
    code =
        sbnn_fail(e, SBNN_FAILED, "%s cannot be removed; the new results are complete in %s", parts, moving);
  free(parts);
  if (code == SBNN_OK && mkdir(figures, 0777) != 0 && errno != EEXIST)
    code = failed(e, figures, "cannot be created");
  for (const char *const *name = sbnn_result_files(); *name && code == SBNN_OK; name++) {
    char *from = sbnn_path_in(moving, *name), *to = sbnn_path_in(o->path, *name);
    if (rename(from, to) != 0 && errno != ENOENT)
      code = sbnn_fail(e, SBNN_FAILED, "%s cannot be put in place (%s); the new file is kept as %s", to,
                       strerror(errno), from);
    free(from);
    free(to);
  }
  if (code == SBNN_OK) {
    (void)fsync(o->lock);
    rmdir(figures); /* stays unless it is empty: a build without pictures */
    rmdir(moving_figures);
    if (rmdir(moving) != 0)
      code = sbnn_fail(e, SBNN_FAILED, "%s holds files that sbnn did not write; move them away", moving);
  }
  free(moving);
  free(moving_figures);
  free(figures);
  return code;
}

/* Goes on from whichever state a commit is in; nothing to do without one. */
static int finish_commit(const sbnn_outdir *o, sbnn_error *e) {
  if (exists(o->path, COMPLETE)) {
    int code = require_places(o, "; the new results are complete, in .complete beside it", e);
    if (code == SBNN_OK) code = remove_stale(o, e);
    if (code != SBNN_OK) return code;
    if (rename_in(o, COMPLETE, MOVING) != 0) return failed(e, o->path, "cannot be written to");
  }
  return exists(o->path, MOVING) ? move_up(o, e) : SBNN_OK;
}

/* ---- interface ---- */

static void release(sbnn_outdir *o) {
  if (o->lock >= 0) close(o->lock); /* and with it the lock */
  free(o->path);
  free(o->staging);
  free(o->figures);
  free(o->parts);
  free(o);
}

static sbnn_outdir *open_with(const char *path, bool force, bool resume, sbnn_error *e) {
  sbnn_outdir *o = sbnn_alloc(1, sizeof *o);
  o->path = sbnn_strdup(path);
  for (size_t n = strlen(path); n > 1 && o->path[n - 1] == '/'; n--) o->path[n - 1] = '\0';
  o->staging = sbnn_path_in(o->path, INCOMING);
  o->figures = sbnn_path_in(o->staging, "figures");
  o->parts = sbnn_path_in(o->staging, "resume");
  o->lock = -1;
  int code = create(o, e);
  if (code == SBNN_OK) code = take_lock(o, e);
  if (code == SBNN_OK) code = finish_commit(o, e);
  o->resumed = code == SBNN_OK && resume && is_unfinished(o);
  o->complete = code == SBNN_OK && resume && !o->resumed &&
                (exists(o->path, "metrics.tsv") || exists(o->path, "run.json"));
  if (o->complete) return o;
  if (code == SBNN_OK && !force && !o->resumed) code = require_finished(o, e);
  if (code == SBNN_OK && !force && !o->resumed) code = require_empty(o, e);
  if (code == SBNN_OK) code = require_places(o, "", e);
  if (code == SBNN_OK) code = require_writable(o, e);
  if (code == SBNN_OK) code = stage(o, e);
  if (code == SBNN_OK) return o;
  if (o->created) rmdir(o->path);
  release(o);
  return NULL;
}

sbnn_outdir *sbnn_outdir_open(const char *path, bool force, sbnn_error *e) {
  return open_with(path, force, false, e);
}

sbnn_outdir *sbnn_outdir_resume(const char *path, bool force, sbnn_error *e) {
  return open_with(path, force, true, e);
}

void sbnn_outdir_sweep_parts(const sbnn_outdir *o) { remove_files(o->parts, "."); }
bool sbnn_outdir_complete(const sbnn_outdir *o) { return o->complete; }
const char *sbnn_outdir_parts(const sbnn_outdir *o) { return o->parts; }
int sbnn_outdir_count_parts(const sbnn_outdir *o) { return count_parts(o); }
const char *sbnn_outdir_path(const sbnn_outdir *o) { return o->path; }
const char *sbnn_outdir_staging(const sbnn_outdir *o) { return o->staging; }
const char *sbnn_outdir_figures(const sbnn_outdir *o) { return o->figures; }
void sbnn_outdir_drop_figures(const sbnn_outdir *o) { remove_files(o->figures, ""); }
char *sbnn_outdir_file(const sbnn_outdir *o, const char *name) { return sbnn_path_in(o->staging, name); }
char *sbnn_outdir_rescue(const sbnn_outdir *o) { return sbnn_path_in(o->path, SBNN_RESCUE_FILE); }

int sbnn_outdir_commit(sbnn_outdir *o, sbnn_error *e) {
  int code = sbnn_check_memory(e);
  if (code == SBNN_OK) code = require_writable(o, e); /* hours later */
  if (code == SBNN_OK)
    code = rename_in(o, INCOMING, COMPLETE) == 0 ? finish_commit(o, e)
                                                 : failed(e, o->path, "cannot be written to");
  release(o);
  return code;
}

void sbnn_outdir_abort(sbnn_outdir *o) {
  if (!o) return;
  if (!o->resumed && !o->complete) remove_tree(o->staging, true);
  if (o->created) rmdir(o->path); /* stays if something is in it, such as rescued weights */
  release(o);
}

void sbnn_outdir_suspend(sbnn_outdir *o) {
  if (o) release(o);
}

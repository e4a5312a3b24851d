/* shards.c - see shards.h. */
#include "commands/shards.h"

#include "json_refused.h"
#include "options/options_table.h"
#include "output/reader.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMAND_FILE "command.json"
enum { COMMAND_BYTES = 1 << 20 };

/* ---- the command as a file ---- */

/* What belongs to a process and not to the command, or is settled already. */
static bool is_own(const char *name) {
  static const char *const names[] = {"out", "force", "resume", "shard", "threads", "quiet", "config"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) return true;
  return false;
}

typedef struct arguments {
  const sbnn_options *o;
  json_t *list;
  bool failed;
} arguments;

/* merge may be started elsewhere. */
static char *absolute(const char *path) {
  char here[4096];
  if (*path == '/' || !getcwd(here, sizeof here)) return sbnn_strdup(path);
  return sbnn_path_in(here, path);
}

/* Only what was given: a default stays a default. A preset or recipe stands for what it sets. */
static void add_argument(void *ctx, const char *name, char kind, const char *value) {
  arguments *a = ctx;
  const sbnn_option *row = sbnn_option_named(a->o->command, name, strlen(name));
  const char *origin = a->o->origin[sbnn_option_index(row)];
  if (!value || !origin || is_own(name) || (kind == 'b' && strcmp(value, "true") != 0)) return;
  if (strncmp(origin, "preset ", 7) == 0 || strncmp(origin, "recipe ", 7) == 0) return;
  bool is_path = row->value && strncmp(row->value, "FILE", 4) == 0;
  char *path = is_path ? absolute(value) : NULL;
  char *word = kind == 'b' ? sbnn_format("--%s", name) : sbnn_format("--%s=%s", name, path ? path : value);
  a->failed |= json_array_append_new(a->list, json_string(word)) != 0;
  free(word);
  free(path);
}

static int write_command(const char *folder, const sbnn_options *o, sbnn_error *e) {
  arguments a = {o, json_array(), false};
  char *path = sbnn_path_in(folder, COMMAND_FILE), *text = NULL;
  if (a.list) sbnn_options_each(o, add_argument, &a);
  json_t *all = json_pack("{s:s, s:O}", "command", sbnn_command_name(o->command), "arguments", a.list);
  if (all && !a.failed) text = json_dumps(all, JSON_INDENT(2));
  bool written = text && tn_atomic_write(path, text, strlen(text)) == TN_OK;
  int code = written
                 ? SBNN_OK
                 : sbnn_fail(e, SBNN_FAILED, "%s could not be written (%s); choose a folder you may write to",
                             path, strerror(text ? errno : ENOMEM));
  free(text);
  free(path);
  json_decref(all);
  json_decref(a.list);
  return code;
}

static char **take_arguments(const json_t *all, const char *out, const char *path, sbnn_error *e) {
  const json_t *list = json_object_get(all, "arguments");
  const char *command = json_string_value(json_object_get(all, "command"));
  size_t n = json_array_size(list), k = 0;
  char **words = sbnn_alloc(n + 4, sizeof *words);
  bool good = command && json_is_array(list) && sbnn_command_named(command);
  words[k++] = sbnn_strdup("sbnn");
  words[k++] = sbnn_strdup(command ? command : "");
  words[k++] = sbnn_format("--out=%s", out);
  for (size_t i = 0; i < n && good; i++) {
    const char *word = json_string_value(json_array_get(list, i));
    char name[64] = "";
    good = word && strncmp(word, "--", 2) == 0 && json_string_length(json_array_get(list, i)) == strlen(word);
    if (good) snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    good = good && !is_own(name);
    if (good) words[k++] = sbnn_strdup(word);
  }
  if (good && (sbnn_command_named(command)->takes & SBNN_TAKES_SHARDS)) return words;
  sbnn_fail(e, SBNN_BAD_INPUT, "%s does not say which command its shards belong to", path);
  for (size_t i = 0; i < k; i++) free(words[i]);
  free(words);
  return NULL;
}

char **sbnn_shard_command(const char *folder, const char *out, sbnn_error *e) {
  char *path = sbnn_path_in(folder, COMMAND_FILE), **words = NULL;
  struct stat s;
  json_error_t where = {0};
  if (stat(path, &s) != 0) {
    sbnn_fail(e, SBNN_BAD_INPUT, "%s holds no shards: it has no %s; give the folders that --shard wrote to",
              folder, COMMAND_FILE);
  } else if (!S_ISREG(s.st_mode) || s.st_size > COMMAND_BYTES) {
    sbnn_fail(e, SBNN_BAD_INPUT, "%s was not written by --shard", path);
  } else {
    json_t *all = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    if (all) words = take_arguments(all, out, path, e);
    else if (sbnn_json_check_memory(&where, path, e) == SBNN_OK)
      sbnn_fail(e, SBNN_BAD_INPUT, "%s, line %d: %s", path, where.line, where.text);
    json_decref(all);
  }
  free(path);
  return words;
}

/* ---- the folder ---- */

static bool is_shard_file(const char *name) {
  size_t length = strlen(name), ending = sizeof SBNN_PART_ENDING - 1;
  return name[0] == '.' || strcmp(name, "key") == 0 || strcmp(name, COMMAND_FILE) == 0 ||
         (length > ending && strcmp(name + length - ending, SBNN_PART_ENDING) == 0);
}

/* Nothing of the user's is mixed with shards. */
static int require_shards(const char *folder, sbnn_error *e) {
  int code = SBNN_OK;
  DIR *dir = opendir(folder);
  if (!dir)
    return sbnn_fail(e, SBNN_FAILED, "--out %s cannot be read (%s); choose a folder you may write to", folder,
                     strerror(errno));
  for (struct dirent *entry; code == SBNN_OK && (entry = readdir(dir));)
    if (!is_shard_file(entry->d_name))
      code = sbnn_fail(e, SBNN_FAILED,
                       "--out %s holds '%s', which is not a file of a shard; give a new folder, or one that "
                       "only shards have written to",
                       folder, entry->d_name);
  closedir(dir);
  return code;
}

int sbnn_shard_folder(const sbnn_options *o, bool *made, sbnn_error *e) {
  *made = mkdir(o->out, 0777) == 0;
  if (!*made && errno != EEXIST)
    return sbnn_fail(
        e, SBNN_FAILED,
        "--out %s cannot be created (%s); create its parent folder, or choose one you may write to", o->out,
        strerror(errno));
  return require_shards(o->out, e);
}

int sbnn_shard_open(const sbnn_options *o, const char *key, sbnn_parts **parts, sbnn_error *e) {
  int code = sbnn_parts_open_shard(o->out, key, parts, e);
  if (code == SBNN_OK) code = write_command(o->out, o, e);
  return code;
}

int sbnn_merge_check(const sbnn_merge *m, const sbnn_parts *parts, sbnn_error *e) {
  int code = SBNN_OK;
  for (int i = 0; i < m->n_folders && code == SBNN_OK; i++)
    code = sbnn_parts_check_key(parts, m->folders[i], e);
  return code;
}

bool sbnn_merge_has(const sbnn_merge *m, const sbnn_task *task) {
  bool found = false;
  for (int i = 0; i < m->n_folders && !found; i++) found = sbnn_parts_in_folder(m->folders[i], task);
  return found;
}

int sbnn_merge_take(const sbnn_merge *m, const sbnn_parts *parts, const sbnn_task *task, sbnn_experiment *x,
                    bool *found, sbnn_error *e) {
  sbnn_error bad = {0};
  *found = false;
  for (int i = 0; i < m->n_folders && !*found; i++)
    *found = sbnn_parts_take(parts, m->folders[i], task, x, &bad);
  if (*found || bad.code == SBNN_OK) return SBNN_OK;
  return sbnn_fail(e, bad.code, "%s; remove it and compute its shard again", bad.text);
}

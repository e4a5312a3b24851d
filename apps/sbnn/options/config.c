/* config.c - see config.h. */
#include "options/config.h"

#include "json_refused.h"
#include "options/suggest.h"
#include "tensor/files/read.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum { LINE_ROOM = 8192, MAX_NAMES = SBNN_MAX_OPTIONS };

/* One file serves all commands whose options may come from one: a row of any of them. */
static const sbnn_option *named_anywhere(const char *name) {
  const sbnn_option *row = NULL;
  for (size_t i = 0; i < sbnn_n_commands && !row; i++)
    if (sbnn_commands[i]->takes & SBNN_TAKES_CONFIG)
      row = sbnn_option_named(sbnn_commands[i], name, strlen(name));
  return row;
}

/* ---- settings ---- */

/* Options point to these strings until the process ends: a list that is reachable, so no leak. */
typedef struct kept_string {
  struct kept_string *next;
  char text[];
} kept_string;
static kept_string *kept;

static const char *keep(const char *text) {
  kept_string *k = sbnn_alloc(sizeof *k + strlen(text) + 1, 1);
  k->next = kept;
  kept = k;
  return strcpy(k->text, text);
}

void sbnn_config_forget(void) {
  while (kept) {
    kept_string *k = kept;
    kept = k->next;
    free(k);
  }
}

static void add(sbnn_settings *s, const sbnn_option *row, const char *value, const char *where) {
  s->list = sbnn_realloc(s->list, s->n + 1, sizeof *s->list);
  s->list[s->n++] = (sbnn_setting){row, keep(value), keep(where)};
}

const char *sbnn_settings_last(const sbnn_settings *s, const char *name) {
  for (size_t i = s->n; i-- > 0;)
    if (strcmp(s->list[i].row->name, name) == 0) return s->list[i].value;
  return NULL;
}

void sbnn_settings_free(sbnn_settings *s) {
  free(s->list);
  *s = (sbnn_settings){0};
}

static size_t names_of_all(const char *names[MAX_NAMES]) {
  const sbnn_option *row;
  size_t n = 0;
  for (size_t i = 0; (row = sbnn_option_at(i)) && n < MAX_NAMES; i++)
    if (named_anywhere(row->name)) names[n++] = row->name;
  return n;
}

/* "" or ": did you mean 'lasso'?" */
static void suggest(const char *name, char text[256]) {
  const char *names[MAX_NAMES];
  char meant[200];
  sbnn_suggest(name, names, names_of_all(names), "", meant, sizeof meant);
  snprintf(text, 256, "%s%s", *meant ? ": " : "", meant);
}

/* One key of a file. Underscores stand for dashes too. */
static int add_key(sbnn_settings *s, const sbnn_command *c, const char *key, const char *value,
                   const char *where, sbnn_error *e) {
  char name[64], meant[256];
  snprintf(name, sizeof name, "%s", key);
  for (char *at = name; *at; at++)
    if (*at == '_') *at = '-';
  const sbnn_option *row = sbnn_option_named(c, name, strlen(name));
  bool other = !row && named_anywhere(name) != NULL;
  if (strcmp(name, "config") == 0)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: a configuration file cannot name another one; leave out 'config'", where);
  if (other) return SBNN_OK;
  suggest(name, meant);
  if (!row)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s: there is no option '%.60s'%s ('%s help train' lists them)",
                     where, key, meant, sbnn_program);
  add(s, row, value, where);
  return SBNN_OK;
}

/* ---- key = value ---- */

static char *trim(char *text) {
  text += strspn(text, " \t\r");
  for (size_t n = strlen(text); n > 0 && strchr(" \t\r", text[n - 1]); n--) text[n - 1] = '\0';
  return text;
}

/* Takes the quotes off, or the comment behind the value. False: a quote is not closed, or something follows.
 */
static bool take_value(char **value) {
  char *v = *value;
  if (*v == '"') {
    char *end = strchr(v + 1, '"');
    if (!end) return false;
    *end = '\0';
    *value = v + 1;
    char *rest = trim(end + 1);
    return !*rest || *rest == '#';
  }
  for (char *c = v; *c; c++)
    if (*c == '#' && (c == v || c[-1] == ' ' || c[-1] == '\t')) {
      *c = '\0';
      break;
    }
  *value = trim(v);
  return true;
}

static int read_line(const char *where, char *line, const sbnn_command *c, sbnn_settings *s, sbnn_error *e) {
  char *key = trim(line), *equals = strchr(key, '=');
  if (!*key || *key == '#') return SBNN_OK;
  if (!equals)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s: '%.40s' is not 'key = value', as in: lasso = 0.1", where, key);
  *equals = '\0';
  char *value = trim(equals + 1);
  key = trim(key);
  if (!take_value(&value))
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s: the quotes around the value of '%.40s' do not match", where,
                     key);
  if (!*value)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: '%.40s' has no value; give one, or make the line a comment with #", where, key);
  return add_key(s, c, key + 2 * (strncmp(key, "--", 2) == 0), value, where, e);
}

static int read_lines(const char *path, char *text, const sbnn_command *c, sbnn_settings *s, sbnn_error *e) {
  int code = SBNN_OK;
  size_t number = 1;
  if (strncmp(text, "\xEF\xBB\xBF", 3) == 0) text += 3;
  for (char *line; code == SBNN_OK && (line = strsep(&text, "\n")); number++) {
    char where[512];
    snprintf(where, sizeof where, "%s, line %zu", path, number);
    code = read_line(where, line, c, s, e);
  }
  return code;
}

/* ---- JSON ---- */

/* The value as one would type it; false: no value of an option looks so. */
static bool json_text(const json_t *value, char text[LINE_ROOM]) {
  size_t used = 0;
  if (json_is_string(value)) snprintf(text, LINE_ROOM, "%s", json_string_value(value));
  else if (json_is_integer(value)) snprintf(text, LINE_ROOM, "%lld", (long long)json_integer_value(value));
  else if (json_is_real(value)) snprintf(text, LINE_ROOM, "%.17g", json_real_value(value));
  else if (json_is_boolean(value)) snprintf(text, LINE_ROOM, "%s", json_is_true(value) ? "true" : "false");
  else if (json_is_array(value) && json_array_size(value) > 0) {
    for (size_t i = 0; i < json_array_size(value) && used < LINE_ROOM; i++) {
      if (!json_is_integer(json_array_get(value, i))) return false;
      used += (size_t)snprintf(text + used, LINE_ROOM - used, "%s%lld", i ? "," : "",
                               (long long)json_integer_value(json_array_get(value, i)));
    }
  } else return false;
  return true;
}

/* The line on which the key stands first; jansson does not keep it. */
static size_t line_of(const char *text, const char *key) {
  char quoted[128];
  size_t line = 1;
  snprintf(quoted, sizeof quoted, "\"%.120s\"", key);
  const char *at = strstr(text, quoted);
  for (const char *c = text; at && c < at; c++) line += *c == '\n';
  return line;
}

/* The options of a run.json are in an object of their own; the file that they came from is none. */
static int read_object(const char *path, const char *text, json_t *root, const sbnn_command *c,
                       sbnn_settings *s, sbnn_error *e) {
  json_t *record = json_object_get(root, "options"), *value;
  const char *key;
  if (!json_is_object(record)) record = NULL;
  json_object_foreach(record ? record : root, key, value) {
    char where[512], typed[LINE_ROOM];
    snprintf(where, sizeof where, "%s, line %zu", path, line_of(text, key));
    if (json_is_null(value) || (record && strcmp(key, "config") == 0)) continue;
    if (!json_text(value, typed))
      return sbnn_fail(
          e, SBNN_BAD_INPUT,
          "%s: the value of '%.40s' must be text, a number, true, false or a list of whole numbers", where,
          key);
    int code = add_key(s, c, key, typed, where, e);
    if (code != SBNN_OK) return code;
  }
  return SBNN_OK;
}

static int read_json(const char *path, const char *text, const sbnn_command *c, sbnn_settings *s,
                     sbnn_error *e) {
  json_error_t error = {0};
  json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  if (!root && sbnn_json_check_memory(&error, path, e) != SBNN_OK) return e->code;
  if (!root)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s, line %d, column %d: %s", path, error.line, error.column,
                     error.text);
  int code = read_object(path, text, root, c, s, e);
  json_decref(root);
  return code;
}

/* ---- the three sources ---- */

/* The whole file, NUL-terminated; NULL after a failure. */
static char *read_text(const char *path, sbnn_error *e) {
  enum { MOST = 1 << 20 };
  char *text, message[TN_FILE_MESSAGE];
  size_t n;
  tn_status status = tn_file_read(NULL, path, MOST, &text, &n, message);
  if (status == TN_OK && strlen(text) == n) return text;
  if (status == TN_OK || status == TN_EFORMAT)
    sbnn_fail(e, SBNN_BAD_INPUT, "%s is not a configuration file: it is not text, or larger than 1 MB", path);
  else sbnn_fail(e, SBNN_BAD_INPUT, "%s; check --config", message);
  if (status == TN_OK) free(text);
  return NULL;
}

int sbnn_config_read(const char *path, const sbnn_command *c, sbnn_settings *s, sbnn_error *e) {
  char *text = read_text(path, e);
  if (!text) return e->code;
  bool json = text[strspn(text, " \t\r\n")] == '{';
  int code = json ? read_json(path, text, c, s, e) : read_lines(path, text, c, s, e);
  free(text);
  return code;
}

void sbnn_config_environment(const sbnn_command *c, sbnn_settings *s) {
  for (char **variable = environ; variable && *variable; variable++) {
    char name[64] = "", where[128], meant[256];
    const char *text = *variable, *equals = strchr(text, '=');
    if (strncmp(text, "SBNN_", 5) != 0 || !equals || equals - text - 5 >= (ptrdiff_t)sizeof name) continue;
    for (size_t i = 0; text + 5 + i < equals; i++)
      name[i] = text[5 + i] == '_' ? '-' : (char)tolower((unsigned char)text[5 + i]);
    snprintf(where, sizeof where, "environment %.*s", (int)(equals - text), text);
    const sbnn_option *row = sbnn_option_named(c, name, strlen(name));
    suggest(name, meant);
    if (row) add(s, row, equals + 1, where);
    else if (strcmp(name, "binary") == 0) continue; /* where Python and R find this program */
    else if (!named_anywhere(name))
      fprintf(stderr, "sbnn: the environment variable %.*s does not name an option%s\n", (int)(equals - text),
              text, meant);
  }
}

/* What each stands for, as a configuration file. Features that V1 leaves out: as published. */
static const struct {
  int preset;
  const char *where, *lines;
} presets[] = {
    {SBNN_PRESET_PATCHSEQ, "preset patchseq",
     "gene-threshold = 30\ny-transform = none\n"}, /* Smart-seq reads */
    {SBNN_PRESET_CITESEQ, "preset citeseq", "gene-threshold = 0\ny-transform = log1p\n"}, /* UMIs */
    {SBNN_PRESET_M1, "preset m1", "gene-threshold = 30\ny-transform = none\n"},
    {SBNN_PRESET_V1, "preset v1",
     "x-transform = none\nvariable-genes = 0\ny-transform = none\nmissing = drop-cells-any\n"
     "drop-responses = spc0 spk. fast trough v,long sq. stim. amp.,spc1 step subthr.,spc1 subthr. norm,"
     "long sq. AP1 up-down ratio,long sq. AP1 peak v,long sq. AP1 threshold v,long sq. AP1 width,"
     "short sq. AP1 width,spc1 inst. freq.,spc3 inst. freq.,long sq. AP1 downstroke,spc2 inst. freq.\n"},
    {SBNN_PRESET_CBMC, "preset cbmc",
     "gene-prefix = HUMAN_\ngene-threshold = 0\ny-transform = none\nlasso = 0.01\n"},
};

void sbnn_config_preset(int preset, sbnn_settings *s) {
  for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
    if (presets[i].preset != preset) continue;
    char *text = sbnn_strdup(presets[i].lines), *rest = text;
    sbnn_error e = {0};
    for (char *line; (line = strsep(&rest, "\n"));) read_line(presets[i].where, line, NULL, s, &e);
    free(text);
  }
}

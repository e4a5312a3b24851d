/* options_parse.c - from the command line to sbnn_options and back to text (options.h). */
#include "options/options.h"

#include "options/config.h"
#include "options/conflicts.h"
#include "options/option_value.h"
#include "options/options_table.h"
#include "options/suggest.h"

#include <string.h>

enum { MAX_NAMES = SBNN_MAX_OPTIONS, TEXT_ROOM = 512 };

/* ---- names that do not exist ---- */

static size_t names_of(const sbnn_command *command, const char *names[MAX_NAMES]) {
  const sbnn_option *row;
  size_t n = 0;
  names[n++] = "help";
  for (size_t i = 0; (row = sbnn_option_at(i)) && n < MAX_NAMES; i++)
    if (sbnn_option_taken(command, row)) names[n++] = row->name;
  return n;
}

/* "demo, train, cv": the commands that take the option. */
static void commands_with(const char *option, char text[TEXT_ROOM]) {
  size_t used = 0;
  text[0] = 0;
  for (size_t i = 0; i < sbnn_n_commands && used < TEXT_ROOM; i++)
    if (sbnn_option_named(sbnn_commands[i], option, strlen(option)))
      used +=
          (size_t)snprintf(text + used, TEXT_ROOM - used, "%s%s", used ? ", " : "", sbnn_commands[i]->name);
}

/* arg is "--name" or "--name=value", or has one dash too few or too many; `length` ends the name. */
static int unknown_option(const sbnn_command *command, const char *arg, size_t length, sbnn_error *e) {
  char name[64], others[TEXT_ROOM], meant[TEXT_ROOM];
  size_t dashes = strspn(arg, "-");
  snprintf(name, sizeof name, "%.*s", (int)(length - dashes), arg + dashes);
  commands_with(name, others);
  if (*others && !sbnn_option_named(command, name, strlen(name)))
    return sbnn_fail(e, SBNN_USAGE, "'--%s' is an option of %s, not of %s ('%s help %s' lists its own)", name,
                     others, command->name, sbnn_program, command->name);
  const char *names[MAX_NAMES];
  sbnn_suggest(name, names, names_of(command, names), "--", meant, sizeof meant);
  return sbnn_fail(e, SBNN_USAGE, "unknown option '%.*s'%s%s ('%s help %s' lists them)", (int)length, arg,
                   *meant ? ": " : "", meant, sbnn_program, command->name);
}

/* ---- the command line ---- */

/* argv[at] is the next argument to look at. */
typedef struct arguments {
  int argc, at;
  char **argv;
  const sbnn_command *command;
} arguments;

/* The value of an option that was typed without "=": the next argument, unless that is an option itself. */
static const char *next_value(arguments *a, const sbnn_option *row, sbnn_error *e) {
  char wanted[SBNN_OPTION_NEEDS];
  sbnn_option_needs(row, wanted);
  const char *next = a->at < a->argc ? a->argv[a->at] : NULL;
  if (!next) {
    sbnn_fail(e, SBNN_USAGE, "--%s needs %s, but nothing follows it", row->name, wanted);
    return NULL;
  }
  if (strncmp(next, "--", 2) == 0) {
    sbnn_fail(e, SBNN_USAGE, "--%s needs %s, but '%s' follows it", row->name, wanted, next);
    return NULL;
  }
  a->at++;
  return next;
}

static bool is_typed(const char *origin) { return origin && strcmp(origin, "command line") == 0; }

static void keep_text(const sbnn_options *o, const sbnn_option *row, char text[SBNN_LIST_TEXT]) {
  char room[SBNN_LIST_TEXT];
  const char *value = sbnn_option_text(o, row, room);
  snprintf(text, SBNN_LIST_TEXT, "%s", value ? value : "");
}

/* An option that was typed before: the last one counts, and another value may be a slip. */
static void note_again(sbnn_options *o, const sbnn_option *row, const char *before) {
  char now[SBNN_LIST_TEXT];
  const size_t used = strlen(o->repeated);
  keep_text(o, row, now);
  if (strcmp(before, now) != 0)
    snprintf(o->repeated + used, sizeof o->repeated - used,
             "%s--%s is given twice: '%.80s' is used, not '%.80s'", used ? "; " : "", row->name, now, before);
}

/* Operands are neighbours in argv: before the options, or behind them. */
static bool take_operand(const arguments *a, sbnn_options *o) {
  char **here = a->argv + a->at - 1;
  if (!a->command->operands || (o->n_operands > 0 && here != o->operands + o->n_operands)) return false;
  if (o->n_operands++ == 0) o->operands = here;
  return true;
}

static int parse_option(arguments *a, sbnn_options *o, sbnn_error *e) {
  const char *arg = a->argv[a->at++];
  if (arg[0] != '-' && take_operand(a, o)) return SBNN_OK;
  if (arg[0] != '-')
    return sbnn_fail(e, SBNN_USAGE,
                     "stray '%s': each value follows its option, as in --option value "
                     "('%s help %s' lists them)",
                     arg, sbnn_program, a->command->name);
  size_t length = strcspn(arg, "=");
  const sbnn_option *row =
      strncmp(arg, "--", 2) == 0 ? sbnn_option_named(a->command, arg + 2, length - 2) : NULL;
  if (!row) return unknown_option(a->command, arg, length, e);
  const char *value = arg[length] ? arg + length + 1 : NULL;
  if (row->kind == SBNN_OPTION_FLAG && value)
    return sbnn_fail(e, SBNN_USAGE, "--%s takes no value: leave out '=%s'", row->name, value);
  if (row->kind != SBNN_OPTION_FLAG && !value && !(value = next_value(a, row, e))) return SBNN_USAGE;
  const char **origin = &o->origin[sbnn_option_index(row)];
  char before[SBNN_LIST_TEXT] = "";
  if (is_typed(*origin)) keep_text(o, row, before);
  const bool again = is_typed(*origin);
  *origin = "command line";
  if (sbnn_option_set(o, row, value)) {
    if (again) note_again(o, row, before);
    return SBNN_OK;
  }
  char wanted[SBNN_OPTION_NEEDS], meant[TEXT_ROOM];
  sbnn_option_needs(row, wanted);
  sbnn_option_suggest(row, value, meant, sizeof meant);
  return sbnn_fail(e, SBNN_USAGE, "--%s needs %s, not '%s'%s", row->name, wanted, value, meant);
}

static int parse_options(arguments a, sbnn_options *o, sbnn_error *e) {
  int code = SBNN_OK;
  while (code == SBNN_OK && a.at < a.argc) code = parse_option(&a, o, e);
  return code;
}

static void set_initial(sbnn_options *o, const sbnn_option *row) {
  if (row->initial) sbnn_option_set(o, row, row->initial);
}

/* Those that the command does not take too: code that serves several never meets a field that was forgotten.
 */
static void set_defaults(sbnn_options *o) {
  const sbnn_option *row;
  for (size_t i = 0; (row = sbnn_option_at(i)); i++)
    if (row->families) set_initial(o, row);
  for (size_t i = 0; (row = sbnn_option_at(i)); i++)
    if (!row->families && sbnn_option_taken(o->command, row)) set_initial(o, row);
}

/* What --recipe denoise has in place of the table's defaults. */
static const struct {
  const char *name, *value;
} denoise_defaults[] = {{"select", "forward"},
                        {"input-noise", "0.8"},
                        {"bottleneck-noise", "0.1"},
                        {"hidden", "64,32"},
                        {"batch", "128"},
                        {"epochs-finetune", "600"},
                        {"lr-finetune", "0.005"},
                        {"lr-autoencoder", "0.005"},
                        {"epochs-autoencoder", "300"}};

/* `open_only`: where nothing was given. */
static void set_denoise_defaults(sbnn_options *o, bool open_only) {
  for (size_t i = 0; i < sizeof denoise_defaults / sizeof *denoise_defaults; i++) {
    const char *name = denoise_defaults[i].name;
    const sbnn_option *row = sbnn_option_named(NULL, name, strlen(name));
    const char **origin = &o->origin[sbnn_option_index(row)];
    if (open_only && *origin) continue;
    sbnn_option_set(o, row, denoise_defaults[i].value);
    *origin = "recipe denoise";
  }
}

/* Back to the table's. */
static void unset_denoise_defaults(sbnn_options *o) {
  for (size_t i = 0; i < sizeof denoise_defaults / sizeof *denoise_defaults; i++) {
    const char *name = denoise_defaults[i].name;
    const sbnn_option *row = sbnn_option_named(NULL, name, strlen(name));
    sbnn_option_set(o, row, row->initial);
    o->origin[sbnn_option_index(row)] = NULL;
  }
}

void sbnn_options_selector(const sbnn_options *o, sbnn_options *selector) {
  *selector = *o;
  selector->recipe = SBNN_RECIPE_PAPER;
  selector->noise = SBNN_NOISE_FIXED;
  unset_denoise_defaults(selector);
}

/* What the step calls its own and run does not take has its default. */
static void set_own_defaults(const sbnn_options *run, sbnn_options *step) {
  for (size_t i = 0; i < step->command->n_options; i++) {
    const sbnn_option *row = &step->command->options[i];
    if (!sbnn_option_taken(run->command, row)) set_initial(step, row);
  }
}

void sbnn_options_step(const sbnn_options *run, const sbnn_command *command, sbnn_recipe recipe,
                       sbnn_options *step) {
  static const char *const of_denoise[] = {"select", "noise", "input-noise", "bottleneck-noise"};
  *step = *run;
  step->command = command;
  step->recipe = recipe;
  set_own_defaults(run, step);
  sbnn_error ignored = {0};
  if (command->resolve) command->resolve(step, &ignored); /* nothing contradicts: run's own options held */
  if (recipe == SBNN_RECIPE_DENOISE) {
    step->both = false;
    set_denoise_defaults(step, true);
    return;
  }
  for (size_t i = 0; i < sizeof of_denoise / sizeof *of_denoise; i++) {
    const sbnn_option *row = sbnn_option_named(NULL, of_denoise[i], strlen(of_denoise[i]));
    sbnn_option_set(step, row, row->initial);
  }
}

/* ---- files, environment, presets ---- */

static int apply(const sbnn_settings *s, int code_if_bad, sbnn_options *o, sbnn_error *e) {
  for (size_t i = 0; i < s->n; i++) {
    const sbnn_setting *one = &s->list[i];
    char wanted[SBNN_OPTION_NEEDS], meant[TEXT_ROOM];
    o->origin[sbnn_option_index(one->row)] = one->where;
    if (sbnn_option_set(o, one->row, one->value)) continue;
    sbnn_option_needs(one->row, wanted);
    sbnn_option_suggest(one->row, one->value, meant, sizeof meant);
    return sbnn_fail(e, code_if_bad, "%s: %s needs %s, not '%.200s'%s", one->where, one->row->name, wanted,
                     one->value, meant);
  }
  return SBNN_OK;
}

/* Weakest first: recipe, preset, file, environment, command line. The command line is read twice, since it
 * may name the file, the preset and the recipe. */
static int parse_everywhere(const arguments *a, sbnn_options *o, sbnn_error *e) {
  sbnn_options typed = *o, found = *o;
  sbnn_settings preset = {0}, file = {0}, environment = {0};
  int code = parse_options(*a, &typed, e);
  if (code == SBNN_OK) sbnn_config_environment(a->command, &environment);
  const char *path = typed.config ? typed.config : sbnn_settings_last(&environment, "config");
  if (code == SBNN_OK && path) code = sbnn_config_read(path, a->command, &file, e);
  if (code == SBNN_OK) code = apply(&file, SBNN_BAD_INPUT, &found, e);
  if (code == SBNN_OK) code = apply(&environment, SBNN_USAGE, &found, e);
  if (code == SBNN_OK) code = parse_options(*a, &found, e);
  sbnn_config_preset(found.preset, &preset);
  if (code == SBNN_OK && found.recipe == SBNN_RECIPE_DENOISE) set_denoise_defaults(o, false);
  if (code == SBNN_OK) code = apply(&preset, SBNN_FAILED, o, e);
  if (code == SBNN_OK) code = apply(&file, SBNN_BAD_INPUT, o, e);
  if (code == SBNN_OK) code = apply(&environment, SBNN_USAGE, o, e);
  if (code == SBNN_OK) code = parse_options(*a, o, e);
  sbnn_settings_free(&preset);
  sbnn_settings_free(&file);
  sbnn_settings_free(&environment);
  return code;
}

static bool is_given(const sbnn_options *o, const sbnn_option *row) {
  char text[SBNN_LIST_TEXT];
  return sbnn_option_text(o, row, text) != NULL;
}

static bool is_missing(const sbnn_options *o, const sbnn_option *row) {
  const sbnn_option *other =
      row->unless ? sbnn_option_named(o->command, row->unless, strlen(row->unless)) : NULL;
  return row->required && sbnn_option_taken(o->command, row) && !is_given(o, row) &&
         !(other && is_given(o, other));
}

/* All that are missing in one sentence, so that nobody has to come back three times. */
static int check_required(const sbnn_options *o, const sbnn_command *command, sbnn_error *e) {
  const sbnn_option *missing[MAX_NAMES], *row;
  size_t n = 0, used = 0;
  for (size_t i = 0; (row = sbnn_option_at(i)) && n < MAX_NAMES; i++)
    if (is_missing(o, row)) missing[n++] = row;
  if (n == 0) return SBNN_OK;
  char list[TEXT_ROOM] = "";
  for (size_t i = 0; i < n && used < sizeof list; i++)
    used += (size_t)snprintf(list + used, sizeof list - used, "%s--%s %s",
                             i == 0       ? ""
                             : i + 1 == n ? " and "
                                          : ", ",
                             missing[i]->name, missing[i]->value);
  return sbnn_fail(e, SBNN_USAGE, "'sbnn %s' needs %s ('%s help %s' explains)", command->name, list,
                   sbnn_program, command->name);
}

static const char *origin_of(const sbnn_options *o, const char *name) {
  const sbnn_option *row = sbnn_option_named(o->command, name, strlen(name));
  return row ? o->origin[sbnn_option_index(row)] : NULL;
}

static void take_back(sbnn_options *o, const char *name) {
  const sbnn_option *row = sbnn_option_named(o->command, name, strlen(name));
  sbnn_option_set(o, row, row->initial);
  o->origin[sbnn_option_index(row)] = NULL;
}

/* A default that is given all the same, as run.json gives all of them, contradicts nothing. */
static const char *origin_of_choice(const sbnn_options *o, const char *name) {
  char text[SBNN_LIST_TEXT];
  const sbnn_option *row = sbnn_option_named(o->command, name, strlen(name));
  const char *value = row ? sbnn_option_text(o, row, text) : NULL;
  return value && row->initial && strcmp(value, row->initial) == 0 ? NULL : origin_of(o, name);
}

/* --data stands for the two tables, and what says how to read these has no meaning with it. What was typed is
 * stronger than what a file or the environment says; two of equal strength are a mistake. */
static int check_data(sbnn_options *o, sbnn_error *e) {
  static const char *const instead[] = {"x", "y", "x-genes-in"};
  enum { N = sizeof instead / sizeof *instead };
  const char *from = origin_of(o, "data"), *where[N];
  bool any_typed = false;
  for (size_t i = 0; i < N; i++) any_typed |= is_typed(where[i] = origin_of_choice(o, instead[i]));
  if (!from) return SBNN_OK;
  if (any_typed && !is_typed(from)) take_back(o, "data");
  for (size_t i = 0; i < N && o->data; i++) {
    if (!where[i]) continue;
    if (is_typed(from) == is_typed(where[i]))
      return sbnn_fail(e, SBNN_USAGE,
                       "--data (%s) and --%s (%s) exclude each other: give the two tables, or the file that "
                       "sbnn prep made of them",
                       from, instead[i], where[i]);
    take_back(o, instead[i]);
  }
  return SBNN_OK;
}

bool sbnn_options_chosen(const sbnn_options *o, const char *name) {
  const sbnn_option *row;
  bool chosen = false;
  for (size_t i = 0; (row = sbnn_option_at(i)); i++) {
    const char *origin = strcmp(row->name, name) == 0 ? o->origin[i] : NULL;
    chosen |= origin && strncmp(origin, "preset ", 7) != 0 && strncmp(origin, "recipe ", 7) != 0;
  }
  return chosen;
}

bool sbnn_options_given(const sbnn_options *o, const char *name) { return origin_of(o, name) != NULL; }

/* "--help" and "--version" count wherever they stand: whoever asks is not told of other mistakes. */
static bool asks(const arguments *a, const char *flag) {
  for (int i = a->at; i < a->argc; i++)
    if (strcmp(a->argv[i], flag) == 0) return true;
  return false;
}

static int just(const sbnn_command *command, const char *help_topic, sbnn_options *o) {
  o->command = command;
  o->help_topic = help_topic;
  return SBNN_OK;
}

/* What follows from all options together. */
static int resolve(sbnn_options *o, sbnn_error *e) {
  const sbnn_command *c = o->command, *const *other = c->takes_own_of;
  const sbnn_option *recipe = sbnn_option_named(c, "recipe", strlen("recipe"));
  if (!recipe || recipe->field != SBNN_FIELD(recipes))
    o->recipes = o->recipe == SBNN_RECIPE_PAPER ? SBNN_RECIPES_PAPER : SBNN_RECIPES_DENOISE;
  int code = SBNN_OK;
  for (; other && *other && code == SBNN_OK; other++)
    if ((*other)->resolve) code = (*other)->resolve(o, e);
  if (code == SBNN_OK && c->resolve) code = c->resolve(o, e);
  if (code == SBNN_OK) code = sbnn_options_check_conflicts(o, e);
  if (o->pretrain_weights == SBNN_WEIGHTS_AUTO)
    o->pretrain_weights = o->protocol == SBNN_PROTOCOL_PAPER ? SBNN_WEIGHTS_LAST : SBNN_WEIGHTS_BEST;
  return code;
}

static int parse_command(arguments *a, sbnn_options *o, sbnn_error *e) {
  const sbnn_command *c = o->command = a->command;
  if (asks(a, "--version")) return just(sbnn_command_of_flag("--version"), NULL, o);
  if (asks(a, "--help") || asks(a, "-h")) return just(sbnn_command_of_flag("--help"), c->name, o);
  if (c->words) return c->words(o, a->argc - a->at, a->argv + a->at, e);
  set_defaults(o);
  const bool varies = c->variant_flag && asks(a, c->variant_flag);
  if (varies) a->command = c->variant;
  int code = a->command->takes & SBNN_TAKES_CONFIG ? parse_everywhere(a, o, e) : parse_options(*a, o, e);
  if (code == SBNN_OK) code = check_data(o, e);
  if (code == SBNN_OK) code = check_required(o, a->command, e);
  return code == SBNN_OK ? resolve(o, e) : code;
}

/* "--generate=man", "--generate man": what follows the flag of a command that help does not list. */
static int parse_flag(const sbnn_command *c, int argc, char **argv, sbnn_options *o, sbnn_error *e) {
  char *value = strchr(argv[1], '=');
  o->command = c;
  if (!value) return c->words(o, argc - 2, argv + 2, e);
  if (argc > 2) return c->words(o, argc - 1, argv + 1, e);
  value++;
  return c->words(o, 1, &value, e);
}

int sbnn_options_parse(int argc, char **argv, sbnn_options *o, sbnn_error *e) {
  *o = (sbnn_options){0};
  if (argc < 2) return sbnn_fail(e, SBNN_USAGE, "no command ('%s help' lists them)", sbnn_program);
  const char *first = strcmp(argv[1], "-h") == 0 ? "--help" : argv[1];
  const sbnn_command *flagged = sbnn_command_of_flag(first);
  for (size_t i = 0; sbnn_hidden_commands[i] && !flagged; i++)
    if (strcmp(sbnn_hidden_commands[i]->name, first) == 0) flagged = sbnn_hidden_commands[i];
  if (flagged && (!flagged->words || sbnn_command_named(flagged->name))) return just(flagged, NULL, o);
  if (flagged) return parse_flag(flagged, argc, argv, o, e);
  if (first[0] == '-')
    return sbnn_fail(e, SBNN_USAGE, "the command comes first, as in %s cv %s ('%s help' lists them)",
                     sbnn_program, first, sbnn_program);
  arguments a = {argc, 2, argv, sbnn_command_named(first)};
  return a.command ? parse_command(&a, o, e) : sbnn_unknown_command(first, e);
}

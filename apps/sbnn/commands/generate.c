/* generate.c - `sbnn --generate man|bash|zsh|fish|json`: the manual page, the completions of shells and the table as
 * data, from the table of options and commands. */
#include "commands/commands.h"
#include "commands/generate_json.h"
#include "nabla_version.h"
#include "options/options_table.h"

#include <stdio.h>
#include <string.h>

static const char page_date[] = "2026-11-28"; /* of the last change to what the page says besides the table */

/* What the shell offers as a value. */
typedef enum value_kind { NO_VALUE, FILES, FOLDERS, WORDS, OTHER } value_kind;

static value_kind kind_of(const sbnn_option *row) {
  if (row->kind == SBNN_OPTION_FLAG) return NO_VALUE;
  if (row->kind == SBNN_OPTION_CHOICE) return WORDS;
  if (strcmp(row->value, "FILE") == 0) return FILES;
  return strcmp(row->value, "DIR") == 0 ? FOLDERS : OTHER;
}

/* Every character of `text` through `put`. */
static void each(const char *text, void (*put)(char c)) {
  for (; *text; text++) put(*text);
}

/* ---- man ---- */

static void put_roff(char c) {
  if (c == '-') fputs("\\-", stdout);
  else if (c == '\\') fputs("\\e", stdout);
  else putchar(c);
}

/* A line of text; one that would begin like a request gets a blank of no width. */
static void roff(const char *text) {
  if (*text == '.' || *text == '\'') fputs("\\&", stdout);
  each(text, put_roff);
}

static void man_commands(void) {
  puts(".SH COMMANDS");
  for (size_t i = 0; i < sbnn_n_commands; i++) {
    const sbnn_command *row = sbnn_commands[i];
    fputs(".TP\n.B sbnn ", stdout);
    roff(row->name);
    if (*row->usage) {
      fputs(" \\fR", stdout);
      roff(row->usage);
    }
    putchar('\n');
    roff(row->description); /* ends its line */
  }
}

static void man_option(const sbnn_option *row) {
  const char *separator = "";
  fputs(".TP\n.B \\-\\-", stdout);
  roff(row->name);
  if (row->value) {
    fputs(" \\fI", stdout);
    roff(row->value);
  }
  fputs("\n(", stdout);
  for (size_t i = 0; i < sbnn_n_commands; i++) {
    if (!sbnn_option_taken(sbnn_commands[i], row)) continue;
    printf("%s%s", separator, sbnn_commands[i]->name);
    separator = ", ";
  }
  fputs(row->required ? "; required) " : ") ", stdout);
  each(row->help, put_roff);
  if (row->initial) {
    fputs(" [", stdout);
    each(row->initial, put_roff);
    putchar(']');
  }
  putchar('\n');
}

static void man_options(void) {
  const char *heading = NULL;
  const sbnn_option *row;
  puts(".SH OPTIONS\n"
       "The commands that have the option are in parentheses, its default is in brackets.");
  for (size_t i = 0; (row = sbnn_option_at(i)); i++) {
    if (heading != sbnn_group_heading(row)) {
      heading = sbnn_group_heading(row);
      fputs(".SS \"", stdout);
      roff(heading);
      puts("\"");
    }
    man_option(row);
  }
}

static void man_examples(void) {
  puts(".SH EXAMPLES\n.nf");
  for (size_t i = 0; i < sbnn_n_commands; i++) {
    if (!sbnn_commands[i]->example) continue;
    fputs("sbnn ", stdout);
    each(sbnn_commands[i]->example, put_roff);
    putchar('\n');
  }
  puts(".fi");
}

static void generate_man(void) {
  printf(".\\\" made by sbnn \\-\\-generate man\n.TH SBNN 1 %s \"sbnn %s\" \"User Commands\"\n", page_date,
         NABLA_VERSION);
  puts(".SH NAME\n"
       "sbnn \\- few genes that predict a second measurement of the same cells\n"
       ".SH SYNOPSIS\n"
       ".B sbnn\n"
       ".I COMMAND\n"
       ".RI [ OPTIONS ]\n"
       ".br\n"
       ".B sbnn\n"
       ".I COMMAND\n"
       ".B \\-\\-help\n"
       ".br\n"
       ".B sbnn \\-\\-version\n"
       ".br\n"
       ".B sbnn \\-\\-generate\n"
       ".BR man | bash | zsh | fish | json\n"
       ".SH DESCRIPTION\n"
       "Trains a sparse bottleneck neural network. The network keeps a few genes, gives each cell a place\n"
       "on a map of few dimensions, and predicts a second measurement of the same cells from it\n"
       "(electrophysiology, proteins).");
  man_commands();
  man_options();
  puts(".SH EXIT STATUS\n"
       "0 done, 1 failed, 2 wrong command line, 3 bad input file, 4 numerical failure (a number is not\n"
       "finite), 5 some steps of run failed and the report shows the others, 130 interrupted.\n");
  man_examples();
}

/* ---- bash ---- */

static void put_words(const char *words) {
  for (; *words; words++) putchar(*words == '|' ? ' ' : *words);
}

static void print_names(const char *prefix) {
  for (size_t i = 0; i < sbnn_n_commands; i++) printf("%s%s", i ? prefix : "", sbnn_commands[i]->name);
}

static void bash_values(const sbnn_command *command) {
  const sbnn_option *row;
  for (size_t i = 0; (row = sbnn_option_at(i)); i++) {
    if (!sbnn_option_taken(command, row) || kind_of(row) == NO_VALUE) continue;
    printf("    %s:--%s) ", command->name, row->name);
    switch (kind_of(row)) {
    case FILES: fputs("compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))", stdout); break;
    case FOLDERS: fputs("compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\"))", stdout); break;
    case WORDS:
      fputs("COMPREPLY=($(compgen -W '", stdout);
      put_words(row->value);
      fputs("' -- \"$cur\"))", stdout);
      break;
    case NO_VALUE:
    case OTHER: fputs("COMPREPLY=()", stdout); break;
    }
    puts("; return ;;");
  }
}

static void generate_bash(void) {
  puts("# bash completion for sbnn, made by: sbnn --generate bash\n"
       "_sbnn() {\n"
       "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
       "  COMPREPLY=()\n"
       "  if [ \"$cur\" = = ]; then cur=; fi\n"
       "  if [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
       "  if [ \"$COMP_CWORD\" -eq 1 ]; then");
  fputs("    COMPREPLY=($(compgen -W '", stdout);
  print_names(" ");
  puts(" --help --version --generate' -- \"$cur\"))\n    return\n  fi\n  case $command:$prev in");
  for (size_t c = 0; c < sbnn_n_commands; c++) bash_values(sbnn_commands[c]);
  puts("    --generate:*) COMPREPLY=($(compgen -W 'man bash zsh fish json' -- \"$cur\")); return ;;\n  "
       "esac\n  "
       "case $command in");
  for (size_t c = 0; c < sbnn_n_commands; c++) {
    const sbnn_command *command = sbnn_commands[c];
    const sbnn_option *row;
    printf("    %s) COMPREPLY=($(compgen -W '", command->name);
    for (size_t i = 0; (row = sbnn_option_at(i)); i++)
      if (sbnn_option_taken(command, row)) printf("--%s ", row->name);
    if (command->words) print_names(" ");
    puts(" --help' -- \"$cur\")) ;;");
  }
  puts("  esac\n}\ncomplete -F _sbnn sbnn");
}

/* ---- zsh ---- */

/* Inside '...[description]': quotes, brackets and colons mean something there. */
static void put_zsh(char c) {
  if (c == '\'') fputs("'\\''", stdout);
  else if (strchr("[]:\\", c)) printf("\\%c", c);
  else putchar(c);
}

static void zsh_option(const sbnn_option *row) {
  printf("        '--%s%s[", row->name, row->value ? "=" : "");
  each(row->help, put_zsh);
  putchar(']');
  if (row->value) putchar(':');
  switch (kind_of(row)) {
  case NO_VALUE: break;
  case FILES: fputs("file:_files", stdout); break;
  case FOLDERS: fputs("folder:_files -/", stdout); break;
  case WORDS:
    fputs("word:(", stdout);
    put_words(row->value);
    putchar(')');
    break;
  case OTHER:
    each(row->value, put_zsh);
    fputs(": ", stdout);
    break;
  }
  puts("' \\");
}

static void generate_zsh(void) {
  puts("#compdef sbnn\n# zsh completion for sbnn, made by: sbnn --generate zsh\n_sbnn() {\n  local -a "
       "commands\n  commands=(");
  for (size_t i = 0; i < sbnn_n_commands; i++) {
    printf("    '%s:", sbnn_commands[i]->name);
    each(sbnn_commands[i]->summary, put_zsh);
    puts("'");
  }
  puts("  )\n  if (( CURRENT == 2 )); then\n    _describe -t commands 'sbnn command' commands\n"
       "    _arguments '--help[list the commands]' '--version[print the version]' \\\n"
       "      '--generate=[print the manual page or a completion]:what:(man bash zsh fish json)'\n    "
       "return\n  "
       "fi\n"
       "  local command=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $command in");
  for (size_t c = 0; c < sbnn_n_commands; c++) {
    const sbnn_command *command = sbnn_commands[c];
    const sbnn_option *row;
    printf("    %s)\n      _arguments \\\n", command->name);
    for (size_t i = 0; (row = sbnn_option_at(i)); i++)
      if (sbnn_option_taken(command, row)) zsh_option(row);
    if (command->words) {
      fputs("        '1:command:(", stdout);
      print_names(" ");
      puts(")' \\");
    }
    puts("        '--help[explain this command]'\n      ;;");
  }
  puts("  esac\n}\n_sbnn \"$@\"");
}

/* ---- fish ---- */

static void put_fish(char c) {
  if (c == '\'' || c == '\\') putchar('\\');
  putchar(c);
}

static void fish_option(const sbnn_command *command, const sbnn_option *row) {
  printf("complete -c sbnn -n '__fish_seen_subcommand_from %s' -l %s", command->name, row->name);
  switch (kind_of(row)) {
  case NO_VALUE: break;
  case FILES: fputs(" -r -F", stdout); break;
  case FOLDERS: fputs(" -x -a '(__fish_complete_directories)'", stdout); break;
  case WORDS:
    fputs(" -x -a '", stdout);
    put_words(row->value);
    putchar('\'');
    break;
  case OTHER: fputs(" -x", stdout); break;
  }
  fputs(" -d '", stdout);
  each(row->help, put_fish);
  puts("'");
}

static void generate_fish(void) {
  puts(
      "# fish completion for sbnn, made by: sbnn --generate fish\ncomplete -c sbnn -f\n"
      "complete -c sbnn -n __fish_use_subcommand -l version -d 'print the version'\n"
      "complete -c sbnn -n __fish_use_subcommand -l generate -x -a 'man bash zsh fish json' -d 'print manual "
      "page, completion or table of options'\n"
      "complete -c sbnn -l help -s h -d 'explain'");
  for (size_t c = 0; c < sbnn_n_commands; c++) {
    const sbnn_command *command = sbnn_commands[c];
    const sbnn_option *row;
    printf("complete -c sbnn -n __fish_use_subcommand -a %s -d '", command->name);
    each(command->summary, put_fish);
    puts("'");
    for (size_t i = 0; (row = sbnn_option_at(i)); i++)
      if (sbnn_option_taken(command, row)) fish_option(command, row);
  }
  fputs("complete -c sbnn -n '__fish_seen_subcommand_from help' -a '", stdout);
  print_names(" ");
  puts("'");
}

static void generate_json(void) { sbnn_generate_json(stdout); }

static int run(const sbnn_options *o, sbnn_error *e) {
  static const struct {
    const char *name;
    void (*print)(void);
  } kinds[] = {{"man", generate_man},
               {"bash", generate_bash},
               {"zsh", generate_zsh},
               {"fish", generate_fish},
               {"json", generate_json}};
  for (size_t i = 0; o->help_topic && i < sizeof kinds / sizeof *kinds; i++) {
    if (strcmp(kinds[i].name, o->help_topic) != 0) continue;
    kinds[i].print();
    return SBNN_OK;
  }
  return sbnn_fail(e, SBNN_USAGE, "--generate needs man, bash, zsh, fish or json%s%s%s",
                   o->help_topic ? ", not '" : "", o->help_topic ? o->help_topic : "",
                   o->help_topic ? "'" : "");
}

static int words(sbnn_options *o, int n, char **word, sbnn_error *e) {
  if (n > 1) return sbnn_fail(e, SBNN_USAGE, "--generate takes one word: leave out '%s'", word[1]);
  if (n == 1) o->help_topic = word[0];
  return SBNN_OK;
}

const sbnn_command sbnn_command_generate = {
    .name = "generate", .flag = "--generate", .words = words, .run = run};

/* test_sbnn_options.c - the command line of sbnn: defaults, parsing, every error sentence, back to text. */
#include "commands/commands.h"
#include "options/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ARGS = 128 };

#define FIT_ARGS " --x X --y Y --out O"
#define CV       "cv" FIT_ARGS
#define TRAIN    "train" FIT_ARGS

/* ---- parsing a line of words ---- */

/* Owns the words, from which the options borrow. */
typedef struct line {
  char *words, *argv[MAX_ARGS];
  int argc, code;
  sbnn_options o;
  sbnn_error e;
} line;

/* Words are separated by single blanks, so two blanks make an empty word. */
static line parse(const char *text) {
  line l = {.words = strdup(text), .argv = {"sbnn"}, .argc = 1};
  for (char *rest = *text ? l.words : NULL; rest && l.argc < MAX_ARGS;) l.argv[l.argc++] = strsep(&rest, " ");
  l.code = sbnn_options_parse(l.argc, l.argv, &l.o, &l.e);
  return l;
}

static line parse_ok(const char *text) {
  line l = parse(text);
  cr_assert_eq(l.code, SBNN_OK, "%s: %s", text, l.e.text);
  return l;
}

static void refuse(const char *text, const char *sentence) {
  line l = parse(text);
  cr_assert_eq(l.code, SBNN_USAGE, "'%s' was accepted", text);
  cr_assert_eq(l.e.code, SBNN_USAGE);
  cr_assert_str_eq(l.e.text, sentence, "'%s' gives\n  %s\nnot\n  %s", text, l.e.text, sentence);
  free(l.words);
}

/* The same for a sentence that names, in between, all commands that have the option. */
static void refuse_foreign(const char *text, const char *start, const char *end) {
  line l = parse(text);
  cr_assert_eq(l.code, SBNN_USAGE, "'%s' was accepted", text);
  size_t n = strlen(l.e.text), tail = strlen(end);
  cr_assert(strncmp(l.e.text, start, strlen(start)) == 0, "'%s' gives %s", text, l.e.text);
  cr_assert(n > tail && strcmp(l.e.text + n - tail, end) == 0, "'%s' gives %s", text, l.e.text);
  free(l.words);
}

/* ---- defaults and values ---- */

static void check_phase(sbnn_phase_options phase, int epochs, double lr) {
  cr_assert_eq(phase.epochs, epochs);
  cr_assert_eq(phase.lr, lr);
}

static void check_paper_network(const sbnn_options *o) {
  cr_assert_eq(o->n_hidden, 2);
  cr_assert(o->hidden[0] == 512 && o->hidden[1] == 128);
  cr_assert_eq(o->bottleneck, 2);
  cr_assert_eq(o->genes, 25);
  cr_assert_eq(o->lasso, 0.1);
  cr_assert_eq(o->l2, 1e-10);
}

static void check_paper_phases(const sbnn_options *o) {
  cr_assert_eq(o->clusters, 20);
  cr_assert_eq(o->cluster_min, 10);
  cr_assert_eq(o->kmeans_restarts, 1000);
  cr_assert_eq(o->pretrain_fraction, 0.6);
  check_phase(o->pretrain, 50, 1e-4);
  check_phase(o->frozen, 50, 1e-4);
  check_phase(o->unfrozen, 50, 5e-5);
  check_phase(o->finetune, 100, 5e-5);
  check_phase(o->autoencoder, 100, 5e-5);
  check_phase(o->no_pretrain_phase, 100, 1e-4);
  cr_assert_eq(o->batch, 32);
}

static void check_other_defaults(const sbnn_options *o) {
  cr_assert(!o->labels && !o->label_column && !o->fold_permutation);
  cr_assert_eq(o->x_genes_in, SBNN_GENES_AUTO);
  cr_assert_eq(o->variable_genes, 1000);
  cr_assert_eq(o->gene_threshold, 0);
  cr_assert_str_eq(o->y_transform, "none");
  cr_assert_eq(o->folds, 10);
  cr_assert_eq(o->protocol, SBNN_PROTOCOL_STRICT);
  cr_assert_eq(o->pretrain_weights, SBNN_WEIGHTS_BEST);
  cr_assert(o->seed == 0 && o->threads == 0);
  cr_assert(!o->no_pretrain && !o->both && !o->force && !o->quiet);
}

Test(sbnn_options, defaults_are_the_papers) {
  static const char *const lines[] = {TRAIN, CV, "demo"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    line l = parse_ok(lines[i]);
    check_paper_network(&l.o);
    check_paper_phases(&l.o);
    check_other_defaults(&l.o);
    cr_assert_eq(l.o.out == NULL, i == 2, "demo itself says where, and that it may be replaced");
    free(l.words);
  }
}

Test(sbnn_options, commands) {
  static const struct {
    const char *text;
    const sbnn_command *command;
    const char *topic;
  } cases[] = {
      {"demo", &sbnn_command_demo, NULL},
      {TRAIN, &sbnn_command_train, NULL},
      {CV, &sbnn_command_cv, NULL},
      {"info", &sbnn_command_info, NULL},
      {"help", &sbnn_command_help, NULL},
      {"-h", &sbnn_command_help, NULL},
      {"--help", &sbnn_command_help, NULL},
      {"help cv", &sbnn_command_help, "cv"},
      {"cv --help", &sbnn_command_help, "cv"},
      {"train --lasso x -h", &sbnn_command_help, "train"},
      {"help -h", &sbnn_command_help, "help"},
      {"--version", &sbnn_command_version, NULL},
      {"cv --version", &sbnn_command_version, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    line l = parse_ok(cases[i].text);
    cr_assert_eq(l.o.command, cases[i].command, "%s", cases[i].text);
    cr_assert_eq(l.o.help_topic == NULL, cases[i].topic == NULL, "%s", cases[i].text);
    if (cases[i].topic) cr_assert_str_eq(l.o.help_topic, cases[i].topic);
    free(l.words);
  }
}

Test(sbnn_options, values_follow_a_blank_or_an_equals_sign_and_the_last_one_counts) {
  line l = parse_ok("cv --x a.csv --y=b.tsv --out c=d --lasso 1e-2 --lasso=.5 --hidden 64 --hidden=32,16,8 "
                    "--protocol paper --seed +7 --force --threads 2 --folds=5 --fold-permutation p.txt "
                    "--lr-frozen 3E-4 --epochs-frozen 3 --x-genes-in columns --y-transform log1p --both");
  cr_assert_str_eq(l.o.x, "a.csv");
  cr_assert_str_eq(l.o.y, "b.tsv");
  cr_assert_str_eq(l.o.out, "c=d");
  cr_assert_eq(l.o.lasso, 0.5);
  cr_assert_eq(l.o.n_hidden, 3);
  cr_assert(l.o.hidden[0] == 32 && l.o.hidden[1] == 16 && l.o.hidden[2] == 8);
  cr_assert_eq(l.o.protocol, SBNN_PROTOCOL_PAPER);
  cr_assert(l.o.seed == 7 && l.o.threads == 2 && l.o.folds == 5);
  cr_assert(l.o.force && l.o.both && !l.o.quiet);
  cr_assert_str_eq(l.o.fold_permutation, "p.txt");
  check_phase(l.o.frozen, 3, 3e-4);
  cr_assert_eq(l.o.x_genes_in, SBNN_GENES_IN_COLUMNS);
  cr_assert_str_eq(l.o.y_transform, "log1p");
  free(l.words);
}

Test(sbnn_options, limits_are_inclusive) {
  line l = parse_ok(CV " --folds 2 --seed 2147483647 --pretrain-fraction 0.99 --lasso 0 --variable-genes 0 "
                       "--cluster-min 0 --hidden 1,2,3,4,5,6,7,100000");
  cr_assert(l.o.folds == 2 && l.o.seed == 2147483647 && l.o.n_hidden == SBNN_MAX_HIDDEN);
  cr_assert(l.o.pretrain_fraction == 0.99 && l.o.lasso == 0 && l.o.variable_genes == 0 &&
            l.o.cluster_min == 0);
  free(l.words);
}

Test(sbnn_options, pretraining_weights_follow_the_protocol_unless_named) {
  static const struct {
    const char *text;
    sbnn_weights weights;
  } cases[] = {
      {TRAIN, SBNN_WEIGHTS_BEST},
      {TRAIN " --pretrain-weights last", SBNN_WEIGHTS_LAST},
      {CV, SBNN_WEIGHTS_BEST},
      {CV " --protocol strict --pretrain-weights auto", SBNN_WEIGHTS_BEST},
      {CV " --protocol strict --pretrain-weights last", SBNN_WEIGHTS_LAST},
      {CV " --protocol paper", SBNN_WEIGHTS_LAST},
      {CV " --pretrain-weights best --protocol paper", SBNN_WEIGHTS_BEST},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    line l = parse_ok(cases[i].text);
    cr_assert_eq(l.o.pretrain_weights, cases[i].weights, "%s", cases[i].text);
    free(l.words);
  }
}

/* ---- error sentences ---- */

Test(sbnn_options, unknown_commands) {
  refuse("", "no command ('sbnn help' lists them)");
  refuse("trian", "unknown command 'trian': did you mean 'train'? ('sbnn help' lists them)");
  refuse("crossvalidate", "unknown command 'crossvalidate' ('sbnn help' lists them)");
  refuse("help inf", "unknown command 'inf': did you mean 'info'? ('sbnn help' lists them)");
  refuse("help cv train", "'sbnn help' explains one command at a time: leave out 'train'");
  refuse("--x a", "the command comes first, as in sbnn cv --x ('sbnn help' lists them)");
}

Test(sbnn_options, unknown_options) {
  refuse(CV " --laso 1", "unknown option '--laso': did you mean '--lasso'? ('sbnn help cv' lists them)");
  refuse(CV " --sede=1", "unknown option '--sede': did you mean '--seed'? ('sbnn help cv' lists them)");
  refuse(CV " -lasso 1", "unknown option '-lasso': did you mean '--lasso'? ('sbnn help cv' lists them)");
  refuse("cv -x a", "unknown option '-x': did you mean '--x'? ('sbnn help cv' lists them)");
  refuse(CV " --hepl", "unknown option '--hepl': did you mean '--help'? ('sbnn help cv' lists them)");
  refuse(TRAIN " --gene 3", "unknown option '--gene': did you mean '--gene-threshold' or '--gene-prefix' or "
                            "'--gene-names' or '--genes-from' or '--genes'? ('sbnn "
                            "help train' lists them)");
  refuse(CV " --momentum 1", "unknown option '--momentum' ('sbnn help cv' lists them)");
  refuse(CV " --", "unknown option '--' ('sbnn help cv' lists them)");
  refuse("info --ranks 2",
         "'--ranks' is an option of srrr, run, not of info ('sbnn help info' lists its own)");
  refuse_foreign(TRAIN " --folds 5", "'--folds' is an option of cv, ",
                 ", not of train ('sbnn help train' lists its own)");
  refuse_foreign("info --seed 1", "'--seed' is an option of demo, train, cv, ",
                 ", not of info ('sbnn help info' lists its own)");
}

Test(sbnn_options, an_option_stays_unknown_however_long_it_is) {
  char text[3000] = "cv --", *end = text + strlen(text);
  memset(end, 'q', sizeof text - 6);
  text[sizeof text - 1] = 0;
  line l = parse(text);
  cr_assert_eq(l.code, SBNN_USAGE);
  cr_assert_eq(strncmp(l.e.text, "unknown option '--qqq", 21), 0);
  free(l.words);
}

Test(sbnn_options, missing_values_and_options) {
  refuse("cv --x", "--x needs a file, but nothing follows it");
  refuse("cv --x --y b", "--x needs a file, but '--y' follows it");
  refuse("cv --lasso --force", "--lasso needs a number of at least 0, or auto, but '--force' follows it");
  refuse("cv --out=", "--out needs a folder, not ''");
  refuse("cv --label-column  --x a", "--label-column needs a name, not ''");
  refuse("cv", "'sbnn cv' needs --x FILE, --y FILE and --out DIR ('sbnn help cv' explains)");
  refuse("train --x a --out b", "'sbnn train' needs --y FILE ('sbnn help train' explains)");
}

Test(sbnn_options, values_out_of_range) {
  static const char *const numbers[] = {"abc", "-1", "nan", "inf", "0x1", "1e999", "0,1", "1e", "3x"};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    char text[64], sentence[128];
    snprintf(text, sizeof text, CV " --lasso %s", numbers[i]);
    snprintf(sentence, sizeof sentence, "--lasso needs a number of at least 0, or auto, not '%s'",
             numbers[i]);
    refuse(text, sentence);
  }
  static const char *const wholes[] = {"1",  "1000001", "1e1", "3.0", "ten", "-5", "99999999999999999999",
                                       "5-5"};
  for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++) {
    char text[64], sentence[128];
    snprintf(text, sizeof text, CV " --folds=%s", wholes[i]);
    snprintf(sentence, sizeof sentence, "--folds needs a whole number from 2 to 1000000, not '%s'",
             wholes[i]);
    refuse(text, sentence);
  }
  refuse(CV " --lr-frozen 0", "--lr-frozen needs a number above 0, not '0'");
  refuse(CV " --pretrain-fraction 1", "--pretrain-fraction needs a number from 0.01 to 0.99, not '1'");
  refuse(CV " --seed -1", "--seed needs a whole number from 0 to 2147483647, not '-1'");
}

Test(sbnn_options, wrong_words_and_lists) {
  refuse(CV " --protocol stric", "--protocol needs strict or paper, not 'stric': did you mean 'strict'?");
  refuse(CV " --protocol strict|paper",
         "--protocol needs strict or paper, not 'strict|paper': did you mean 'strict'?");
  refuse(CV " --preset cite-seq",
         "--preset needs none, patchseq, citeseq, m1, v1 or cbmc, not 'cite-seq': did you mean "
         "'citeseq'?");
  refuse(CV " --preset PATCH-SEQ",
         "--preset needs none, patchseq, citeseq, m1, v1 or cbmc, not 'PATCH-SEQ': did you mean "
         "'patchseq'?");
  refuse(CV " --preset human", "--preset needs none, patchseq, citeseq, m1, v1 or cbmc, not 'human'");
  refuse(CV " --y-transform Log1",
         "--y-transform needs none, log1p, clr or zscore, or these by pattern as in "
         "'log1p:CD*,none', not 'Log1': did you mean 'log1p'?");
  refuse(CV " --x-genes-in=", "--x-genes-in needs auto, rows or columns, not ''");
  static const char *const lists[] = {"512,,3", "512,", ",", "0", "1,2,3,4,5,6,7,8,9", "512;128", ""};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    char text[64], sentence[160];
    snprintf(text, sizeof text, CV " --hidden=%s", lists[i]);
    snprintf(
        sentence, sizeof sentence,
        "--hidden needs 1 to 8 whole numbers from 1 to 100000, separated by commas, as in 512,128, not '%s'",
        lists[i]);
    refuse(text, sentence);
  }
}

Test(sbnn_options, stray_words_and_contradictions) {
  refuse(
      "cv counts.csv",
      "stray 'counts.csv': each value follows its option, as in --option value ('sbnn help cv' lists them)");
  refuse(CV " --force=yes", "--force takes no value: leave out '=yes'");
  refuse(CV " --both --no-pretrain",
         "--both and --no-pretrain exclude each other: --both includes the model without pretraining");
  refuse(CV " --only-folds 3,11", "--only-folds takes numbers from 1 to 10 (--folds), in ascending order");
  refuse(CV " --only-folds 3,3", "--only-folds takes numbers from 1 to 10 (--folds), in ascending order");
  refuse(CV " --label-column a", "--label-column names a column of the table --labels, which is missing");
  refuse(CV " --variable-genes 20",
         "--genes 25 keeps more genes than training starts from, the 20 most variable ones "
         "(--variable-genes); give "
         "--genes 20 or less or, if the table has as many, --variable-genes 25 or more (0: all)");
}

/* ---- back to text ---- */

typedef struct collected {
  int argc;
  char *argv[MAX_ARGS];
  char kinds[MAX_ARGS];
} collected;

/* Keeps the option as it would be typed; a flag that is off and an unset text have no words. */
static void collect(void *ctx, const char *name, char kind, const char *value) {
  collected *c = ctx;
  bool off = !value || (kind == 'b' && strcmp(value, "false") == 0);
  if (off) return;
  cr_assert_lt(c->argc, MAX_ARGS);
  c->kinds[c->argc] = kind;
  cr_assert_geq(asprintf(&c->argv[c->argc++], kind == 'b' ? "--%s" : "--%s=%s", name, value), 0);
}

static void release(collected *c) {
  for (int i = 2; i < c->argc; i++) free(c->argv[i]);
}

static const char *value_of(const collected *c, const char *name) {
  for (int i = 2; i < c->argc; i++) {
    size_t n = strlen(name);
    if (strncmp(c->argv[i] + 2, name, n) == 0 && c->argv[i][n + 2] == '=') return c->argv[i] + n + 3;
  }
  return NULL;
}

static void round_trip(const char *text) {
  line l = parse_ok(text), again = {0};
  collected c = {.argc = 2, .argv = {"sbnn", l.argv[1]}};
  sbnn_options_each(&l.o, collect, &c);
  cr_assert_eq(sbnn_options_parse(c.argc, c.argv, &again.o, &again.e), SBNN_OK, "%s", again.e.text);
  collected d = {.argc = 2, .argv = {"sbnn", l.argv[1]}};
  sbnn_options_each(&again.o, collect, &d);
  cr_assert_eq(c.argc, d.argc);
  for (int i = 2; i < c.argc; i++) cr_assert_str_eq(c.argv[i], d.argv[i]);
  release(&c);
  release(&d);
  free(l.words);
}

Test(sbnn_options, each_gives_back_what_was_parsed) {
  round_trip("demo");
  round_trip("demo --seed 3 --force --quiet --out o");
  round_trip(TRAIN);
  round_trip("train --data d --out o");
  round_trip("srrr" FIT_ARGS);
  round_trip("tsne" FIT_ARGS " --view genes --theta 0.25 --start random");
  round_trip("stability" FIT_ARGS " --restarts 6 --subsample --recipe denoise --select group-lasso");
  round_trip("srrr" FIT_ARGS " --ranks 1,2,3 --lambdas 0.1:6.4:0.1 --genes 9 --protocol paper");
  round_trip(TRAIN " --no-pretrain --labels l --label-column c --hidden 3,4,5 --epochs-autoencoder 7");
  round_trip(
      CV " --protocol paper --both --lasso 0.30000000000000004 --l2 0 --x-genes-in rows --lr-finetune 1e-7");
}

Test(sbnn_options, each_resolves_and_types_the_values) {
  line l = parse_ok(CV " --protocol paper");
  collected c = {.argc = 2};
  sbnn_options_each(&l.o, collect, &c);
  static const char *const expected[][2] = {
      {"lasso", "0.1"}, {"l2", "1e-10"},          {"hidden", "512,128"},
      {"genes", "25"},  {"protocol", "paper"},    {"pretrain-weights", "last"},
      {"batch", "32"},  {"lr-unfrozen", "5e-05"}, {"y-transform", "none"}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    const char *value = value_of(&c, expected[i][0]);
    cr_assert(value, "%s", expected[i][0]);
    cr_assert_str_eq(value, expected[i][1]);
  }
  for (int i = 2; i < c.argc; i++) {
    char *end, *value = strchr(c.argv[i], '=');
    if (c.kinds[i] != 'n') continue;
    strtod(value + 1, &end);
    cr_assert(*end == 0 && end != value + 1, "%s is no number", c.argv[i]);
  }
  release(&c);
  free(l.words);
}

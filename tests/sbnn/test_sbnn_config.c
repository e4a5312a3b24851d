/* test_sbnn_config.c - options from files, environment and presets: who wins, and what is refused with which
 * line. */
#include "test_sbnn_run.h"

#include "commands/commands.h"

TestSuite(sbnn_config, .init = make_root, .fini = remove_root);

/* `words` with "@name" for files in the root. */
static int parse(const char *words, sbnn_options *o, sbnn_error *e) {
  char copy[1024];
  static char path[32][256];
  char *argv[32] = {(char *)"sbnn"};
  int argc = 1;
  snprintf(copy, sizeof copy, "%s", words);
  for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
    snprintf(path[argc], sizeof path[argc], "%s%s%s", *word == '@' ? root : "", *word == '@' ? "/" : "",
             word + (*word == '@'));
    argv[argc] = path[argc];
    argc++;
  }
  *e = (sbnn_error){0};
  return sbnn_options_parse(argc, argv, o, e);
}

static sbnn_options parsed(const char *words) {
  sbnn_options o;
  sbnn_error e;
  cr_assert_eq(parse(words, &o, &e), SBNN_OK, "%s: %s", words, e.text);
  return o;
}

#define TRAIN "train --x x --y y --out o "

Test(sbnn_config, presets_of_the_paper) {
  sbnn_options o = parsed(TRAIN "--preset m1");
  cr_expect(o.gene_threshold == 30 && o.x_transform == SBNN_X_COUNTS && !o.drop_responses);
  o = parsed(TRAIN "--preset cbmc --lasso 0.2");
  cr_expect(o.lasso == 0.2 && o.gene_threshold == 0);
  cr_expect_str_eq(o.gene_prefix, "HUMAN_");
  cr_expect_eq(parsed(TRAIN "--preset cbmc").lasso, 0.01);
  o = parsed(TRAIN "--preset v1 --variable-genes 100");
  cr_expect(o.x_transform == SBNN_X_NONE && o.variable_genes == 100 &&
            o.missing == SBNN_MISSING_DROP_CELLS_ANY);
  size_t commas = 0;
  for (const char *c = o.drop_responses; *c; c++) commas += *c == ',';
  cr_expect_eq(commas, 12, "%s", o.drop_responses);
  cr_expect(strncmp(o.drop_responses, "spc0 spk. fast trough v,", 24) == 0);
}

Test(sbnn_config, command_line_then_environment_then_file_then_preset) {
  put_file(at("run.conf"), "gene-threshold = 5\nlasso = 0.2\nbatch = 8\ngenes = 4\n");
  setenv("SBNN_LASSO", "0.3", 1);
  setenv("SBNN_BATCH", "9", 1);
  sbnn_options o = parsed(TRAIN "--config @run.conf --preset citeseq --batch 10");
  cr_expect_str_eq(o.y_transform, "log1p", "the preset's");
  cr_expect_eq(o.gene_threshold, 5, "the file's");
  cr_expect_eq(o.genes, 4);
  cr_expect_eq(o.lasso, 0.3, "the environment's");
  cr_expect_eq(o.batch, 10, "the command line's");
  cr_expect_eq(o.seed, 0, "the default");
  o = parsed(TRAIN "--batch 10 --preset patchseq");
  cr_expect_eq(o.gene_threshold, 30);
  cr_expect_str_eq(o.y_transform, "none");
  setenv("SBNN_CONFIG", at("run.conf"), 1);
  put_file(at("run.conf"), "preset = citeseq\n");
  cr_expect_str_eq(parsed(TRAIN).y_transform, "log1p", "the environment names the file, the file the preset");
  setenv("SBNN_PRESET", "patchseq", 1);
  cr_expect_eq(parsed(TRAIN).gene_threshold, 30);
  cr_expect_eq(parsed(TRAIN "--preset citeseq").gene_threshold, 0);
}

Test(sbnn_config, a_recipe_has_defaults_wherever_it_is_named) {
  put_file(at("run.conf"), "recipe = denoise\nbatch = 8\n");
  sbnn_options o = parsed(TRAIN "--config @run.conf --preset citeseq --epochs-finetune 7");
  cr_expect(o.recipe == SBNN_RECIPE_DENOISE && o.select == SBNN_SELECT_FORWARD && o.hidden[0] == 64);
  cr_expect(o.batch == 8 && o.finetune.epochs == 7 && o.autoencoder.epochs == 300);
  cr_expect_str_eq(o.y_transform, "log1p", "the preset's");
  setenv("SBNN_RECIPE", "paper", 1);
  o = parsed(TRAIN "--config @run.conf");
  cr_expect(o.recipe == SBNN_RECIPE_PAPER && o.hidden[0] == 512 && o.batch == 8 && o.input_noise == 0);
}

Test(sbnn_config, lines) {
  put_file(at("run.conf"),
           "\xEF\xBB\xBF# first\r\n\n  x = a b.csv   # behind\r\ny=\"c # d.csv\"\n--out = o\nhidden = 64,32\n"
           "no_pretrain = yes\nforce = false\nprotocol = paper\nepochs-autoencoder = 7");
  sbnn_options o = parsed("train --config @run.conf");
  cr_expect_str_eq(o.x, "a b.csv");
  cr_expect_str_eq(o.y, "c # d.csv");
  cr_expect(o.n_hidden == 2 && o.hidden[1] == 32 && o.no_pretrain && !o.force);
  cr_expect_eq(o.autoencoder.epochs, 7);
  o = parsed("cv --config @run.conf");
  cr_expect_eq(o.protocol, SBNN_PROTOCOL_PAPER, "one file serves both commands");
}

/* A '#' begins a comment behind a blank, a tab or nothing at all, but not within a word. */
Test(sbnn_config, comments) {
  put_file(at("run.conf"), "x = a#b.csv\ny = \"c\" # \"d\"\nout = o\t# tab\nlasso = 0.2 #\nlabels = l\r\n");
  sbnn_options o = parsed("train --config @run.conf");
  cr_expect_str_eq(o.x, "a#b.csv");
  cr_expect_str_eq(o.y, "c");
  cr_expect_str_eq(o.out, "o");
  cr_expect_str_eq(o.labels, "l");
  cr_expect_eq(o.lasso, 0.2);
}

/* Options by any case of letters; what is no option is told, but for where the program is. */
Test(sbnn_config, environment) {
  char name[128] = "SBNN_", said[1024];
  memset(name + 5, 'A', 100);
  setenv("SBNN_LASSO", "0.75", 1);
  setenv("SBNN_EPOCHS_frozen", "6", 1);
  setenv("SBNN_BINARY", "/bin/sbnn", 1);
  setenv("SBNN_RESTARTS", "5", 1); /* of another command */
  setenv("SBNN_LASO", "1", 1);
  setenv("SBNN_ZZZZZZZZ", "1", 1);
  setenv(name, "too long to be one", 1);
  fflush(stderr);
  FILE *to = fopen(at("said"), "w+");
  const int before = dup(2);
  dup2(fileno(to), 2);
  sbnn_options o = parsed("train --x a --y b --out c");
  dup2(before, 2);
  close(before);
  rewind(to);
  said[fread(said, 1, sizeof said - 1, to)] = '\0';
  fclose(to);
  cr_expect(o.lasso == 0.75 && o.frozen.epochs == 6);
  cr_expect(strstr(said, "SBNN_LASO does not name an option: did you mean 'lasso'"), "%s", said);
  cr_expect(strstr(said, "SBNN_ZZZZZZZZ does not name an option\n"), "%s", said);
  cr_expect(!strstr(said, "BINARY") && !strstr(said, "RESTARTS") && !strstr(said, "AAAA"), "%s", said);
}

Test(sbnn_config, files_that_are_no_text) {
  FILE *f = fopen(at("run.conf"), "w");
  fwrite("x = a\0b\n", 1, 8, f);
  fclose(f);
  refuses(TRAIN "--config @run.conf", SBNN_BAD_INPUT, "is not a configuration file", "1 MB");
  f = fopen(at("run.conf"), "w");
  for (int i = 0; i < 1200; i++) fprintf(f, "# %01000d\n", i);
  fclose(f);
  refuses(TRAIN "--config @run.conf", SBNN_BAD_INPUT, "is not a configuration file", "1 MB");
}

Test(sbnn_config, json) {
  put_file(at("run.json"),
           "{\"x\": \"a.csv\", \"y\": \"b\", \"out\": \"c\", \"hidden\": [64, 32], \"lasso\": 0.25,\n"
           "\"no-pretrain\": true, \"labels\": null, \"seed\": 3}");
  sbnn_options o = parsed("train --config @run.json");
  cr_expect_str_eq(o.x, "a.csv");
  cr_expect(o.n_hidden == 2 && o.hidden[0] == 64 && o.lasso == 0.25 && o.no_pretrain && o.seed == 3 &&
            !o.labels);
  put_file(at("run.json"),
           "{\"schema\": 1, \"options\": {\"x\": \"a\", \"y\": \"b\", \"out\": \"c\", \"hidden\": \"8,4\",\n"
           "\"config\": \"other\", \"lr-frozen\": 5e-05}}");
  o = parsed("train --config @run.json");
  cr_expect(o.hidden[0] == 8 && o.frozen.lr == 5e-05);
}

Test(sbnn_config, printed_it_is_a_file_again) {
  put_file(at("run.conf"), "x = \" lasso#.csv\"\nlasso = 0.2\n");
  setenv("SBNN_SEED", "7", 1);
  sbnn_options o =
      parsed("info --print-config --config @run.conf --preset citeseq --genes 8 --epochs-frozen 3 --folds 4");
  char *text = NULL;
  size_t size;
  FILE *f = open_memstream(&text, &size);
  sbnn_options_print(f, &o, &sbnn_command_cv);
  fclose(f);
  static const char *const parts[] = {"\nlasso = 0.2 ",     "run.conf, line 2\n", "# environment SBNN_SEED\n",
                                      "# preset citeseq\n", "# command line\n",   "# default\n"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    cr_expect(strstr(text, parts[i]), "%s in\n%s", parts[i], text);
  put_file(at("again.conf"), text);
  unsetenv("SBNN_SEED");
  sbnn_options p = parsed("info --print-config --config @again.conf");
  cr_expect_str_eq(p.x, " lasso#.csv");
  cr_expect(p.seed == 7 && p.genes == 8 && p.frozen.epochs == 3 && p.folds == 4 &&
            !strcmp(p.y_transform, "log1p"));
  free(text);
}

Test(sbnn_config, files_that_make_no_sense) {
  static const struct {
    const char *text, *part, *other;
  } bad[] = {{"lasso = 0.1\nlaso = 1\n", "line 2: there is no option 'laso'", "did you mean 'lasso'"},
             {"\n\nlasso 0.1\n", "line 3", "is not 'key = value'"},
             {"lasso = x\n", "line 1: lasso needs a number of at least 0", "'x'"},
             {"force = maybe\n", "line 1: force needs true or false", "'maybe'"},
             {"lasso =\n", "line 1", "no value"},
             {"x = \"open\n", "line 1", "quotes"},
             {"x = \"closed\" but\n", "line 1", "quotes"},
             {"config = other\n", "line 1", "cannot name another"},
             {"preset = rna\n", "line 1: preset needs", "'rna'"},
             {"genes = 2000\n", "--genes 2000 keeps more genes", "--variable-genes"},
             {"{\"lasso\": 1,\n\"laso\": 2}", "line 2: there is no option 'laso'", "did you mean 'lasso'"},
             {"{\"lasso\": {}}", "line 1: the value of 'lasso'", "number"},
             {"{\"lasso\": []}", "line 1: the value of 'lasso'", "number"},
             {"{\"options\": 3}", "line 1: there is no option 'options'", "help train"},
             {"zzzzzzzz = 1\n", "line 1: there is no option 'zzzzzzzz' (", "help train"},
             {"lasso = # 0.1\n", "line 1: 'lasso' has no value", "comment"},
             {"{\"hidden\": [1.5]}", "line 1: the value of 'hidden'", "number"},
             {"{\"lasso\": 1,\n}", "line 2, column", "run.conf"},
             {"{\"lasso\": 1, \"lasso\": 2}", "line 1", "duplicate"},
             {"{", "run.conf", ""}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    sbnn_options o;
    sbnn_error e;
    put_file(at("run.conf"), bad[i].text);
    int code = parse(TRAIN "--config @run.conf", &o, &e);
    cr_expect_eq(code, strstr(bad[i].text, "2000") ? SBNN_USAGE : SBNN_BAD_INPUT, "%s: %s", bad[i].text,
                 e.text);
    cr_expect(strstr(e.text, bad[i].part) && strstr(e.text, bad[i].other) && !strchr(e.text, '\n'),
              "'%s': %s", bad[i].text, e.text);
  }
  refuses(TRAIN "--config @nowhere", SBNN_BAD_INPUT, "nowhere: cannot be opened", "--config");
  refuses(TRAIN "--config @.", SBNN_BAD_INPUT, "cannot be read", "--config");
  setenv("SBNN_BATCH", "0", 1);
  refuses(TRAIN, SBNN_USAGE, "environment SBNN_BATCH: batch needs a whole number", "'0'");
}

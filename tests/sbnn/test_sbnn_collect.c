/* test_sbnn_collect.c - what an annotation takes from folders of results of each command, and from those of `sbnn run`; tables
 * that are damaged. */
#include "test_sbnn_results.h"

#include "annotate/annotation.h"

TestSuite(sbnn_collect, .init = make_root, .fini = remove_root);

typedef struct file {
  const char *path, *text;
} file;
enum { FILES = 8 };

/* Makes the folders on the way. */
static void put_below(const char *path, const char *text) {
  char folder[128];
  for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    mkdir(at(folder), 0777);
  }
  put_file(at(path), text);
}

static void put_all(const file *files) {
  remove_all(at("out"));
  mkdir(at("out"), 0777);
  for (int i = 0; i < FILES && files[i].path; i++) put_below(files[i].path, files[i].text);
}

/* One line each, such as "obs sbnn_fold c1=2 c2=1". */
static void describe(FILE *to, const sbnn_annotation *a) {
  static const char *const what[] = {"obsm", "obs", "var", "var0", "flag"};
  for (size_t i = 0; i < a->n; i++) {
    const sbnn_annotated *one = &a->list[i];
    fprintf(to, "%s %s", what[one->what], one->key);
    for (size_t k = 0; k < one->columns.n; k++) fprintf(to, "%s%s", k ? "," : " of ", one->columns.items[k]);
    for (size_t k = 0; k < one->ids.n; k++) {
      fprintf(to, " %s", one->ids.items[k]);
      for (size_t j = 0; j < one->width && one->what != SBNN_FLAG_OF_GENES; j++)
        fprintf(to, "%s%g", j ? "," : "=", (double)one->value[k * one->width + j]);
    }
    fprintf(to, "\n");
  }
  for (size_t i = 0; i < a->uns.n; i++) {
    const sbnn_addition *one = &a->uns.list[i];
    if (one->kind == SBNN_ADD_GROUP) fprintf(to, "%s/\n", one->path);
    else if (one->kind == SBNN_ADD_TEXT) fprintf(to, "%s '%s'\n", one->path, one->texts.items[0]);
    else
      fprintf(to, "%s %c %g\n", one->path,
              "wfn"[one->kind == SBNN_ADD_WHOLE  ? 0
                    : one->kind == SBNN_ADD_FLAG ? 1
                                                 : 2],
              one -> value);
  }
  if (a->gene_names) fprintf(to, "names %s\n", a->gene_names);
  if (a->gene_prefix) fprintf(to, "prefix %s\n", a->gene_prefix);
}

static int collect(char *said, size_t room) {
  sbnn_annotation a = {0};
  sbnn_error e = {0};
  int code = sbnn_annotation_collect(&a, at("out"), &e);
  FILE *to = fmemopen(said, room, "w");
  if (code == SBNN_OK) describe(to, &a);
  else fprintf(to, "%s", e.text);
  fclose(to);
  sbnn_annotation_free(&a);
  return code;
}

#define RUN(command) "{\"command\": \"" command "\", \"options\": {}}"
#define UNS(at, command)                                                                                     \
  at "/\n" at "/command '" command "'\n" at "/version ''\n" at "/options/\n" at "/scores/\n"
#define GENES            "rank\tgene\n1\tg2\n2\tg1\n"
#define LATENT           "cell\tz1\tz2\nc1\t1\t2\nc2\t3\t4\n"
#define PREDICTIONS      "cell\tr1\tr2\nc1\t1\t2\nc2\t3\tNA\n"
#define FOLD_PREDICTIONS "cell\tfold\tr1\nc1\t2\t5\nc2\t1\t6\n"
#define FOLD_GENES                                                                                           \
  "model\tfold\trank\tgene\nm\t1\t1\ta\nm\t1\t2\tb\nm\t2\t1\ta\nm\t2\t2\tc\nm\t3\t1\ta\nother\t1\t1\td\n"
#define STABLE "gene\tfrequency\na\t0.5\nb\t1\n"

static const struct {
  file files[FILES];
  const char *described;
} good[] = {
    {{{"out/run.json", RUN("train")},
      {"out/latent.tsv", LATENT},
      {"out/predictions.tsv", PREDICTIONS},
      {"out/genes.tsv", GENES}},
     "obsm X_sbnn c1=1,2 c2=3,4\nobsm sbnn_prediction of r1,r2 c1=1,2 c2=3,nan\n"
     "flag sbnn_selected g2 g1\nvar sbnn_rank g2=1 g1=2\n" UNS("sbnn", "train")},
    {{{"out/run.json", RUN("train")}}, UNS("sbnn", "train")},
    {{{"out/run.json", RUN("srrr")}, {"out/latent.tsv", LATENT}, {"out/genes.tsv", GENES}},
     "obsm X_srrr c1=1,2 c2=3,4\nflag srrr_selected g2 g1\nvar srrr_rank g2=1 g1=2\n" UNS("sbnn", "srrr")},
    {{{"out/run.json", RUN("cv")}, {"out/predictions.tsv", FOLD_PREDICTIONS}, {"out/genes.tsv", FOLD_GENES}},
     "obsm sbnn_prediction of r1 c1=5 c2=6\nobs sbnn_fold c1=2 c2=1\n"
     "var0 sbnn_frequency a=1 b=0.333333 c=0.333333\nflag sbnn_selected a\n" UNS("sbnn", "cv")},
    {{{"out/run.json", RUN("cv")}, {"out/genes.tsv", "model\tfold\tgene\n"}}, UNS("sbnn", "cv")},
    {{{"out/run.json", RUN("stability")}, {"out/stability.tsv", STABLE}},
     "var0 sbnn_frequency a=0.5 b=1\n" UNS("sbnn", "stability")},
    {{{"out/run.json", RUN("tsne")},
      {"out/tsne.tsv", "cell\tgenes_1\tgenes_2\tlatent_1\tlatent_2\nc1\t1\t2\t3\t4\n"}},
     "obsm X_tsne_genes c1=1,2\nobsm X_tsne_latent c1=3,4\n" UNS("sbnn", "tsne")},
    /* facts of the run */
    {{{"out/run.json", "{\"command\": \"train\", \"seed\": 7, \"build\": {\"version\": \"1.2\"}, "
                       "\"options\": {\"both\": true, \"genes\": 5, "
                       "\"ridge\": 0.5, \"none\": null, \"list\": [1], \"gene-names\": \"symbol\", "
                       "\"gene-prefix\": \"hg_\", \"a/b\": \"c\"}, "
                       "\"results\": {\"sbnn\": {\"folds\": [1, 2], \"r2\": {\"finetuned\": {\"train\": "
                       "{\"mean\": 0.5, \"sd\": 0.25}, "
                       "\"test\": {\"mean\": null}}}}}}"}},
     "sbnn/\nsbnn/command 'train'\nsbnn/version '1.2'\nsbnn/seed w 7\nsbnn/options/\nsbnn/options/both f 1\n"
     "sbnn/options/genes w 5\nsbnn/options/ridge n 0.5\nsbnn/options/gene-names "
     "'symbol'\nsbnn/options/gene-prefix 'hg_'\n"
     "sbnn/options/a_b 'c'\nsbnn/scores/\nsbnn/scores/sbnn/\nsbnn/scores/sbnn/folds w "
     "2\nsbnn/scores/sbnn/train_r2 n 0.5\n"
     "sbnn/scores/sbnn/train_r2_sd n 0.25\nnames symbol\nprefix hg_\n"},
    /* of `run`: beside a training cv gives folds, beside a cv the training gives no predictions */
    {{{"out/cv-paper/run.json", RUN("cv")},
      {"out/cv-paper/predictions.tsv", FOLD_PREDICTIONS},
      {"out/cv-paper/genes.tsv", FOLD_GENES},
      {"out/train-paper/run.json", RUN("train")},
      {"out/train-paper/predictions.tsv", PREDICTIONS},
      {"out/srrr/run.json", RUN("srrr")},
      {"out/stability-paper/run.json", RUN("stability")},
      {"out/stability-paper/stability.tsv", STABLE}},
     "obsm sbnn_prediction of r1 c1=5 c2=6\nobs sbnn_fold c1=2 c2=1\nvar0 sbnn_frequency a=0.5 "
     "b=1\nsbnn/\n" UNS("sbnn/cv-paper", "cv") UNS("sbnn/train-paper", "train") UNS("sbnn/srrr", "srrr")
         UNS("sbnn/stability-paper", "stability")},
    /* of both recipes; a cv alone tells of genes */
    {{{"out/cv-paper/run.json", RUN("cv")},
      {"out/cv-denoise/run.json", RUN("cv")},
      {"out/cv-denoise/genes.tsv", FOLD_GENES},
      {"out/cv-denoise/predictions.tsv", FOLD_PREDICTIONS}},
     "obsm sbnn_prediction_denoise of r1 c1=5 c2=6\nobs sbnn_fold_denoise c1=2 c2=1\n"
     "var0 sbnn_frequency_denoise a=1 b=0.333333 c=0.333333\nflag sbnn_selected_denoise a\nsbnn/\n" UNS(
         "sbnn/cv-paper", "cv") UNS("sbnn/cv-denoise", "cv")},
    {{{"out/train-denoise/run.json", RUN("train")}, {"out/train-denoise/predictions.tsv", PREDICTIONS}},
     "obsm sbnn_prediction of r1,r2 c1=1,2 c2=3,nan\nsbnn/\n" UNS("sbnn/train-denoise", "train")},
};

Test(sbnn_collect, results_of_each_command) {
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    char said[4096] = "";
    put_all(good[i].files);
    cr_expect_eq(collect(said, sizeof said), SBNN_OK, "case %zu: %s", i, said);
    cr_expect_str_eq(said, good[i].described, "case %zu:\n%s", i, said);
  }
}

/* One sentence that says which file. */
Test(sbnn_collect, damaged_tables) {
  static const struct {
    file files[FILES];
    const char *part, *other;
  } bad[] = {
      {{{NULL, NULL}}, "holds no results: neither run.json nor the folders of 'sbnn run'", "check the path"},
      {{{"out/run.json", "{"}}, "run.json cannot be read", "is this a folder of results?"},
      {{{"out/run.json", "{}"}}, "run.json is not a run.json of sbnn", "run the command again"},
      {{{"out/run.json", "{\"command\": \"cv\"}"}}, "is not a run.json of sbnn", "run the command again"},
      {{{"out/run.json", RUN("path")}}, "holds results of 'sbnn path'", "give a folder of train, cv, srrr"},
      {{{"out/run.json", RUN("train")}, {"out/latent.tsv", ""}}, "latent.tsv", ""},
      {{{"out/run.json", RUN("train")}, {"out/latent.tsv", "cell\tz1\nc1\tx\n"}}, "latent.tsv", "line 2"},
      {{{"out/run.json", RUN("train")}, {"out/predictions.tsv", ""}}, "predictions.tsv", ""},
      {{{"out/run.json", RUN("train")}, {"out/predictions.tsv", "cell\tr\nc1\tx\n"}},
       "predictions.tsv",
       "line 2"},
      {{{"out/run.json", RUN("train")}, {"out/genes.tsv", ""}}, "genes.tsv", ""},
      {{{"out/run.json", RUN("train")}, {"out/genes.tsv", "rank\tname\n1\ta\n"}}, "genes.tsv", "gene"},
      {{{"out/run.json", RUN("train")}, {"out/genes.tsv", "place\tgene\n1\ta\n"}}, "genes.tsv", "rank"},
      {{{"out/run.json", RUN("train")}, {"out/genes.tsv", "rank\tgene\nfirst\ta\n"}}, "genes.tsv", "line 2"},
      {{{"out/run.json", RUN("cv")}, {"out/predictions.tsv", "cell\tfold\tr\nc1\t0\t1\n"}},
       "line 2: '0' is not a fold",
       ""},
      {{{"out/run.json", RUN("cv")}, {"out/predictions.tsv", "cell\tfold\tr\nc1\t1e7\t1\n"}},
       "'1e7' is not a fold",
       ""},
      {{{"out/run.json", RUN("cv")}, {"out/predictions.tsv", "cell\tfold\tr\nc1\tNA\t1\n"}},
       "line 2: 'NA' is not a fold",
       ""},
      {{{"out/run.json", RUN("cv")}, {"out/predictions.tsv", "cell\tfold\tr\nc1\tx\t1\nc2\t1\t1\n"}},
       "predictions.tsv",
       "line 2"},
      {{{"out/run.json", RUN("cv")}, {"out/genes.tsv", ""}}, "genes.tsv", ""},
      {{{"out/run.json", RUN("cv")}, {"out/genes.tsv", "fold\tgene\n1\ta\n"}}, "genes.tsv", "model"},
      {{{"out/run.json", RUN("stability")}}, "stability.tsv", ""},
      {{{"out/run.json", RUN("stability")}, {"out/stability.tsv", "name\tfrequency\na\t1\n"}},
       "stability.tsv",
       "gene"},
      {{{"out/run.json", RUN("stability")}, {"out/stability.tsv", "gene\tpart\na\t1\n"}},
       "stability.tsv",
       "frequency"},
      {{{"out/run.json", RUN("stability")}, {"out/stability.tsv", "gene\tfrequency\na\tx\n"}},
       "stability.tsv",
       "line 2"},
      {{{"out/run.json", RUN("tsne")}}, "tsne.tsv", ""},
      {{{"out/run.json", RUN("tsne")}, {"out/tsne.tsv", "cell\ta_1\ta_2\nc1\t1\tx\n"}}, "tsne.tsv", "line 2"},
      {{{"out/train-paper/run.json", "{"}}, "train-paper/run.json cannot be read", ""},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char said[4096] = "";
    put_all(bad[i].files);
    cr_expect_eq(collect(said, sizeof said), SBNN_BAD_INPUT, "case %zu: %s", i, said);
    cr_expect(strstr(said, bad[i].part) && strstr(said, bad[i].other) && !strchr(said, '\n'), "case %zu: %s",
              i, said);
  }
}

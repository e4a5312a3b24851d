/* options_table.c - every command and every option of the tool (options_table.h). */
#include "options/options_table.h"

#include <math.h>
#include <string.h>

/* A choice is stored as the position of its word. */
_Static_assert(SBNN_PROTOCOL_STRICT == 0 && SBNN_PROTOCOL_PAPER == 1, "strict|paper");
_Static_assert(SBNN_PRESET_NONE == 0 && SBNN_PRESET_PATCHSEQ == 1 && SBNN_PRESET_CITESEQ == 2 &&
                   SBNN_PRESET_M1 == 3 && SBNN_PRESET_V1 == 4 && SBNN_PRESET_CBMC == 5,
               "none|patchseq|citeseq|m1|v1|cbmc");
_Static_assert(SBNN_MISSING_ERROR == 0 && SBNN_MISSING_DROP_CELLS == 1 && SBNN_MISSING_DROP_RESPONSES == 2 &&
                   SBNN_MISSING_DROP_CELLS_ANY == 3,
               "error|drop-cells|drop-responses|drop-cells-any");
_Static_assert(SBNN_X_COUNTS == 0 && SBNN_X_NONE == 1, "counts|none");
_Static_assert(SBNN_GENES_AUTO == 0 && SBNN_GENES_IN_ROWS == 1 && SBNN_GENES_IN_COLUMNS == 2,
               "auto|rows|columns");
_Static_assert(SBNN_WEIGHTS_AUTO == 0 && SBNN_WEIGHTS_LAST == 1 && SBNN_WEIGHTS_BEST == 2, "auto|last|best");

_Static_assert(SBNN_RECIPES_BOTH == 0 && SBNN_RECIPES_PAPER == 1 && SBNN_RECIPES_DENOISE == 2,
               "both|paper|denoise");
_Static_assert(SBNN_RECIPE_PAPER == 0 && SBNN_RECIPE_DENOISE == 1, "paper|denoise");
_Static_assert(SBNN_PENALTY_SUBGRADIENT == 0 && SBNN_PENALTY_PROXIMAL == 1, "subgradient|proximal");
_Static_assert(SBNN_PRUNE_AT_LAST == 0 && SBNN_PRUNE_AT_BEST == 1, "last|best");
_Static_assert(SBNN_NOISE_FIXED == 0 && SBNN_NOISE_AUTO == 1, "fixed|auto");
_Static_assert(SBNN_VIEW_BOTH == 0 && SBNN_VIEW_GENES == 1 && SBNN_VIEW_RESPONSES == 2,
               "both|genes|responses");
_Static_assert(SBNN_START_PCA == 0 && SBNN_START_RANDOM == 1, "pca|random");
_Static_assert(SBNN_SELECT_NETWORK == 0 && SBNN_SELECT_FORWARD == 1 && SBNN_SELECT_GROUP_LASSO == 2,
               "network|forward|group-lasso");

enum {
  TRAIN = SBNN_CMD_TRAIN,
  PATH = SBNN_CMD_PATH,
  CV = SBNN_CMD_CV,
  DEMO = SBNN_CMD_DEMO,
  PREDICT = SBNN_CMD_PREDICT,
  PLOT = SBNN_CMD_PLOT,
  SRRR = SBNN_CMD_SRRR,
  PREP = SBNN_CMD_PREP,
  TSNE = SBNN_CMD_TSNE,
  STABILITY = SBNN_CMD_STABILITY,
  REPORT = SBNN_CMD_REPORT,
  ALL = SBNN_CMD_RUN &
        ~(TRAIN | CV | SRRR | STABILITY), /* sbnn run, in rows that stand before those of its steps */
  INFO = SBNN_CMD_INFO,
  NET = SBNN_CMD_FIT,           /* commands that train networks on the user's data */
  FIT = TRAIN | CV | STABILITY, /* those that train by one set of options */
  READ = NET | SRRR,            /* commands that read the user's data, from tables or as prep has left them */
  FOLDED = CV | PATH | SRRR,    /* commands that cross-validate */
  RUN = READ | DEMO | TSNE,     /* commands that fit anything */
  VIEWS = READ | TSNE,          /* commands that read it or draw what others read */
  MANY = 1000000                /* more than anyone means; keeps products of counts far from overflow */
};

#define AT(field) offsetof(sbnn_options, field)
#define TEXT(group, name, value, field, initial, commands, help)                                             \
  { SBNN_GROUP_##group, SBNN_OPTION_TEXT, name, value, AT(field), initial, 0, 0, false, NULL, commands, help }
#define REQUIRED(group, name, value, field, commands, help)                                                  \
  { SBNN_GROUP_##group, SBNN_OPTION_TEXT, name, value, AT(field), NULL, 0, 0, true, NULL, commands, help }
#define REQUIRED_UNLESS(other, group, name, value, field, commands, help)                                    \
  { SBNN_GROUP_##group, SBNN_OPTION_TEXT, name, value, AT(field), NULL, 0, 0, true, other, commands, help }
#define FLAG(group, name, field, commands, help)                                                             \
  { SBNN_GROUP_##group, SBNN_OPTION_FLAG, name, NULL, AT(field), NULL, 0, 0, false, NULL, commands, help }
#define CHOICE(group, name, words, field, initial, commands, help)                                           \
  {                                                                                                          \
    SBNN_GROUP_##group, SBNN_OPTION_CHOICE, name, words, AT(field), initial, 0, 0, false, NULL, commands,    \
        help                                                                                                 \
  }
#define NUMBER(group, kind, name, value, field, initial, lowest, highest, commands, help)                    \
  {                                                                                                          \
    SBNN_GROUP_##group, SBNN_OPTION_##kind, name, value, AT(field), initial, lowest, highest, false, NULL,   \
        commands, help                                                                                       \
  }
#define WHOLE(group, name, value, field, initial, lowest, highest, commands, help)                           \
  NUMBER(group, WHOLE, name, value, field, initial, lowest, highest, commands, help)
#define LIST(group, kind, name, value, field, initial, commands, help)                                       \
  NUMBER(group, kind, name, value, field, initial, 1, 100000, commands, help)
/* A phase has its number of epochs and its learning rate. */
#define PHASE(group, name, phase, n_epochs, rate, commands, what)                                            \
  NUMBER(group, WHOLE, "epochs-" name, "N", phase.epochs, n_epochs, 1, MANY, commands, "epochs " what),      \
      NUMBER(group, POSITIVE, "lr-" name, "RATE", phase.lr, rate, 0, INFINITY, commands,                     \
             "learning rate of these epochs")

/* clang-format off */
const sbnn_option sbnn_option_table[] = {
  REQUIRED(DATA, "x", "FILE", x, PREP, "gene counts: cells by genes, or genes by cells"),
  REQUIRED_UNLESS("data", DATA, "x", "FILE", x, READ, "gene counts: cells by genes, or genes by cells"),
  REQUIRED(DATA, "results", "DIR", results, PLOT, "results of sbnn train or cv"),
  TEXT(DATA, "x", "FILE", x, NULL, TSNE, "gene counts: cells by genes, or genes by cells"),
  TEXT(DATA, "y", "FILE", y, NULL, TSNE, "responses of the same cells: physiology, proteins"),
  TEXT(DATA, "results", "DIR", results, NULL, TSNE, "in place of --x and --y: a run whose latent.tsv is embedded"),
  REQUIRED(DATA, "results", "DIR", results, REPORT, "folder of results, or one that holds such folders"),
  REQUIRED(DATA, "model", "DIR", model, PREDICT, "results of sbnn train, with its trained network"),
  REQUIRED(DATA, "x", "FILE", x, PREDICT, "gene counts of the cells to predict"),
  REQUIRED(DATA, "y", "FILE", y, PREP, "responses of the same cells: physiology, proteins"),
  REQUIRED_UNLESS("data", DATA, "y", "FILE", y, READ, "responses of the same cells: ephys, proteins"),
  TEXT(DATA, "data", "FILE", data, NULL, VIEWS, "in place of --x and --y: both, as sbnn prep has written them"),
  TEXT(DATA, "data", "FILE", data, NULL, INFO, "a file of sbnn prep: what it holds and how it was made"),
  TEXT(DATA, "labels", "FILE", labels, NULL, VIEWS | PREP, "cell types: the colours of the map"),
  TEXT(DATA, "label-column", "NAME", label_column, NULL, VIEWS | PREP,
    "its column of types; without: the first after the ids"),
  TEXT(DATA, "id-column", "NAME", id_column, NULL, VIEWS | PREP,
    "its column of cell ids; without: the first that has cells"),
  CHOICE(DATA, "x-genes-in", "auto|rows|columns", x_genes_in, "auto", VIEWS | PREP,
    "where --x has its genes; auto looks at the cell ids"),
  CHOICE(DATA, "x-genes-in", "auto|rows|columns", x_genes_in, "auto", PREDICT,
    "where --x has its genes; auto looks for the model's"),
  WHOLE(DATA, "variable-genes", "N", variable_genes, "1000", 0, MANY, VIEWS,
    "genes to start from, the most variable ones; 0: all"),
  NUMBER(DATA, REAL, "gene-threshold", "COUNT", gene_threshold, "0", 0, INFINITY, VIEWS,
    "a gene is on where its count is higher; UMIs 0, reads 30"),
  CHOICE(DATA, "x-transform", "counts|none", x_transform, "counts", VIEWS | PREP,
    "none: --x is normalised and log-transformed already"),
  TEXT(DATA, "gene-prefix", "TEXT", gene_prefix, NULL, VIEWS | PREDICT,
    "only genes that begin so, as in HUMAN_, without it"),
  TEXT(DATA, "genes-from", "FILE", genes_from, NULL, VIEWS,
    "only genes that these counts have too, to predict them later"),
  TEXT(DATA, "cells", "FILE", cells, NULL, VIEWS | PREDICT,
    "only cells listed here: ids, one a line, or a table of cells"),
  WHOLE(DATA, "min-counts", "N", min_counts, "10", 0, MANY, VIEWS, "cells of fewer counts in all are left out"),
  WHOLE(DATA, "min-counts", "N", min_counts, "10", 0, MANY, PREDICT, "cells of fewer counts in all get empty rows"),
  TEXT(DATA, "drop-responses", "NAME,NAME,...", drop_responses, NULL, VIEWS,
    "responses to leave out, names or patterns"),
  NUMBER(DATA, RULE, "y-transform", "RULE", y_transform, "none", 0, 0, VIEWS,
    "before z-scoring: log1p, clr; or log1p:CD*,none"),
  CHOICE(DATA, "missing", "error|drop-cells|drop-responses|drop-cells-any", missing, "error", VIEWS,
    "what becomes of missing responses"),

  WHOLE(DATA, "cells", "N", demo_cells, "600", 60, MANY, DEMO, "cells to make"),
  WHOLE(DATA, "genes", "N", demo_genes, "300", 25, MANY, DEMO, "genes to make, of which 25 drive the responses"),
  WHOLE(DATA, "responses", "N", demo_responses, "12", 2, MANY, DEMO, "responses to make"),
  FLAG(DATA, "tables-only", tables_only, DEMO, "write the tables, train nothing"),

  CHOICE(NETWORK, "recipe", "both|paper|denoise", recipes, "both", ALL,
    "denoise: noise in place of penalty and pretraining"),
  CHOICE(NETWORK, "recipe", "paper|denoise", recipe, "paper", FIT,
    "denoise: noise in place of penalty and pretraining"),
  CHOICE(NETWORK, "select", "network|forward|group-lasso", select, "network", FIT,
    "who chooses the genes; denoise: forward"),
  CHOICE(NETWORK, "noise", "fixed|auto", noise, "fixed", FIT,
    "auto: levels chosen on a part of the training cells"),
  NUMBER(NETWORK, REAL, "input-noise", "SD", input_noise, "0", 0, INFINITY, FIT,
    "noise on the genes in training; denoise: 0.8"),
  NUMBER(NETWORK, REAL, "bottleneck-noise", "SD", bottleneck_noise, "0", 0, INFINITY, FIT,
    "the same on the map, in sds of the batch; denoise: 0.1"),
  NUMBER(NETWORK, WIDTHS, "hidden", "N,N,...", hidden, "512,128", 1, 100000, NET,
    "units of the encoder's layers; decoders mirror"),
  WHOLE(NETWORK, "bottleneck", "N", bottleneck, "2", 1, 100000, FIT,
    "units of the bottleneck: dimensions of the latent map"),
  LIST(NETWORK, COUNTS, "bottleneck", "N,N,...", widths, "2", PATH,
    "units of the bottleneck; each with each penalty"),
  WHOLE(NETWORK, "genes", "N", genes, "25", 0, MANY, NET,
    "genes to keep; 0: as many as a proximal penalty leaves"),
  NUMBER(NETWORK, AUTO, "lasso", "NUMBER", lasso, "0.1", 0, INFINITY, FIT,
    "penalty that pushes genes out (group lasso), or auto"),
  LIST(NETWORK, NUMBERS, "lambdas", "L,L,...", penalties, "0.0001,0.01,0.1,1", PATH,
    "penalties against genes, or FIRST:LAST:STEP"),
  CHOICE(NETWORK, "penalty", "subgradient|proximal", penalty, "subgradient", NET,
    "proximal: weights of genes become 0 exactly"),
  CHOICE(NETWORK, "prune-at", "last|best", prune_at, "last", NET,
    "epoch before pruning: last, or best validated"),
  NUMBER(NETWORK, REAL, "l2", "NUMBER", l2, "1e-10", 0, INFINITY, NET,
    "penalty on the squares of all weights (ridge)"),

  FLAG(PRETRAINING, "no-pretrain", no_pretrain, NET, "go without pretraining"),
  FLAG(PRETRAINING, "both", both, CV, "run both models, with and without pretraining"),
  WHOLE(PRETRAINING, "clusters", "N", clusters, "20", 2, 100000, NET,
    "clusters of cells, by k-means on the responses"),
  WHOLE(PRETRAINING, "cluster-min", "CELLS", cluster_min, "10", 0, MANY, NET,
    "smaller clusters are left out of the pretraining"),
  WHOLE(PRETRAINING, "kmeans-restarts", "N", kmeans_restarts, "1000", 1, MANY, NET,
    "random starts of k-means; the best one counts"),
  NUMBER(PRETRAINING, REAL, "pretrain-fraction", "PART", pretrain_fraction, "0.6", 0.01, 0.99, NET,
    "part of the cells that trains, the others validate"),
  CHOICE(PRETRAINING, "pretrain-weights", "auto|last|best", pretrain_weights, "auto", TRAIN | STABILITY,
    "epoch to go on from: last, or best validated (auto)"),
  CHOICE(PRETRAINING, "pretrain-weights", "auto|last|best", pretrain_weights, "auto", CV | PATH,
    "epoch to go on from; auto: best, last under paper"),
  PHASE(PRETRAINING, "pretrain", pretrain, "50", "1e-4", NET, "of pretraining"),

  PHASE(PHASES, "frozen", frozen, "50", "1e-4", NET, "after pretraining, the encoder's layers held"),
  PHASE(PHASES, "unfrozen", unfrozen, "50", "5e-5", NET, "after that, all layers learning"),
  PHASE(PHASES, "no-pretrain", no_pretrain_phase, "100", "1e-4", NET,
    "in place of the above with --no-pretrain"),
  PHASE(PHASES, "finetune", finetune, "100", "5e-5", NET, "after pruning, on the genes kept"),
  PHASE(PHASES, "autoencoder", autoencoder, "100", "5e-5", TRAIN, "of the head that predicts the genes kept"),
  WHOLE(PHASES, "batch", "CELLS", batch, "32", 1, MANY, NET, "cells per training step"),

  LIST(LINEAR, COUNTS, "ranks", "N,N,...", ranks, "2", SRRR,
    "ranks of the fit: 2 has as few dimensions as the map"),
  LIST(LINEAR, NUMBERS, "lambdas", "L,L,...", lambdas, "0.1:1.5:0.1", SRRR,
    "penalties against genes, or FIRST:LAST:STEP"),
  WHOLE(LINEAR, "genes", "N", srrr_genes, "0", 0, MANY, SRRR,
    "find the penalty that leaves N genes; 0: --lambdas"),

  CHOICE(TSNE, "view", "both|genes|responses", view, "both", TSNE, "what is embedded"),
  WHOLE(TSNE, "components", "N", components, "40", 1, 10000, TSNE,
    "principal components of the genes, if there are so many"),
  NUMBER(TSNE, POSITIVE, "perplexity", "N", perplexity, "30", 0, INFINITY, TSNE,
    "neighbours that each cell is to keep, about"),
  WHOLE(TSNE, "exact-cells", "N", exact_cells, "2000", 0, 20000, TSNE,
    "with more cells distant ones are taken together"),
  NUMBER(TSNE, REAL, "theta", "NUMBER", theta, "0.5", 0, 1, TSNE,
    "then: how coarsely (Barnes-Hut), 0: not at all"),
  WHOLE(TSNE, "iterations", "N", iterations, "1000", 1, MANY, TSNE,
    "of the descent, 250 of them with exaggeration"),
  CHOICE(TSNE, "start", "pca|random", start, "pca", TSNE, "where cells start; random depends on --seed"),

  WHOLE(STABILITY, "restarts", "N", restarts, "10", 2, 10000, STABILITY,
    "models, each from fresh weights, to compare their genes"),
  FLAG(STABILITY, "subsample", subsample, STABILITY,
    "each on one half of the cells, the next on the other"),

  WHOLE(CROSS_VALIDATION, "folds", "N", folds, "10", 2, MANY, FOLDED, "parts of the cells, each tested once"),
  CHOICE(CROSS_VALIDATION, "protocol", "strict|paper", protocol, "strict", FOLDED,
    "strict: tested cells unseen; paper: as published"),
  TEXT(CROSS_VALIDATION, "fold-permutation", "FILE", fold_permutation, NULL, FOLDED,
    "order of the cells, numbers from 0, one a line"),
  LIST(CROSS_VALIDATION, COUNTS, "only-folds", "N,N,...", only_folds, NULL, CV,
    "train these of the folds, counted from 1; without: all"),
  CHOICE(CROSS_VALIDATION, "evaluate", "each-epoch|stage-ends", evaluate, "each-epoch", CV,
    "stage-ends: faster, no curves of test cells"),

  TEXT(RUN, "config", "FILE", config, NULL, READ | PREP, "options from a file: key = value, or JSON as run.json"),
  CHOICE(RUN, "preset", "none|patchseq|citeseq|m1|v1|cbmc", preset, "none", READ,
    "options for such data; m1, v1, cbmc: the paper's"),
  FLAG(RUN, "no-hints", no_hints, READ | PREP | TSNE, "say nothing on what would fit such numbers better"),
  FLAG(RUN, "print-config", print_config, INFO,
    "options of train and cv as resolved; the options follow"),
  WHOLE(RUN, "seed", "N", seed, "0", 0, 2147483647, RUN,
    "start of all random numbers: same seed, same results"),
  WHOLE(RUN, "threads", "N", threads, "0", 0, 1024, RUN, "threads, 0: one per core; results stay the same"),

  REQUIRED(OUTPUT, "out", "DIR", out, VIEWS, "folder for the results, made by the run"),
  TEXT(OUTPUT, "out", "DIR", out, NULL, DEMO,
    "folder for the results; without: sbnn-demo, replaced each time"),
  TEXT(OUTPUT, "out", "FILE", out, NULL, REPORT, "page to write; without: report.html in the folder"),
  REQUIRED(OUTPUT, "out", "FILE", out, PREDICT, "table to write: coordinates and responses of each cell"),
  REQUIRED(OUTPUT, "out", "FILE", out, PREP, "file to write, for --data"),
  FLAG(OUTPUT, "force", force, RUN, "replace the results that the folder holds"),
  FLAG(OUTPUT, "resume", resume, ALL, "go on where the run that the folder holds was interrupted"),
  FLAG(OUTPUT, "resume", resume, NET, "go on with the unfinished run that the folder holds"),
  FLAG(OUTPUT, "force", force, PREDICT | PREP, "replace the file if it exists"),
  TEXT(OUTPUT, "genes", "NAME,NAME,...", show_genes, NULL, PLOT,
    "overlays left of the map, up to nine; without: largest norms"),
  TEXT(OUTPUT, "responses", "NAME,NAME,...", show_responses, NULL, PLOT,
    "overlays right of it, up to nine; without: best predicted"),
  TEXT(OUTPUT, "srrr", "DIR", srrr, NULL, PLOT,
    "results of sbnn srrr, to compare the training curves with"),
  FLAG(OUTPUT, "quiet", quiet, RUN | PREP | PREDICT | PLOT | REPORT, "say nothing unless something fails"),
};
/* clang-format on */
const size_t sbnn_n_options = sizeof sbnn_option_table / sizeof *sbnn_option_table;
_Static_assert(sizeof sbnn_option_table / sizeof *sbnn_option_table <= SBNN_MAX_OPTIONS,
               "room for their origins");

const char *const sbnn_group_headings[SBNN_N_GROUPS] = {
    [SBNN_GROUP_DATA] = "Data",
    [SBNN_GROUP_NETWORK] = "Network",
    [SBNN_GROUP_PRETRAINING] = "Pretraining (the network first learns which cells respond alike)",
    [SBNN_GROUP_PHASES] = "Training phases (an epoch is one pass over the training cells)",
    [SBNN_GROUP_LINEAR] = "Sparse reduced-rank regression",
    [SBNN_GROUP_TSNE] = "Embedding",
    [SBNN_GROUP_STABILITY] = "Stability",
    [SBNN_GROUP_CROSS_VALIDATION] = "Cross-validation",
    [SBNN_GROUP_RUN] = "Running",
    [SBNN_GROUP_OUTPUT] = "Output",
};

const sbnn_command_row sbnn_command_table[] = {
    {SBNN_CMD_DEMO, "demo", "[OPTIONS]", "try it all on synthetic data of known truth, in under a minute",
     "Makes synthetic cells whose marker genes are known, runs everything on them, and tells how many\n"
     "of these genes were found (at least 90 % must be) and where the pictures are.\n"},
    {SBNN_CMD_PREP, "prep", "--x COUNTS --y RESPONSES --out DATA [OPTIONS]",
     "read, join and check tables once: one file for the commands below",
     "Writes counts, responses and labels of the cells that both tables have into one file, which --data\n"
     "of the other commands maps into memory. It holds them raw: whatever is fitted is fitted later.\n"},
    {SBNN_CMD_TRAIN, "train", "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
     "train on all cells: which genes matter, the map of the cells, the model",
     "Trains a sparse bottleneck network on all cells: it keeps a few genes, lays the cells out on a\n"
     "map of few dimensions, and predicts from there the responses and the genes kept.\n"},
    {SBNN_CMD_CV, "cv", "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
     "cross-validate: how well unseen cells are predicted",
     "Trains on part of the cells and predicts the others, in turn for each part. Reports R2, the part of\n"
     "the responses' variance that is explained in unseen cells: mean and standard deviation over folds.\n"},
    {SBNN_CMD_PATH, "path", "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
     "cross-validate over penalties and widths of the bottleneck",
     "Cross-validates the network for each penalty and each width of the bottleneck, on the folds that cv\n"
     "uses, and trains it on all cells: R2 by epoch, norms of the genes before pruning, R2 by width.\n"},
    {SBNN_CMD_SRRR, "srrr", "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
     "the linear counterpart, cross-validated: sparse reduced-rank regression",
     "Predicts the responses from a few genes through a few linear components, for each of --ranks and\n"
     "--lambdas, on the folds that cv uses. Relaxed: refitted without the penalty's shrinkage.\n"},
    {SBNN_CMD_STABILITY, "stability", "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
     "how much of the result chance decides: the genes of many restarts",
     "Trains the model many times, from other random numbers or on halves of the cells, and reports how\n"
     "often each gene is chosen, how many genes two runs share, and the maps, turned to fit one another.\n"},
    {SBNN_CMD_TSNE, "tsne", "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
     "maps of each view by itself: t-SNE of genes, responses, or a latent space",
     "Lays the cells out so that neighbours in the genes, or in the responses, stay neighbours, without\n"
     "looking at the other view; with --results in place of the tables: neighbours in a latent space.\n"},
    {SBNN_CMD_RUN, "run", "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
     "all of it in one go, with a report at the end",
     "Runs prep, cv, train, srrr and stability, each into a place of its own inside --out, and makes one\n"
     "page of them all (sbnn report). Both recipes side by side, unless --recipe says otherwise.\n"},
    {SBNN_CMD_PREDICT, "predict", "--model DIR --x COUNTS --out FILE [OPTIONS]",
     "use a trained network: map and responses of other cells",
     "Takes the network that 'sbnn train' has left in a folder and gives, for other cells, their place on\n"
     "the map and their responses in own units. Normalises as in training; needs all genes kept there.\n"},
    {SBNN_CMD_PLOT, "plot", "--results DIR [OPTIONS]",
     "draw the pictures of a run again, choose the overlays",
     "Draws every picture of a folder of results again (.png, .svg, .pdf), from the tables in it. The\n"
     "overlays can be chosen: genes among those that the network kept, and responses.\n"},
    {SBNN_CMD_REPORT, "report", "--results DIR [OPTIONS]",
     "one page to look at and to send: map, genes, curves, R2, provenance",
     "Makes one HTML file of the results in a folder and the folders in it: train, cv, srrr, stability.\n"
     "It needs no network: open it in any browser, or send it on.\n"},
    {SBNN_CMD_INFO, "info", "[--data DATA | --print-config [OPTIONS]]", "version, build, CPU and threads",
     "Prints version, build, BLAS library, CPU and threads: what to send along with a bug report. With\n"
     "--data: what a file of sbnn prep holds; with --print-config: the options of train and cv, as a "
     "file.\n"},
    {SBNN_CMD_HELP, "help", "[COMMAND]", "explain a command and all of its options",
     "Explains a command and all of its options in one line each; without a command, lists the commands.\n"
     "The same as sbnn COMMAND --help.\n"},
};
const size_t sbnn_n_commands = sizeof sbnn_command_table / sizeof *sbnn_command_table;

const char *sbnn_command_name(sbnn_command command) {
  for (size_t i = 0; i < sbnn_n_commands; i++)
    if (sbnn_command_table[i].command == command) return sbnn_command_table[i].name;
  return "";
}

const sbnn_command_row *sbnn_command_named(const char *name) {
  for (size_t i = 0; i < sbnn_n_commands; i++)
    if (strcmp(sbnn_command_table[i].name, name) == 0) return &sbnn_command_table[i];
  return NULL;
}

/* annotate.c - `sbnn annotate`: results into a copy of the AnnData or MuData file that they are of. */
#include "annotate/annotation.h"
#include "commands/commands.h"
#include "output/writer.h"

typedef struct own_options {
  const char *in;
} own_options;

static int run(const sbnn_options *o, sbnn_error *e) {
  const own_options *own = sbnn_own(o, &sbnn_command_annotate);
  sbnn_annotation a = {0};
  int code = sbnn_check_place("out", o->out, o->force, e);
  if (code == SBNN_OK) code = sbnn_annotation_collect(&a, o->results, e);
  if (code == SBNN_OK) code = sbnn_annotation_write(&a, own->in, o->out, o->quiet, e);
  sbnn_annotation_free(&a);
  return code;
}

static const sbnn_option own_rows[] = {
    {.group = SBNN_GROUP_DATA,
     .name = "results",
     .value = "DIR",
     .field = SBNN_FIELD(results),
     .required = true,
     .help = "folder of results of train, cv, srrr, stability, tsne or run"},
    {.group = SBNN_GROUP_DATA,
     .name = "in",
     .value = "FILE",
     .field = SBNN_OWN_FIELD(own_options, in),
     .required = true,
     .help = "the .h5ad or .h5mu file of these cells; it is not changed"},
    {.group = SBNN_GROUP_OUTPUT,
     .name = "out",
     .value = "FILE",
     .field = SBNN_FIELD(out),
     .required = true,
     .help = "file to write: the copy with the results"},
    {.group = SBNN_GROUP_OUTPUT,
     .kind = SBNN_OPTION_FLAG,
     .name = "force",
     .field = SBNN_FIELD(force),
     .help = "replace the file if it exists"},
};

const sbnn_command sbnn_command_annotate = {
    .name = "annotate",
    .usage = "--results DIR --in FILE --out FILE [OPTIONS]",
    .summary = "write results into a copy of an .h5ad or .h5mu file",
    .description =
        "Copies an AnnData or MuData file and adds the results in a folder: the map (obsm/X_sbnn),\n"
        "predictions, folds, the chosen genes, and how they were made (uns/sbnn).\n",
    .example = "annotate --results results --in cells.h5ad --out cells_sbnn.h5ad",
    .takes = SBNN_TAKES_QUIET,
    SBNN_ROWS(own_rows),
    .own_size = sizeof(own_options),
    .run = run,
};

/* report.c - `sbnn report`: one page of everything that a folder of results holds. */
#include "report/report.h"
#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>

static int run(const sbnn_options *o, sbnn_error *e) {
  char *path = o->out ? sbnn_strdup(o->out) : sbnn_path_in(o->results, "report.html");
  int code = sbnn_report_write(o->results, o->results, path, e);
  if (code == SBNN_OK && !o->quiet) fprintf(stderr, "The report is %s: open it in a browser\n", path);
  free(path);
  return code;
}

static const sbnn_option own_rows[] = {
    {.group = SBNN_GROUP_DATA,
     .name = "results",
     .value = "DIR",
     .field = SBNN_FIELD(results),
     .required = true,
     .help = "folder of results, or one that holds such folders"},
    {.group = SBNN_GROUP_OUTPUT,
     .name = "out",
     .value = "FILE",
     .field = SBNN_FIELD(out),
     .help = "page to write (default: report.html in the folder)"},
};

static const char *const files[] = {"report.html", NULL};

const sbnn_command sbnn_command_report = {
    .name = "report",
    .usage = "--results DIR [OPTIONS]",
    .summary = "make one HTML page: map, genes, curves, R2, how it was made",
    .description = "Makes one HTML page of the results of train, cv, srrr and stability in a folder and its\n"
                   "subfolders. It works offline: open it in any browser, or send it to others.\n",
    .example = "report --results results",
    .takes = SBNN_TAKES_QUIET,
    SBNN_ROWS(own_rows),
    .run = run,
    .files = files,
};

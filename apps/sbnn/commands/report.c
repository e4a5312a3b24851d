/* report.c - `sbnn report`: one page of everything that a folder of results holds. */
#include "report/report.h"
#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>

int sbnn_report(const sbnn_options *o, sbnn_error *e) {
  char *path = o->out ? sbnn_strdup(o->out) : sbnn_path_in(o->results, "report.html");
  int code = sbnn_report_write(o->results, o->results, path, e);
  if (code == SBNN_OK && !o->quiet) fprintf(stderr, "The report is %s: open it in a browser\n", path);
  free(path);
  return code;
}

/* copy.c - see copy.h. */
#include "commands/copy.h"

#include "annotate/annotation.h"
#include "output/writer.h"

#include <stdio.h>

int sbnn_copy_check(const sbnn_options *o, const char *x, sbnn_error *e) {
  if (!o->write_h5ad) return SBNN_OK;
  int code = sbnn_check_place("write-h5ad", o->write_h5ad, o->force || o->resume, e);
  if (code == SBNN_OK && !x)
    code = sbnn_fail(e, SBNN_USAGE,
                     "--write-h5ad: the file that the counts came from is unknown; give it with --x, or use "
                     "'sbnn annotate --in FILE' afterwards");
  return code == SBNN_OK ? sbnn_annotation_check(x, o->gene_names, e) : code;
}

int sbnn_copy_write(const sbnn_options *o, const char *x, sbnn_error *e) {
  sbnn_annotation a = {0};
  if (!o->write_h5ad) return SBNN_OK;
  int code = sbnn_annotation_collect(&a, o->out, e);
  if (code == SBNN_OK) code = sbnn_annotation_write(&a, x, o->write_h5ad, o->quiet, e);
  sbnn_annotation_free(&a);
  return code;
}

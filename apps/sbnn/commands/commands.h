/* commands.h - one function per subcommand, each in the file of its name; main.c dispatches to them.
 * Returns an exit code (sbnn.h); unless it is SBNN_OK, `e` holds the sentence for the user. */
#ifndef SBNN_COMMANDS_H
#define SBNN_COMMANDS_H

#include "options/options.h"
#include "sbnn.h"

int sbnn_demo(const sbnn_options *o, sbnn_error *e);
int sbnn_prep(const sbnn_options *o, sbnn_error *e);
int sbnn_train(const sbnn_options *o, sbnn_error *e);
int sbnn_path(const sbnn_options *o, sbnn_error *e);
int sbnn_cv(const sbnn_options *o, sbnn_error *e);
int sbnn_predict(const sbnn_options *o, sbnn_error *e);
int sbnn_plot(const sbnn_options *o, sbnn_error *e);
int sbnn_run_command(const sbnn_options *o, sbnn_error *e);
int sbnn_report(const sbnn_options *o, sbnn_error *e);
int sbnn_generate(const sbnn_options *o, sbnn_error *e);
int sbnn_srrr_command(const sbnn_options *o, sbnn_error *e);
int sbnn_stability(const sbnn_options *o, sbnn_error *e);
int sbnn_tsne_command(const sbnn_options *o, sbnn_error *e);
/* What srrr would say of the data before it fits anything: SBNN_BAD_INPUT, a rank beyond the responses. */
int sbnn_srrr_check(const sbnn_options *o, const sbnn_dataset *d, sbnn_error *e);
int sbnn_info(const sbnn_options *o, sbnn_error *e);

#endif

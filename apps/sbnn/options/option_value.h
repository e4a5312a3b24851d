/* option_value.h - the value of one option: from text to its field of sbnn_options, back, and what it takes.
 * What a kind of option is stands here alone. Private to options/ and to commands/generate_json.c. Pure:
 * any thread. */
#ifndef SBNN_OPTION_VALUE_H
#define SBNN_OPTION_VALUE_H

#include "options/option_lists.h"
#include "options/options_table.h"

/* Stores the value that is typed so in the option's field; false if it is none of its values. NULL: a flag
 * that is on, a text that is unset. Text is borrowed for as long as the options live. */
bool sbnn_option_set(sbnn_options *o, const sbnn_option *row, const char *text);

/* What the option takes, for the sentence "--lasso needs a number of at least 0". */
enum { SBNN_OPTION_NEEDS = 512 };
void sbnn_option_needs(const sbnn_option *row, char text[SBNN_OPTION_NEEDS]);

/* ": did you mean 'citeseq'?", if what is typed is like one of the words the option takes, else "". Upper and
 * lower case are the same. */
void sbnn_option_suggest(const sbnn_option *row, const char *typed, char *text, size_t room);

/* The value as it would be typed: in `text`, or borrowed from o; NULL: unset. */
const char *sbnn_option_text(const sbnn_options *o, const sbnn_option *row, char text[SBNN_LIST_TEXT]);

char sbnn_option_json(const sbnn_option *row); /* 's' string, 'n' number, 'b' true or false */

#endif

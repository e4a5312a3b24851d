/* option_lists.h - lists of numbers on the command line, read and written; private to options/. Pure. */
#ifndef SBNN_OPTION_LISTS_H
#define SBNN_OPTION_LISTS_H

#include "options/options.h"

#include <stdbool.h>

enum { SBNN_LIST_TEXT = 20 * SBNN_MAX_LIST }; /* room for any list as text */

/* "2,16": whole numbers from lowest to highest. False leaves *list alone. */
bool sbnn_whole_list_read(const char *text, int lowest, int highest, sbnn_whole_list *list);
void sbnn_whole_list_text(const sbnn_whole_list *list, char text[SBNN_LIST_TEXT]);

/* "0.1,0.5" or "0.1:1.5:0.1" (first, last, step, which ends at or before last): numbers above 0, kept to 12
 * digits so that 0.1 + 2 x 0.1 is 0.3. False leaves *list alone. */
bool sbnn_numbers_read(const char *text, sbnn_numbers *list);
void sbnn_numbers_text(const sbnn_numbers *list, char text[SBNN_LIST_TEXT]);

#endif

/* short_names.h - names as pictures and pages show them: CITE-seq tables carry the antibody's barcode or the
 * kit's name behind the protein's ("CD4-GAGGTTAGTGATGGA", "CD4_TotalSeqB"), which tells a reader nothing. */
#ifndef SBNN_FIGURES_SHORT_NAMES_H
#define SBNN_FIGURES_SHORT_NAMES_H

#include <stddef.h>

/* How many bytes of the name are shown: all, but for an ending of a separator and eight or more of the letters
 * ACGTN, or of "_TotalSeq" and what follows it. */
size_t sbnn_short_length(const char *name);

/* Names to show for n names: shortened, unless two would become the same, or one another's; the caller frees with
 * sbnn_free_strings (data/ids.h). */
char **sbnn_short_names(char *const *names, size_t n);

#endif

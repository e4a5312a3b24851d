/* test_sbnn_merged.h - results that several processes have computed, against those of one. */
#ifndef TEST_SBNN_MERGED_H
#define TEST_SBNN_MERGED_H

#include "cli.h"
#include "support/throwaway.h"

/* Every file of two folders of results but run.json, which tells times and places; the folders' names are "whole" and
 * "merged". */
static inline void expect_same_folders(void) {
  char *whole = cli_snapshot(at("whole")), *merged = cli_snapshot(at("merged"));
  int compared = 0;
  for (char *rest = whole, *line; (line = strsep(&rest, "\n"));) {
    char wanted[1024];
    if (!*line || strstr(line, "run.json") || strstr(line, "/whole ")) continue;
    snprintf(wanted, sizeof wanted, "%s", line);
    char *place = strstr(wanted, "/whole/");
    if (place) { /* the snapshot names paths */
      char tail[512];
      snprintf(tail, sizeof tail, "%s", place + sizeof "/whole/" - 1);
      snprintf(place, sizeof wanted - (size_t)(place - wanted), "/merged/%s", tail);
    }
    cr_expect(strstr(merged, wanted), "not in the merged folder: %s", wanted);
    compared++;
  }
  cr_expect_geq(compared, 3);
  free(whole);
  free(merged);
}

#endif

/* files_end.h - files that end too soon, as on a full disk: writing beyond is refused ("File too large"). */
#ifndef NABLA_TEST_FILES_END_H
#define NABLA_TEST_FILES_END_H

#include <signal.h>
#include <sys/resource.h>

/* From now on, for this process and its children; negative: no longer. */
static inline void files_end_at(long bytes) {
  struct rlimit limit;
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes < 0 ? limit.rlim_max : (rlim_t)bytes;
  setrlimit(RLIMIT_FSIZE, &limit);
}

#endif

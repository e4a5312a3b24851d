/* hdf5.c - fuzzes HDF5 files of every layout, and MATLAB files of version 7.3: as counts, as responses, as
 * labels. They are read in a child process; here it tells the fuzzer which code it ran. A crash inside of the
 * library is contained, as it is for a user; one of our code in the child, without the library below it, fails
 * the target. */
#include "fuzz_tables.h"

#include "data/h5_copy.h"
#include "data/table_h5.h"
#include "sandbox.h"

#include <execinfo.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <dlfcn.h>

/* The fuzzer's counters of this program, a byte for each edge (SanitizerCoverage): where they begin and end. In
 * assembly, for the compiler declares these symbols itself, and with ours beside them would register none. */
__asm__(".pushsection .data\n.globl fuzz_counters\n.balign 8\nfuzz_counters:\n"
        ".quad __start___sancov_cntrs\n.quad __stop___sancov_cntrs\n.popsection\n");
extern uint8_t *fuzz_counters[2];
void __sanitizer_set_death_callback(void (*callback)(void));
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1:max_allocation_size_mb=1024"; }

/* Shared with the child. */
typedef struct shared {
  bool ours; /* it died in our code */
  uint8_t counters[];
} shared;

static shared *common;
static size_t n_counters;

/* In the child, when a sanitizer gives up: is the library among those who called? */
static void died(void) {
  void *frame[256];
  int n = backtrace(frame, 256);
  bool library = false;
  for (int i = 0; i < n; i++) {
    Dl_info info;
    library |= dladdr(frame[i], &info) && info.dli_fname && strstr(info.dli_fname, "libhdf5");
  }
  common->ours = !library;
}

static void begins(void) {
  __sanitizer_set_death_callback(died);
  setrlimit(RLIMIT_CPU, &(struct rlimit){5, 5}); /* libraries loop, too */
}

static void ends(void) { memcpy(common->counters, fuzz_counters[0], n_counters); }

static void ended(int status) {
  if (common->ours) abort();
  if (status != 0) return;
  for (size_t i = 0; i < n_counters; i++)
    if (common->counters[i] > fuzz_counters[0][i]) fuzz_counters[0][i] = common->counters[i];
}

static const sbnn_sandbox_watch watch = {begins, ends, ended};

static void start(void) {
  n_counters = (size_t)(fuzz_counters[1] - fuzz_counters[0]);
  common = mmap(NULL, sizeof *common + n_counters, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (common == MAP_FAILED) abort();
  sbnn_sandbox_watched = &watch;
}

/* How it is read depends on all of its bytes, so that each change asks for another part. */
static unsigned choose(const uint8_t *data, size_t size) {
  unsigned sum = 0;
  for (size_t i = 0; i < size; i++) sum = sum * 31 + data[i];
  return sum >> 7;
}

static void read_table(const char *path, unsigned how, sbnn_error *e) {
  const sbnn_table_options counts = {.sparse = true,
                                     .allow_duplicates = true,
                                     .feature_type = "Gene Expression"},
                           responses = {.allow_missing = true, .responses = true, .alone = how & 4};
  sbnn_table t;
  int code = sbnn_table_read(path, how & 1 ? &counts : &responses, &t, e);
  fuzz_check(code, e);
  if (code != SBNN_OK) return;
  check_ids(t.row_ids, t.n_rows);
  check_ids(t.col_ids, t.n_cols);
  sbnn_table_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!common) start();
  const char *path = fuzz_write("file.h5", data, size);
  const unsigned how = choose(data, size);
  sbnn_error e = {0};
  sbnn_strings lines = {0};
  sbnn_h5_object object = {0};
  sbnn_labels l;
  if ((how & 3) < 2) read_table(path, how, &e);
  else if (how & 1) {
    int code = how & 8 ? sbnn_h5_object_read(path, NULL, &object, &e) : sbnn_h5_describe(path, &lines, &e);
    fuzz_check(code, &e);
    sbnn_strings_free(&lines);
    sbnn_h5_object_free(&object);
  } else {
    int code = sbnn_labels_read(path, &l, &e);
    fuzz_check(code, &e);
    if (code == SBNN_OK) sbnn_labels_free(&l);
  }
  return 0;
}

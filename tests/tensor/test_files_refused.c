/* Files under refused memory: each request of each reader and writer, from our allocator and from the C library, is
 * refused once. */
#include "support/refuse.h"
#include "support/refuse_libc.h"
#include "support/throwaway.h"
#include "tensor/files/csv.h"
#include "tensor/files/npz.h"
#include "tensor/files/read.h"

#include <unistd.h>

TestSuite(files_refused, .init = make_root, .fini = remove_root);

enum { ROWS = 30, COLUMNS = 4 };
static float numbers[ROWS * COLUMNS];
static char said[TN_FILE_MESSAGE]; /* by the last reader */

static tn_view table(void) {
  for (int i = 0; i < ROWS * COLUMNS; i++) numbers[i] = (float)i / 2;
  return tn_matrix(numbers, TN_F32, ROWS, COLUMNS);
}

#if NABLA_LIBZIP
static tn_status write_npz(void *ctx) {
  const tn_npz_array list[] = {{"a", table()}, {"turned", tn_view_permute(table(), (int[]){1, 0})}};
  return tn_npz_write(at("a.npz"), list, 2, ctx != NULL, NULL);
}
#endif

/* One .npy, one .csv, and where the build has it one .npz, of the same numbers. */
static void make_files(void) {
  const char head[] =
      "\x93NUMPY\1\0\x42\0{'descr': '<f4', 'fortran_order': False, 'shape': (30, 4), }     \n";
  char text[ROWS * 64] = "";
  FILE *f = fopen(at("a.npy"), "wb");
  size_t used = 0;
  fwrite(head, 1, sizeof head - 1, f);
  fwrite(table().data, 1, sizeof numbers, f);
  fclose(f);
  for (int i = 0; i < ROWS * COLUMNS; i++)
    used += (size_t)sprintf(text + used, "%g%c", (double)numbers[i], i % COLUMNS == COLUMNS - 1 ? '\n' : ',');
  cr_assert_eq(tn_atomic_write(at("a.csv"), text, used), TN_OK);
#if NABLA_LIBZIP
  cr_assert_eq(write_npz(NULL), TN_OK);
#endif
}

static tn_status checked(tn_status status, tn_array *a) {
  if (status != TN_OK) return status;
  cr_assert_eq(tn_view_numel(&a->view), ROWS * COLUMNS);
  for (int i = 0; i < ROWS * COLUMNS; i++) cr_assert_eq(tn_get(&a->view, i), (double)i / 2);
  tn_array_free(a);
  return TN_OK;
}

static tn_status read_npy(const tn_alloc *alloc, void *ctx) {
  tn_array a = {0};
  (void)ctx;
  return checked(tn_npy_read(alloc, at("a.npy"), &a, said), &a);
}

static tn_status read_csv(const tn_alloc *alloc, void *ctx) {
  tn_array a = {0};
  (void)ctx;
  return checked(tn_csv_read(alloc, at("a.csv"), NULL, &a, said), &a);
}

static tn_status read_whole(const tn_alloc *alloc, void *ctx) {
  char *bytes = NULL;
  size_t n = 0;
  (void)ctx;
  tn_status status = tn_file_read(alloc, at("a.npy"), 0, &bytes, &n, said);
  cr_assert(status != TN_OK || n == 76 + sizeof numbers, "%zu bytes", n);
  cr_assert((status == TN_OK) == (bytes != NULL));
  tn_free(alloc, bytes);
  return status;
}

#if NABLA_LIBZIP
static tn_status read_npz(const tn_alloc *alloc, void *ctx) {
  tn_npz *z = NULL;
  tn_array a = {0};
  (void)ctx;
  tn_status status = tn_npz_open(alloc, at("a.npz"), &z, said);
  if (status == TN_OK) status = checked(tn_npz_read(z, "a", &a, said), &a);
  tn_npz_close(z);
  return status;
}
#endif

static struct {
  const char *what;
  refused_attempt *f;
  long least; /* requests to our allocator */
} readers[] = {
    {"npy", read_npy, 1},
    {"csv", read_csv, 5},
    {"file", read_whole, 1},
#if NABLA_LIBZIP
    {"npz", read_npz, 7},
#endif
};
enum { READERS = sizeof readers / sizeof *readers };

Test(files_refused, by_our_allocator) {
  make_files();
  for (int i = 0; i < READERS; i++)
    cr_expect_geq(refuse_each(readers[i].f, NULL, readers[i].what), readers[i].least, "%s", readers[i].what);
}

#ifdef LIBC_REFUSES

static tn_status read_it(void *ctx) { return (*(refused_attempt **)ctx)(NULL, NULL); }

/* Whoever is refused: the reader says that there is no memory, or does without. Not libzip, whose version 1.7 does not
 * survive it: the last of the readers. */
Test(files_refused, readers_by_the_c_library) {
  make_files();
  for (int i = 0; i < 3; i++) {
    bool refused = true;
    long told = 0;
    for (long k = 1; refused; k++) {
      tn_status status = libc_attempt(read_it, &readers[i].f, k, &refused);
      cr_assert(status == TN_OK || (refused && status == TN_ENOMEM), "%s, request %ld: %s", readers[i].what,
                k, said);
      told += status == TN_ENOMEM;
    }
    cr_expect_geq(told, 2, "%s was refused memory %ld times", readers[i].what, told);
  }
}

static tn_status write_text(void *ctx) { return tn_atomic_write(ctx, "whole", 5); }

/* What is at the path is whole, and nothing else is left in the folder. */
static void writes_whole_or_not(tn_status (*f)(void *), void *ctx, const char *path, size_t bytes) {
  bool refused = true;
  long told = 0;
  for (long k = 1; refused; k++) {
    struct stat s;
    remove(path);
    tn_status status = libc_attempt(f, ctx, k, &refused);
    cr_assert(status == TN_OK || (refused && status == TN_ENOMEM), "%s, request %ld: %s", path, k,
              tn_status_text(status));
    bool there = stat(path, &s) == 0;
    cr_assert(status != TN_OK || there);
    cr_assert(!there || (size_t)s.st_size == bytes, "%s, request %ld: %ld bytes, not %zu: %s", path, k,
              (long)s.st_size, bytes, tn_status_text(status));
    cr_assert_eq(rmdir(root) != 0, there, "%s, request %ld: something is left", path, k);
    if (!there) cr_assert_eq(mkdir(root, 0700), 0);
    told += status == TN_ENOMEM;
  }
  cr_expect_geq(told, libc_only_realloc ? 1 : 3, "%s was refused memory %ld times", path, told);
  remove(path);
}

Test(files_refused, writers_by_the_c_library) {
  char path[128];
  snprintf(path, sizeof path, "%s/x", root);
  writes_whole_or_not(write_text, path, path, 5);
#if NABLA_LIBZIP /* what libzip asks for is not refused: the stream in memory, where an array is written first, grows by realloc */
  libc_only_realloc = true;
  for (int compress = 0; compress < 2; compress++) {
    struct stat s;
    void *how = compress ? path : NULL;
    cr_assert_eq(write_npz(how), TN_OK);
    cr_assert_eq(stat(at("a.npz"), &s), 0);
    writes_whole_or_not(write_npz, how, at("a.npz"), (size_t)s.st_size);
  }
#endif
}

#endif

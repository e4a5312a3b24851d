/* Checkpoints: bits survive the round trip; a damaged file gets one sentence and leaves the state alone. */
#include "test_nn.h"

#include <sys/stat.h>
#include <unistd.h>

typedef struct place {
  char dir[64], path[96];
} place;

static place make_place(void) {
  place p;
  snprintf(p.dir, sizeof p.dir, "/tmp/nabla-checkpoint-XXXXXX");
  cr_assert_not_null(mkdtemp(p.dir));
  snprintf(p.path, sizeof p.path, "%s/model.safetensors", p.dir);
  return p;
}

static void remove_place(const place *p) {
  remove(p->path);
  cr_assert_eq(rmdir(p->dir), 0, "something else was left behind in %s", p->dir);
}

static size_t read_file(const char *path, unsigned char *bytes, size_t room) {
  FILE *f = fopen(path, "rb");
  cr_assert_not_null(f);
  size_t n = fread(bytes, 1, room, f);
  fclose(f);
  return n;
}

static void write_file(const char *path, const void *bytes, size_t n) {
  FILE *f = fopen(path, "wb");
  cr_assert(f && fwrite(bytes, 1, n, f) == n);
  fclose(f);
}

Test(nn_checkpoint, round_trip) {
  for (tn_dtype dtype = TN_F32; dtype <= TN_F64; dtype++) {
    knobs k = {.lr = 0.1};
    char message[256] = "";
    place p = make_place();
    table t = make_table(dtype, 20);
    nn_model *m = make_model(&(nn_model_options){.dtype = dtype}, small_network, &k);
    nn_state *a = make_state(m, 1), *b = make_state(m, 2), *c = make_state(m, 3);
    OK(nn_fit(m, a, t.data, (nn_split){0}, &(nn_fit_options){.epochs = 2}, NULL));
    const char *const pairs[][2] = {{"phase", "pre\"train\""}, {"seed", "7"}};
    OK(nn_state_save(c, p.path, NULL, 0, message)); /* is replaced */
    OK(nn_state_save(a, p.path, pairs, 2, message));
    OK(nn_state_load(b, p.path, message));
    cr_assert(same_bits(a, b));

    unsigned char bytes[8192];
    size_t n = read_file(p.path, bytes, sizeof bytes);
    uint64_t length = 0;
    for (int i = 0; i < 8; i++) length |= (uint64_t)bytes[i] << 8 * i;
    cr_assert_eq(length % 8, 0);
    cr_assert_eq(bytes[8], '{');
    size_t data = 0;
    for (int i = 0; i < nn_state_count(a); i++) {
      tn_view v = nn_state_view(a, i);
      data += tn_view_bytes(&v);
    }
    cr_assert_eq(n, 8 + length + data);
    bytes[8 + length] = '\0';
    SAYS((char *)bytes + 8, "\"__metadata__\":{\"phase\":\"pre\\\"train\\\"\",\"seed\":\"7\"}");
    SAYS((char *)bytes + 8,
         dtype == TN_F32 ? "\"hidden/kernel\":{\"dtype\":\"F32\",\"shape\":[4,5],\"data_offsets\":[0,80]}"
                         : "\"hidden/kernel\":{\"dtype\":\"F64\",\"shape\":[4,5],\"data_offsets\":[0,160]}");
    nn_state_free(a), nn_state_free(b), nn_state_free(c);
    nn_model_free(m);
    free_table(&t);
    remove_place(&p);
  }
}

static void of_inputs(nn_model *m, void *ctx) {
  ag_ref y = nn_dense(m, "w", nn_input(m, "x", 1, ctx), 1, &(nn_dense_options){.no_bias = true});
  ag_ref mse = nn_mse(m, y, nn_input(m, "y", 1, (int64_t[]){1}));
  nn_report(m, "mse", mse);
  nn_adam(m, mse, &(nn_adam_options){.lr = 1});
}

/* A file made by hand: header and data bytes. */
static void write_parts(const char *path, uint64_t length, const char *header, const void *data, size_t n) {
  unsigned char bytes[2048];
  size_t used = strlen(header);
  for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(length >> 8 * i);
  memcpy(bytes + 8, header, used);
  if (n) memcpy(bytes + 8 + used, data, n);
  write_file(path, bytes, 8 + used + n);
}

static const struct {
  const char *header;
  uint64_t length; /* 0: the header's own */
  size_t data;
  tn_status status;
  const char *says;
} damaged[] = {
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}", 1ull << 60, 8, TN_EFORMAT,
     "its header would be 1152921504606846976 bytes"},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}", ~0ull, 8, TN_EFORMAT,
     "truncated"},
    {"{}", 4000, 8, TN_EFORMAT, "its header would be 4000 bytes"}, /* more than the file has */
    {"{}", 11, 8, TN_EFORMAT, "its header would be 11 bytes"},     /* one more */
    {"not json at all", 0, 8, TN_EFORMAT, "header is not a JSON object"},
    {"[1, 2]", 0, 8, TN_EFORMAT, "header is not a JSON object"},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}", 0, 4, TN_EFORMAT,
     "the entry of 'w/kernel' makes no sense"},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}", 0, 12, TN_EFORMAT,
     "12 bytes of data, its header accounts for 8"},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[8,0]}}", 0, 8, TN_EFORMAT,
     "no sense"},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[-8,0]}}", 0, 8, TN_EFORMAT,
     "no sense"},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,-1],\"data_offsets\":[0,8]}}", 0, 8, TN_EFORMAT,
     "no sense"},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[3,1],\"data_offsets\":[0,8]}}", 0, 8, TN_EFORMAT,
     "no sense"},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}", 0, 8,
     TN_EFORMAT, "no sense"},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":\"2\",\"data_offsets\":[0,8]}}", 0, 8, TN_EFORMAT,
     "no sense"},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8,9]}}", 0, 8, TN_EFORMAT,
     "no sense"},
    {"{\"w/kernel\":{\"shape\":[2,1],\"data_offsets\":[0,8]}}", 0, 8, TN_EFORMAT, "no sense"},
    {"{\"w/kernel\":7}", 0, 8, TN_EFORMAT, "no sense"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
     "\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[4,12]}}",
     0, 12, TN_EFORMAT, "the bytes of 'w/kernel' overlap or leave a gap"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
     "\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[8,16]}}",
     0, 16, TN_EFORMAT, "overlap or leave a gap"},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
     "\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}",
     0, 8, TN_EFORMAT, "not a JSON object"},
    {"{\"w/bias\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}", 0, 8, TN_EINVAL,
     "has no tensor 'w/kernel'"},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}", 0, 8, TN_ESHAPE,
     "'w/kernel' has [1, 2] in "},
    {"{\"w/kernel\":{\"dtype\":\"F64\",\"shape\":[2,1],\"data_offsets\":[0,16]}}", 0, 16, TN_ETYPE,
     "'w/kernel' is F64 in "},
    {"{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[0,8]}}", 0, 8,
     TN_ESHAPE, "in the model"},
};

Test(nn_checkpoint, damaged_files) {
  int64_t two = 2;
  place p = make_place();
  nn_model *m = make_model(NULL, of_inputs, &two);
  nn_state *s = make_state(m, 1), *before;
  OK(nn_state_clone(s, &before));
  static const float data[4] = {1, 2, 3, 4};
  for (size_t c = 0; c < sizeof damaged / sizeof *damaged; c++) {
    char message[256] = "";
    uint64_t length = damaged[c].length ? damaged[c].length : strlen(damaged[c].header);
    write_parts(p.path, length, damaged[c].header, data, damaged[c].data);
    cr_assert_eq(nn_state_load(s, p.path, message), damaged[c].status, "case %zu: %s", c, message);
    SAYS(message, damaged[c].says);
    cr_assert_null(strchr(message, '\n'));
    cr_assert(same_bits(s, before));
  }
  nn_state_free(s), nn_state_free(before);
  nn_model_free(m);
  remove_place(&p);
}

Test(nn_checkpoint, no_such_file) {
  int64_t two = 2;
  place p = make_place();
  nn_model *m = make_model(NULL, of_inputs, &two);
  nn_state *s = make_state(m, 1), *before;
  OK(nn_state_clone(s, &before));
  char message[256];
  write_file(p.path, "safe", 4);
  cr_assert_eq(nn_state_load(s, p.path, message), TN_EFORMAT);
  SAYS(message, "too short");
  write_file(p.path, "", 0);
  cr_assert_eq(nn_state_load(s, p.path, message), TN_EFORMAT);
  cr_assert_eq(nn_state_load(s, p.dir, NULL), TN_EFORMAT);
  cr_assert_eq(nn_state_load(s, "/nowhere/at/all", message), TN_EIO);
  SAYS(message, "cannot read /nowhere/at/all: No such file");
  cr_assert_eq(nn_state_save(s, "/nowhere/at/all", NULL, 0, message), TN_EIO);
  SAYS(message, "cannot write /nowhere/at/all");
  cr_assert(same_bits(s, before));
  nn_state_free(s), nn_state_free(before);
  nn_model_free(m);
  remove_place(&p);
}

/* A file cut short anywhere is refused; one byte flipped anywhere never crashes. */
Test(nn_checkpoint, cut_and_flipped) {
  int64_t two = 2;
  place p = make_place();
  nn_model *m = make_model(NULL, of_inputs, &two);
  nn_state *s = make_state(m, 1), *before;
  unsigned char bytes[2048];
  char message[256];
  OK(nn_state_clone(s, &before));
  OK(nn_state_save(s, p.path, NULL, 0, message));
  size_t n = read_file(p.path, bytes, sizeof bytes);
  for (size_t cut = 0; cut < n; cut++) {
    write_file(p.path, bytes, cut);
    cr_assert_eq(nn_state_load(s, p.path, message), TN_EFORMAT, "at %zu: %s", cut, message);
    cr_assert(same_bits(s, before));
  }
  for (size_t at = 0; at < n; at++) {
    bytes[at] ^= 0x15;
    write_file(p.path, bytes, n);
    tn_status status = nn_state_load(s, p.path, NULL);
    if (status != TN_OK) cr_assert(same_bits(s, before));
    memcpy(s->slab, before->slab, nn__slab_bytes(m));
    bytes[at] ^= 0x15;
  }
  nn_state_free(s), nn_state_free(before);
  nn_model_free(m);
  remove_place(&p);
}

/* Without moments in the file the optimizer starts anew; tensors of other models are passed over. */
Test(nn_checkpoint, parameters_only) {
  int64_t two = 2;
  place p = make_place();
  nn_model *m = make_model(NULL, of_inputs, &two);
  nn_state *s = make_state(m, 1);
  static const float data[3] = {1, 2, 3};
  const char *header = "{\"w/kernel\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[4,12]},"
                       "\"other\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}";
  tn_view step;
  cr_assert(nn_state_find(s, "step", &step));
  tn_set(&step, 0, 9);
  write_parts(p.path, strlen(header), header, data, sizeof data);
  OK(nn_state_load(s, p.path, NULL));
  cr_assert_eq(value_at(s, "w/kernel", 0), 2);
  cr_assert_eq(value_at(s, "w/kernel", 1), 3);
  cr_assert_eq(value_at(s, "step", 0), 0);
  nn_state_free(s);
  nn_model_free(m);
  remove_place(&p);
}

/* A device is written into, and stays; a link with a name that could be guessed leads nowhere. */
Test(nn_checkpoint, devices_stay) {
  int64_t two = 2;
  char message[256], link[128];
  struct stat s;
  place p = make_place();
  nn_model *m = make_model(NULL, of_inputs, &two);
  nn_state *state = make_state(m, 1);
  snprintf(link, sizeof link, "%s-null", p.path);
  cr_assert_eq(symlink("/dev/null", link), 0);
  OK(nn_state_save(state, link, NULL, 0, message));
  cr_assert(lstat(link, &s) == 0 && S_ISLNK(s.st_mode) && stat(link, &s) == 0 && S_ISCHR(s.st_mode));
  cr_assert_eq(unlink(link), 0);
  nn_state_free(state);
  nn_model_free(m);
  remove_place(&p);
}

/* What could be written but not read again is refused. */
Test(nn_checkpoint, tensors_that_the_format_cannot_hold) {
  static const float data[2] = {1, 2};
  static const struct {
    nn_tensor tensor;
    const char *part;
  } bad[] = {
      {{.name = "__metadata__", .dtype = "F32", .rank = 1, .shape = {1}, .data = data}, "reserved name"},
      {{.name = "b", .dtype = "F32", .rank = 1, .shape = {-1}, .data = data}, "negative extent"},
      {{.name = "a", .dtype = "F32", .rank = 1, .shape = {1}, .data = data}, "same name"}};
  char message[256];
  place p = make_place();
  for (size_t i = 0; i < 3; i++) {
    nn_tensor both[] = {{.name = "a", .dtype = "F32", .rank = 1, .shape = {1}, .data = data}, bad[i].tensor};
    cr_assert_eq(nn_tensor_file_write(p.path, both, 2, NULL, 0, message), TN_EINVAL);
    SAYS(message, bad[i].part);
    cr_assert_neq(access(p.path, F_OK), 0);
  }
  remove_place(&p);
}

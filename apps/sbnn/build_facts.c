/* build_facts.c - see build_facts.h. */
#include "build_facts.h"

#include "nabla_version.h"
#include "tensor/tensor.h"
#include "transport.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { CPU_ROOM = 160 };

/* The text after "model name<tab>: " in /proc/cpuinfo, into cpu; false: the kernel does not say. */
static bool read_cpu_model(char cpu[CPU_ROOM]) {
  FILE *f = fopen("/proc/cpuinfo", "r");
  if (!f) return false;
  char line[256];
  bool found = false;
  while (!found && fgets(line, sizeof line, f)) {
    const char *colon = strncmp(line, "model name", 10) == 0 ? strchr(line, ':') : NULL;
    if (!colon) continue;
    const char *start = colon + 1 + strspn(colon + 1, " \t");
    snprintf(cpu, CPU_ROOM, "%.*s", (int)strcspn(start, "\n"), start);
    found = *cpu != 0;
  }
  fclose(f);
  return found;
}

static void cpu_name(char cpu[CPU_ROOM]) {
  struct utsname machine;
  if (read_cpu_model(cpu)) return;
  snprintf(cpu, CPU_ROOM, "%s", uname(&machine) == 0 ? machine.machine : "unknown");
}

static const char *known(const char *text) { return text && *text ? text : "unknown"; }

#ifdef NABLA_CAIRO
#define HAS_CAIRO "yes"
#else
#define HAS_CAIRO "no"
#endif
#ifdef NABLA_QHULL
#define HAS_QHULL "yes"
#else
#define HAS_QHULL "no"
#endif
#ifdef NABLA_LIBZIP
#define HAS_LIBZIP "yes"
#else
#define HAS_LIBZIP "no"
#endif
#ifdef NABLA_HDF5
#define HAS_HDF5 "yes"
#else
#define HAS_HDF5 "no"
#endif

void sbnn_build_facts(void (*each)(void *ctx, const char *name, const char *value), void *ctx) {
  char cpu[CPU_ROOM], cpus[24], threads[24];
  cpu_name(cpu);
  snprintf(cpus, sizeof cpus, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
  snprintf(threads, sizeof threads, "%d", tn_max_threads());
  const char *const facts[][2] = {
      {"version", NABLA_VERSION},
      {"commit", NABLA_COMMIT},
      {"compiler", NABLA_COMPILER},
      {"flags", NABLA_FLAGS},
      {"simd", tn_simd_name()},
      {"cpu", cpu},
      {"cpus", cpus},
      {"max_threads", threads},
      {"cairo", HAS_CAIRO},
      {"qhull", HAS_QHULL},
      {"libzip", HAS_LIBZIP},
      {"hdf5", HAS_HDF5},
      {"mpi", sbnn_transport_of_build ? sbnn_transport_of_build->name : "no"},
  };
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) each(ctx, facts[i][0], known(facts[i][1]));
}

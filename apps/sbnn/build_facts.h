/* build_facts.h - what this program was built from and runs on: printed by `sbnn info`, recorded in run.json.
 * Any thread. */
#ifndef SBNN_BUILD_FACTS_H
#define SBNN_BUILD_FACTS_H

/* Calls `each` for every fact, in a fixed order. Names are stable (they become keys of run.json): version,
 * commit, compiler, flags, simd, cpu, cpus, max_threads, cairo, qhull, libzip, hdf5, mpi. Values are never NULL ("unknown" where the machine does not tell; "yes" or "no" for components) and
 * live until `each` returns. */
void sbnn_build_facts(void (*each)(void *ctx, const char *name, const char *value), void *ctx);

#endif

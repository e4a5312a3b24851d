/* version.c - which library this is. */
#include "tensor/tensor.h"

#include <nabla/version.h>

const char *tn_version(void) { return NABLA_VERSION; }

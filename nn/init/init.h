/* init.h - the table of initializers: one line each. */
#include "constant.h"
#include "identity.h"
#include "initializer.h"
#include "normal.h"
#include "orthogonal.h"
#include "uniform.h"
#include "variance_scaling.h"

/* penalties.h - the table of penalties: one line each. */
#include "elastic_net.h"
#include "group_lasso.h"
#include "penalty.h"

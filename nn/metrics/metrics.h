/* metrics.h - the table of metrics: one line each. Metrics that append nodes (for nn_report) have a row, as
 * layers have (layers/layers.h), with NN_METRIC; the others are functions of arrays. */
#include "accuracy.h"
#include "class_accuracy.h"
#include "cosine_similarity.h"
#include "neighbours.h"
#include "pearson.h"
#include "perplexity.h"
#include "r2.h"
#include "scores.h"

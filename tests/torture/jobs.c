/* jobs.c - small commands, all on the same tables. */
#include "torture.h"

#define TABLES "--x ../base/counts.csv --y ../base/responses.csv --labels ../base/labels.tsv"
#define SMALL  " --quiet --no-hints --threads 1 --variable-genes 0"
#define NETWORK                                                                                              \
  " --hidden 8,4 --genes 5 --kmeans-restarts 2 --clusters 3 --cluster-min 2 --batch 16 --epochs-pretrain 2"  \
  " --epochs-frozen 2 --epochs-unfrozen 2 --epochs-finetune 2"

const job jobs[] = {
    {"cv", "cv " TABLES SMALL NETWORK " --folds 3 --out out", "--resume", true, false},
    {"train", "train " TABLES SMALL NETWORK " --epochs-autoencoder 2 --out out", "--resume", true, false},
    {"prep", "prep " TABLES " --quiet --out out", "--force", false, false},
    {"predict", "predict --quiet --model ../base/train --x ../base/counts.csv --out out", "--force", false,
     false},
    {"report", "report --quiet --results ../base/train --out out", "", false, false},
    {"srrr", "srrr " TABLES SMALL " --genes 5 --folds 2 --out out", "--resume", true, false},
    {"path", "path " TABLES SMALL NETWORK " --folds 2 --out out", "--resume", true, false},
    {"stability", "stability " TABLES SMALL NETWORK " --restarts 3 --out out", "--resume", true, false},
    {"tsne", "tsne " TABLES SMALL " --perplexity 10 --out out", "--force", false, false},
    {"run", "run " TABLES SMALL NETWORK " --epochs-autoencoder 2 --folds 2 --out out", "--resume", true,
     false},
    {"cv-over", "cv " TABLES SMALL NETWORK " --folds 2 --out out --force", "--resume", true, true},
    {0},
};

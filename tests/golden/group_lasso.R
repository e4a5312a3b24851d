#!/usr/bin/env Rscript
# Golden coefficients: the multi-response group lasso as glmnet solves it (family "mgaussian").
#
#     Rscript tests/golden/group_lasso.R > tests/golden/group_lasso.tsv
#
# An independent reference for tests/sbnn/test_sbnn_linear.c. The stored file came from Debian 12's r-cran-glmnet (glmnet
# 4.1-6, R 4.2.2). The data are no part of it: both sides draw them from the generator below, exactly.
#
#   generator  Park and Miller: state <- 16807 state mod (2^31 - 1) from state 1; a draw is 2 state / (2^31 - 1) - 1
#   X          60 cells x 80 genes, drawn cell by cell; gene j adds 0.8 times gene j - 1 of the same cell
#   Y          60 cells x 4 responses: response c is gene 5 c + 1 (counted from 1) minus half of gene 7, plus a
#              draw; drawn cell by cell after all of X
#
# thresh is 1e-20: at 1e-14 glmnet stops up to 3e-6 of the largest coefficient short of the solution at the lowest lambda.
#
# A line is lambda, gene, response (both from 0), coefficient, for every coefficient that is not 0; lambda as glmnet
# takes it: loss |Y - XB|^2 / (2 n), no intercept, nothing standardised.

suppressMessages(library(glmnet))
n <- 60; p <- 80; q <- 4
state <- 1
draw <- function() {
  state <<- (16807 * state) %% 2147483647
  2 * (state / 2147483647) - 1
}
x <- matrix(0, n, p)
for (i in 1:n) for (j in 1:p) x[i, j] <- if (j == 1) draw() else draw() + 0.8 * x[i, j - 1]
y <- matrix(0, n, q)
for (i in 1:n) for (c in 1:q) y[i, c] <- (x[i, 5 * (c - 1) + 1] - 0.5 * x[i, 7]) + draw()

glmnet.control(fdev = 0, devmax = 1)
lambda <- c(0.5, 0.2, 0.05, 0.01)
fit <- glmnet(x, y, family = "mgaussian", lambda = lambda, intercept = FALSE, standardize = FALSE,
              standardize.response = FALSE, thresh = 1e-20, maxit = 1e8)
cat("lambda\tgene\tresponse\tcoefficient\n")
for (l in seq_along(lambda)) for (j in 1:p) for (c in 1:q) {
  b <- fit$beta[[c]][j, l]
  if (b != 0) cat(sprintf("%g\t%d\t%d\t%.17g\n", lambda[l], j - 1, c - 1, b))
}

/* words.js - what the words of the page mean: a section that a link leads to from where they stand, so that phones,
 * which cannot hover, have it too. */
'use strict';

/* id: [word, meaning]. Only those that are used on the page are listed. */
const WORDS = {
  paper: ['paper\u2019s recipe', 'The network as published: Bernaerts, Berens and Kobak, \u201cSparse bottleneck neural networks for exploratory non-linear visualization of Patch-seq data\u201d. It is pretrained, a penalty removes genes, the best genes are kept, and it is trained again on these.'],
  denoise: ['denoising recipe', 'Another way to train: a linear model chooses the genes, and a small network learns with noise on the genes and on the map. There is neither penalty nor pretraining.'],
  linear: ['linear model', 'Sparse reduced-rank regression: predicts the responses from a few genes through as many weighted sums of genes as its rank. Compare the networks with it.'],
  response: ['response', 'What is predicted from the genes: a property of the cell\u2019s electrophysiology, the amount of a protein.'],
  r2: ['R\u00b2', 'The part of the variance of the responses that is predicted: 1 is perfect, 0 is no better than the mean, below 0 is worse. Test R\u00b2 is of cells that the model has not seen. Training R\u00b2 is too optimistic.'],
  fold: ['fold', 'Cross-validation divides the cells into parts, the folds (ten by default). Each fold is predicted by a model that was trained on the others. \u00b1 is the standard deviation over folds.'],
  protocol: ['protocol', '\u201cstrict\u201d: test cells are used only for the test; variable genes and scaling come from the training cells. \u201cpaper\u201d: scaling uses all cells, as published.'],
  map: ['map', 'The network has a bottleneck of two units, through which everything passes on its way from genes to responses. The two values of a cell are its place on the map. Its orientation is arbitrary: a rotated or mirrored map has the same meaning.'],
  predicted: ['predicted, measured', 'Predicted: the network\u2019s output for a place on the map. It is the same for all cells at that place, and changes smoothly. Measured: the value of this cell in the table. Both are in standard deviations (sd) from the mean of all cells.'],
  norm: ['norm', 'How much a gene weighs: the length of its row of weights in the network\u2019s first layer (or of its coefficients in the linear model; with forward selection, what the gene added when it was chosen). Compare norms within one column only.'],
  rank: ['rank', 'Of a gene: rank 1 has the largest norm. Of the linear model: its number of dimensions (the map has two).'],
  restarts: ['restart', 'The same training on the same cells with other random numbers. Genes that differ between restarts were chosen by chance.'],
  halves: ['half-sample', 'The same training on a random half of the cells. Genes that differ between half-samples depend on the choice of cells. This is a harder test than restarts, so do not compare the numbers of the two.'],
  relaxed: ['relaxed', 'The penalty that chooses genes also shrinks their coefficients. Relaxed: fitted again on the chosen genes, without the penalty.'],
  phases: ['frozen, unfrozen, pruned', 'The paper\u2019s recipe in order: pretraining (on clusters of the responses); frozen (the first layers do not change); unfrozen (all layers are trained, and the penalty removes genes); pruned (the best genes are kept) and fine-tuned on these.'],
  epoch: ['epoch', 'One pass over all training cells.'],
  chance: ['by chance', 'The number of genes that two random choices share; or the variance that the best gene explains after the responses are shuffled among the cells.'],
};

const wordsUsed = new Set();

/* A link to the meaning; `text`: as it reads in the sentence. */
function word(id, text) {
  wordsUsed.add(id);
  return h('a', { class: 'word', href: `#word-${id}` }, text || WORDS[id][0]);
}

/* After all other sections. */
function wordsSection() {
  const list = Object.entries(WORDS).filter(([id]) => wordsUsed.has(id)).sort((a, b) => a[1][0].localeCompare(b[1][0], 'en'));
  return section('words', 'What the words mean', h('dl', { class: 'words' }, list.map(([id, [name, meaning]]) => [h('dt', { id: `word-${id}` }, name), h('dd', null, meaning)])));
}

/* words.js - what the words of the page mean: a section that a link leads to from where they stand, so that phones,
 * which cannot hover, have it too. */
'use strict';

/* id: [word, meaning]. Only those that are used on the page are listed. */
const WORDS = {
  paper: ['paper\u2019s recipe', 'The network as published: Bernaerts, Berens and Kobak, \u201cSparse bottleneck neural networks for exploratory non-linear visualization of Patch-seq data\u201d. It is pretrained, its genes are pushed out by a penalty, the best are kept, and it is trained again on these.'],
  denoise: ['denoising recipe', 'Another way to train: a linear model chooses the genes, and a small network learns with noise on the genes and on the map. There is neither penalty nor pretraining.'],
  linear: ['linear model', 'Sparse reduced-rank regression: predicts the responses from a few genes through as many weighted sums of genes as its rank. What a network is worth shows beside it.'],
  response: ['response', 'What is predicted from the genes: a property of the cell\u2019s electrophysiology, the amount of a protein.'],
  r2: ['R\u00b2', 'The part of the variance of the responses that is predicted: 1 is perfect, 0 is no better than the mean, below 0 is worse. Test R\u00b2 is of cells that the model has not seen; training R\u00b2 says little.'],
  fold: ['fold', 'The cells are parted, into ten if nothing else was asked for. Each part, or fold, is predicted once by a model that was trained on the others. \u00b1 is the standard deviation over folds.'],
  protocol: ['protocol', '\u201cstrict\u201d: everything, also which genes vary and how they are scaled, is learned without the tested cells. \u201cpaper\u201d: scaling saw all cells, as published.'],
  map: ['map', 'The network has a bottleneck of two units, through which everything passes on its way from genes to responses. The two values of a cell are its place on the map. A map that is turned or mirrored says the same.'],
  predicted: ['predicted, measured', 'Predicted: what the network makes of a place on the map. It is the same for all cells of a place, and smooth. Measured: what the table says of this cell. Both in standard deviations (sd) from the mean of all cells.'],
  norm: ['norm', 'How much a gene weighs: the length of its row of weights in the network\u2019s first layer (or of its coefficients in the linear model; with forward selection, what the gene added when it was chosen). Only norms of one column can be compared.'],
  rank: ['rank', 'Of a gene: 1 weighs most. Of the linear model: its number of dimensions, as the map has two.'],
  restarts: ['restart', 'The same training on the same cells from other random numbers. Genes that change with it were chosen by chance.'],
  halves: ['half-sample', 'The same training on a random half of the cells. Genes that change with it depend on which cells were there; that is asking more than restarts do, so that the two are not to be compared.'],
  relaxed: ['relaxed', 'The penalty that chooses genes also shrinks what they weigh. Relaxed: fitted again without it, on the genes chosen.'],
  phases: ['frozen, unfrozen, pruned', 'The paper\u2019s recipe in order: pretraining (which cells respond alike); frozen (the first layers are held); unfrozen (all layers learn, the penalty pushes genes out); pruned (the best genes are kept) and fine-tuned on these.'],
  epoch: ['epoch', 'One pass over all training cells.'],
  chance: ['by chance', 'As many genes as two random choices share; or what the best gene explains after the responses were shuffled among the cells.'],
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

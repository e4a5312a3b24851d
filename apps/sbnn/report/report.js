/* report.js - the page, section by section, from its data:
 *   {title, version, bands: ["#rrggbb", ...], folders: [{name, run (text of run.json), kind, shown, ...}]}
 *   verdict [{model, doubt, findings: [{about, doubt, sentence}]}]; shown: {name: how it is shown} where that differs
 *   kind "train" or "cv": history [{model, fold, phases: [[name, epochs], ...], train_r2, test_r2}], metrics, genes,
 *     map {x, y, cells, triangles, accuracy, label_column, label_names, label_colors, labels, colors, genes, responses}, these [{name, values (predicted), measured}]
 *   kind "srrr": srrr; metrics, genes, map of the fit on all cells, if there are two components
 *   kind "stability": stability, runs, summary
 *   failed {folder, step, code, sentence}: steps of `sbnn run` that are not among the folders
 * Tables are stored by columns. What a folder lacks is left out here as well. */
'use strict';

const data = JSON.parse(document.getElementById('data').textContent);
bands.push(...data.bands.map(parseHex));

const MODELS = {
  sbnn: { name: 'paper\u2019s recipe', look: 0 },
  'sbnn-nopretrain': { name: 'without pretraining', look: 1 },
  'sbnn-denoise': { name: 'denoising recipe', look: 2 },
  srrr: { name: 'linear model', look: 3 },
};
const SRRR_LOOK = MODELS.srrr.look;

const shownNames = new Map(data.folders.flatMap((f) => Object.entries(f.shown || {})));
const nameOf = (name) => shownNames.get(name) || name;

const ofKind = (kind) => data.folders.filter((f) => f.kind === kind);
const run = (folder) => (folder.run ? JSON.parse(folder.run) : {});

/* Every model of every folder: {folder, kind ("cv", or "train": on all cells), model, title, look}. */
const fits = data.folders.filter((f) => f.metrics).flatMap((folder) =>
  unique(folder.metrics.model).map((model) => ({ folder, kind: folder.kind === 'cv' ? 'cv' : 'train', model, look: MODELS[model].look })));
for (const f of fits) {
  const twins = fits.filter((o) => o.kind === f.kind && o.model === f.model);
  f.title = MODELS[f.model].name + (twins.length > 1 ? ` (${f.folder.name || data.title})` : '');
}
fits.sort((a, b) => a.look - b.look || (a.kind === 'cv') - (b.kind === 'cv'));
const tested = fits.filter((f) => f.kind === 'cv'), trained = fits.filter((f) => f.kind === 'train');

/* R2 over folds: pooled ("all") or of one response. */
function score(fit, target, split = fit.kind === 'cv' ? 'test' : 'train', stage = 'finetuned') {
  return meanSd(rowsOf(fit.folder.metrics).filter((r) => r.model === fit.model && r.stage === stage && r.split === split && r.target === target).map((r) => r.r2));
}
const targets = (fit) => unique(rowsOf(fit.folder.metrics).filter((r) => r.model === fit.model).map((r) => r.target)).filter((t) => t !== 'all');
const genesOf = (fit) => rowsOf(fit.folder.genes).filter((r) => r.model === undefined || r.model === fit.model);
const foldsOf = (fit) => unique(rowsOf(fit.folder.metrics).filter((r) => r.model === fit.model).map((r) => r.fold)).length;

/* What restarts or half-samples chose: {folder, title, summary {runs, overlap_mean, ...}, rows by gene}. */
const restarts = ofKind('stability').map((folder) => {
  const model = (run(folder).options || {}).recipe === 'denoise' ? 'sbnn-denoise' : 'sbnn';
  const halves = (run(folder).options || {}).subsample === true;
  return { folder, halves, title: MODELS[model].name, look: MODELS[model].look, summary: Object.fromEntries(rowsOf(folder.summary).map((r) => [r.quantity, r.value])),
    rows: new Map(rowsOf(folder.stability).map((r) => [r.gene, r])) };
});

/* Words as a shell takes them. */
const commandOf = (words) => words.map((w) => (/^[\w./:,=+-]+$/.test(w) ? w : `'${w.replaceAll("'", "'\\''")}'`)).join(' ');
const section = (id, title, ...children) => h('section', { id, 'aria-labelledby': id + '-title' }, h('h2', { id: id + '-title' }, title), children);
const text = (...words) => h('p', null, words);

/* ---- what is missing ---- */

/* The command of a folder with --resume, which tries the steps that failed again. */
function failedSection() {
  const rows = rowsOf(data.failed);
  if (!rows.length) return null;
  const words = (run(data.folders[0]).command_line || []).filter((w) => w !== '--resume' && w !== '--force');
  return section('missing', 'What is missing', text(`${plural(rows.length, 'step')} of this run failed; the rest of the page shows the others.`),
    h('ul', null, rows.map((r) => h('li', null, h('strong', null, `${r.step} (${r.folder}): `), r.sentence))),
    text('When the cause is mended, the same command with --resume runs the missing steps', words.length ? ':' : '.'), words.length ? h('pre', { tabindex: '0' }, commandOf([...words, '--resume'])) : null);
}

/* ---- the verdict ---- */

const hintsRead = () => unique(data.folders.flatMap((f) => (run(f).inputs || {}).hints || []));

const sentenceOf = (f) => f.sentence.replaceAll('+-', '\u00b1').replace(/\bR2\b/g, 'R\u00b2') + '.';
const listOf = (items) => h('ul', null, items.map((f) => h('li', null, sentenceOf(f))));
const modelOf = (v) => MODELS[v.model] || { name: v.model, look: 0 };

/* Doubts first; what speaks for the genes can be opened. */
function judgement(v) {
  const { name } = modelOf(v), list = listOf, ofGenes = v.findings.filter((f) => f.about !== 'responses');
  const advice = ofGenes.filter((f) => f.about === 'advice'), against = ofGenes.filter((f) => f.doubt);
  const others = ofGenes.filter((f) => !f.doubt && f.about !== 'advice');
  return h('div', { class: v.doubt ? 'judgement doubt' : 'judgement' },
    h('h3', null, v.doubt ? `The genes of the ${name} are doubtful` : `No finding speaks against the genes of the ${name}`),
    against.length ? list(against) : null, advice.map((f) => h('p', null, h('strong', null, 'What may help: '), sentenceOf(f))),
    others.length ? h('details', null, h('summary', null, v.doubt ? 'Findings in favour of the genes' : 'The findings'), list(others)) : null);
}

function verdictSection() {
  const all = [...(data.verdict || [])].sort((a, b) => modelOf(a).look - modelOf(b).look), hints = hintsRead();
  const responses = all.flatMap((v) => v.findings.filter((f) => f.about === 'responses').map((f) => ({ sentence: `${modelOf(v).name}: ${f.sentence}` })));
  const genes = all.filter((v) => v.findings.some((f) => f.about !== 'responses'));
  if (!all.length && !hints.length) return null;
  if (all.length) wordsUsed.add('chance').add('restarts').add('halves');
  return section('verdict', 'Can the genes be trusted?', genes.map(judgement),
    responses.length ? h('div', { class: 'judgement doubt' }, h('h3', null, 'Some responses cannot be predicted'), listOf(responses)) : null,
    hints.length ? h('div', { class: 'judgement doubt' }, h('h3', null, 'About the tables'), h('ul', null, hints.map((t) => h('li', null, t + '.')))) : null);
}

/* ---- at a glance ---- */

function glance() {
  const card = (value, label, look) => h('div', { class: 'card' }, h('strong', { class: look === undefined ? null : `ink look${look}` }, value), h('span', null, label));
  const inputs = run(data.folders[0]).inputs || {}, cards = [];
  if (inputs.cells) cards.push(card(inputs.cells.toLocaleString('en'), `cells, ${plural(inputs.genes, 'gene')}, ${plural(inputs.responses, 'response')}`));
  for (const f of tested) cards.push(card(withSd(score(f, 'all')), `test R\u00b2, ${f.title}, ${plural(foldsOf(f), 'fold')}, protocol ${rowsOf(f.folder.metrics)[0].protocol}`, f.look));
  if (!tested.length) for (const f of trained) cards.push(card(withSd(score(f, 'all')), `training R\u00b2, ${f.title} (cells trained on)`, f.look));
  for (const r of bestLinear()) cards.push(card(`${fixed(r.r2_test_relaxed_mean)} \u00b1 ${fixed(r.r2_test_relaxed_sd)}`, `test R\u00b2, linear of rank ${r.rank} with ${short(r.genes_mean)} genes`, SRRR_LOOK));
  for (const f of trained) if (f.folder.map && isNumber(f.folder.map.accuracy)) cards.push(card(percent(f.folder.map.accuracy), `of the cells have the ${f.folder.map.label_column} of most of their neighbours on the map, ${f.title}`, f.look));
  return section('glance', 'At a glance', h('div', { class: 'cards' }, cards),
    text(word('r2'), ' is the fraction of the ', word('response', 'responses\u2019'), ' variance that is predicted, pooled over all responses; \u00b1 is the standard deviation over ', word('fold', 'folds'), '. ',
      fits.map((f) => f.model).includes('sbnn') ? ['Explained below: the ', word('paper')] : '', fits.map((f) => f.model).includes('sbnn-denoise') ? [fits.map((f) => f.model).includes('sbnn') ? ', the ' : 'Explained below: the ', word('denoise')] : '',
      bestLinear().length ? [', the ', word('linear')] : '', ' and the ', word('protocol'), '.',
      tested.length ? '' : ' Without cross-validation the R\u00b2 of unseen cells is unknown: sbnn cv measures it.'));
}

/* ---- map and genes ---- */

function controls() {
  const genes = unique(trained.flatMap((f) => ((f.folder.map || {}).genes || []).map((g) => g.name)));
  const responses = unique(trained.flatMap((f) => ((f.folder.map || {}).responses || []).map((r) => r.name)));
  const group = (title, buttons) => {
    const box = h('div', { class: 'chips', role: 'toolbar', 'aria-label': title }, h('span', { class: 'label' }, title), buttons);
    if (buttons.length) arrowKeys(box, 'button');
    return buttons.length ? box : null;
  };
  const types = unique(trained.flatMap((f) => (f.folder.map || {}).label_names || []));
  const colorsOf = new Map(trained.flatMap((f) => ((f.folder.map || {}).label_names || []).map((n, i) => [n, f.folder.map.label_colors[i]])));
  const typeButton = (name) => h('button', { type: 'button', class: 'chip', 'data-type': name, 'aria-pressed': 'false', onclick: () => highlight(name) },
    h('i', { class: 'swatch', style: `background:${colorsOf.get(name)}` }), name);
  const tick = (id, label, set) => h('label', { for: id }, h('input', { type: 'checkbox', id, onchange: (e) => { set(e.target.checked); redraw(); } }), ' ' + label);
  const measured = trained.some((f) => ((f.folder.map || {}).genes || []).some((g) => g.measured));
  return h('div', { class: 'controls' },
    genes.length ? h('div', { class: 'chips' }, overlayButton('', '', 'Cell types'), tick('dots', 'overlays as cells', (v) => { shown.dots = v; }),
      measured ? tick('measured', 'measured, not predicted', (v) => { shown.measured = v; }) : null, colorBar()) : null,
    group('Genes', genes.map((g) => overlayButton('gene', g))),
    group('Responses', responses.map((r) => overlayButton('response', r))),
    group('Types', types.slice(0, 60).map(typeButton)));
}

function mapSection() {
  for (const f of trained) if (f.folder.map) maps.push(new LatentMap(f.folder.map, f.title));
  if (!maps.length) return null;
  const shape = meanSd(maps.map((m) => m.wanted)).mean; /* side by side they are of one height */
  maps.forEach((m) => m.fit(shape));
  return section('map', 'Map of the cells',
    text('Every dot is a cell; its place on the ', word('map'), ' is computed from its genes by the network (or the linear model). Point at a cell, or touch it, to see its type and values. Choose a gene or a response to see where it is ', word('predicted', 'predicted'), ' high (bright) or low (dark).'),
    controls(), h('div', { class: 'maps' }, maps.map((m) => m.figure)));
}

function stabilityText(s) {
  const m = s.summary, select = (run(s.folder).options || {}).select;
  const what = s.halves ? word('halves', 'Half-samples') : word('restarts', 'Restarts');
  return text(h('strong', null, what), `, ${s.title}: `, s.halves ? `${m.runs} trainings, each on one half of the cells; two on disjoint halves share ${fixed(m.overlap_disjoint_mean, 1)} genes on average` : `${m.runs} trainings on the same cells; two share ${fixed(m.overlap_mean, 1)} \u00b1 ${fixed(m.overlap_sd, 1)} genes`,
    `; ${m.genes_always} genes are in all of them, ${m.genes_ever} in at least one.`,
    !s.halves && select && select !== 'network' ? ' But its genes are chosen by a linear model, whatever the seed: only half-samples (--subsample) tell how steady they are.' : '');
}

function geneSection() {
  const sources = fits.filter((f) => genesOf(f).length);
  if (!sources.length && !restarts.length) return null;
  const genes = new Map();
  for (const f of sources)
    for (const r of genesOf(f)) {
      if (!genes.has(r.gene)) genes.set(r.gene, { gene: r.gene, best: Infinity });
      const g = genes.get(r.gene), at = g[fits.indexOf(f)] || (g[fits.indexOf(f)] = { folds: 0 });
      Object.assign(at, { rank: r.rank, norm: r.norm, folds: at.folds + 1 });
      if (f.kind === 'train' && f.model !== 'srrr') g.best = Math.min(g.best, r.rank);
    }
  for (const s of restarts) for (const gene of s.rows.keys()) if (!genes.has(gene)) genes.set(gene, { gene, best: Infinity });
  const onMap = new Set(maps.flatMap((m) => (m.map.genes || []).map((g) => g.name)));
  const columns = [{ title: 'Gene', value: (r) => r.gene, cell: (r) => (onMap.has(r.gene) ? overlayButton('gene', r.gene) : h('em', null, nameOf(r.gene))) }];
  for (const f of sources) {
    const at = (r) => r[fits.indexOf(f)] || {}, n = foldsOf(f);
    if (f.kind === 'train') columns.push(
      { title: `Rank, ${f.title}`, hint: '1: the largest norm', number: true, value: (r) => at(r).rank, cell: (r) => at(r).rank || '\u2013' },
      { title: `Norm, ${f.title}`, hint: 'How much the gene weighs: the length of its weights or, with forward selection, how much it reduced the residual. Compare norms within one column only', number: true, down: true, value: (r) => at(r).norm, cell: (r) => short(at(r).norm) });
    else columns.push({ title: `Folds, ${f.title}`, hint: `The number of folds (of ${n}) of the cross-validation that chose it. Two folds share most of their cells`, number: true, down: true, value: (r) => at(r).folds || 0, cell: (r) => `${at(r).folds || 0} / ${n}` });
  }
  for (const s of restarts) columns.push({ title: `${s.halves ? 'Half-samples' : 'Restarts'}, ${s.title}`,
    hint: `Fraction of ${s.summary.runs} trainings ${s.halves ? 'on halves of the cells' : 'on the same cells with other random numbers'} that chose it, with a 95 % interval. ${s.halves ? 'A harder test than restarts' : 'An easier test than half-samples'}: do not compare the two`, number: true, down: true,
    value: (r) => (s.rows.get(r.gene) || { frequency: 0 }).frequency, cell: (r) => { const f = s.rows.get(r.gene); return f ? `${fixed(f.frequency, 2)} (${fixed(f.low, 2)} to ${fixed(f.high, 2)})` : '0'; } });
  const rows = [...genes.values()].sort((a, b) => a.best - b.best);
  return section('genes', 'Genes', text('The genes that each model kept, with their ', word('rank'), ' and ', word('norm'), '. Choose one to see it on the map; choose a heading to sort.'), restarts.map(stabilityText),
    sortableTable(`${plural(rows.length, 'gene')}`, columns, rows));
}

/* ---- training ---- */

/* Mean and sd over folds by epoch, of the phases that fit the responses. */
function curves(fit, split) {
  const runs = fit.folder.history.filter((x) => x.model === fit.model).map((x) => {
    const values = [];
    let at = 0;
    for (const [phase, epochs] of x.phases) {
      if (phase !== 'pretrain' && phase !== 'autoencoder') values.push(...x[split + '_r2'].slice(at, at + epochs));
      at += epochs;
    }
    return values;
  });
  const stats = Array.from({ length: Math.max(...runs.map((r) => r.length)) }, (_, i) => meanSd(runs.map((r) => r[i])));
  return { x: stats.map((_, i) => i + 1), y: stats.map((m) => (m ? m.mean : null)), sd: runs.length > 1 ? stats.map((m) => (m ? m.sd : 0)) : null };
}

function phasesOf(fit) {
  let at = 1;
  return fit.folder.history.find((x) => x.model === fit.model).phases.filter(([p]) => p !== 'pretrain' && p !== 'autoencoder').map(([p, n]) => {
    const span = { name: p === 'finetune' ? 'pruned, fine-tuned' : p, from: at, to: at + n };
    at += n;
    return span;
  });
}

/* A chart for each recipe: their epochs are not the same. */
function trainingSection() {
  const source = (tested.length ? tested : trained).filter((f) => f.folder.history);
  const recipes = [source.filter((f) => f.model !== 'sbnn-denoise'), source.filter((f) => f.model === 'sbnn-denoise')].filter((l) => l.length);
  if (!recipes.length) return null;
  const charts = recipes.map((list) => {
    const series = list.flatMap((f) => ['test', 'train'].map((split) => ({ name: `${split}, ${f.title}`, look: f.look, dashed: split === 'train', ...curves(f, split) })))
      .filter((l) => l.y.some(isNumber));
    return lineChart({ label: `R2 by epoch, ${list.map((f) => f.title).join(' and ')}`, xLabel: 'epoch', yLabel: 'R\u00b2', yFrom: 0, series,
      spans: list.length === 1 ? phasesOf(list[0]) : [], levels: bestLinear().map((r) => ({ name: `linear, rank ${r.rank}`, value: r.r2_test_relaxed_mean })) });
  });
  return section('training', 'Training', text(word('r2'), ' by ', word('epoch'), tested.length ? ', mean over folds with a band of one standard deviation' : '', '. ', source.some((f) => f.model === 'sbnn') ? ['Parts of the training: ', word('phases'), '. '] : '',
    source.some((f) => f.model === 'sbnn-denoise') ? 'The denoising recipe trains with noise, so the training curve may lie below the test curve.' : ''),
    h('div', { class: 'charts' }, charts));
}

/* ---- R2 by response ---- */

function responseSection() {
  const source = tested.length ? tested : trained;
  const names = unique(source.flatMap(targets));
  if (!names.length) return null;
  const rows = names.map((name) => ({ name, scores: source.map((f) => ({ look: f.look, score: score(f, name) })) }));
  rows.sort((a, b) => ((b.scores[0].score || {}).mean ?? -9) - ((a.scores[0].score || {}).mean ?? -9));
  const lowest = Math.min(0, ...rows.flatMap((r) => r.scores.map((m) => (m.score ? m.score.mean - m.score.sd : 0))));
  const lo = Math.max(-0.5, Math.floor(4 * lowest) / 4);
  const onMap = new Set(maps.flatMap((m) => (m.map.responses || []).map((r) => r.name)));
  const columns = [{ title: 'Response', value: (r) => r.name, cell: (r) => (onMap.has(r.name) ? overlayButton('response', r.name) : nameOf(r.name)) },
    ...source.map((f, k) => ({ title: f.title, number: true, down: true, value: (r) => (r.scores[k].score || {}).mean, cell: (r) => withSd(r.scores[k].score) })),
    { title: `R\u00b2 from ${short(lo)} to 1`, cell: (r) => dotRow(r.scores, lo) }];
  return section('responses', 'R\u00b2 by response',
    text(tested.length ? 'In cells that the model has not seen: mean \u00b1 standard deviation over folds.' : 'In the training cells; sbnn cv measures how well unseen cells are predicted.'),
    legend(source.map((f) => ({ name: f.title, look: f.look, marks: true }))), sortableTable(plural(rows.length, 'response'), columns, rows));
}

/* ---- the linear counterpart ---- */

const linear = () => ofKind('srrr').flatMap((f) => rowsOf(f.srrr));

/* Of each rank the fit whose number of genes comes nearest to what the networks kept. */
function bestLinear() {
  const kept = fits.length ? genesOf(fits[0]).length / (fits[0].kind === 'cv' ? foldsOf(fits[0]) : 1) : 25;
  return unique(linear().map((r) => r.rank)).map((rank) => linear().filter((r) => r.rank === rank)
    .reduce((a, b) => (Math.abs(b.genes_mean - kept) < Math.abs(a.genes_mean - kept) ? b : a)));
}

function linearSection() {
  const rows = linear();
  if (!rows.length) return null;
  const series = unique(rows.map((r) => r.rank)).map((rank, k) => {
    const list = rows.filter((r) => r.rank === rank).sort((a, b) => a.genes_mean - b.genes_mean);
    return { name: `linear, rank ${rank}, relaxed`, look: SRRR_LOOK, dashed: k > 0, x: list.map((r) => r.genes_mean), y: list.map((r) => r.r2_test_relaxed_mean) };
  });
  for (const [k, f] of tested.entries()) {
    const m = score(f, 'all');
    if (m) series.push({ aside: 9 * (k - (tested.length - 1) / 2), name: `network, ${f.title}: ${withSd(m)}`, look: f.look, marks: true, x: [genesOf(f).length / foldsOf(f)], y: [m.mean], sd: [m.sd] });
  }
  const columns = [['rank', 'Rank', short], ['lambda', 'Penalty', short], ['genes_mean', 'Genes', (v) => fixed(v, 1)], ['r2_test_mean', 'Test R\u00b2', fixed], ['r2_test_relaxed_mean', 'Test R\u00b2, relaxed', fixed], ['r2_test_relaxed_sd', 'sd over folds', fixed]]
    .map(([key, title, show]) => ({ title, number: true, value: (r) => r[key], cell: (r) => show(r[key]) }));
  return section('linear', 'Against the linear model',
    text('The ', word('linear'), ' predicts the responses from a few genes. It has as many weighted sums of genes as its ', word('rank'), ', and is shown ', word('relaxed'), '. The bars of the networks are one standard deviation over folds.'),
    h('div', { class: 'charts' }, lineChart({ label: 'Test R2 against the number of genes', xLabel: 'genes', yLabel: 'test R\u00b2', yFrom: Infinity, series })),
    h('details', null, h('summary', null, 'All fits'), sortableTable(plural(rows.length, 'fit'), columns, rows)));
}

/* ---- provenance ---- */

function definitions(object) {
  const show = (v) => (v == null ? 'not given' : typeof v === 'object' ? JSON.stringify(v) : String(v));
  return h('dl', null, Object.entries(object).map(([k, v]) => [h('dt', null, k), h('dd', null, show(v))]));
}

function provenanceOf(folder) {
  const r = run(folder), inputs = r.inputs || {}, files = ['x', 'y', 'labels'].filter((k) => inputs[k]);
  const title = folder.name || data.title;
  if (!folder.run) return h('details', null, h('summary', null, title), text('There is no run.json, so it is unknown how these results were made.'));
  return h('details', null, h('summary', null, `${title}: sbnn ${r.command}, seed ${r.seed}, ${Math.round((r.timings || {}).seconds)} s`),
    h('h3', null, 'Command'), h('pre', { tabindex: '0' }, commandOf(r.command_line || [])),
    h('h3', null, 'Inputs'), definitions(Object.fromEntries(files.map((k) => [k, `${inputs[k].path} (${inputs[k].cells} cells, FNV-1a ${inputs[k].fnv1a64})`]))),
    (inputs.notes || []).length ? [h('h3', null, 'Notes while reading'), h('ul', null, inputs.notes.map((n) => h('li', null, n)))] : [],
    h('h3', null, 'Options'), definitions(r.options || {}), h('h3', null, 'Program'), definitions(r.build || {}));
}

const provenanceSection = () => section('provenance', 'How it was made',
  text('The same command on the same inputs with the same build gives the same bits, for any number of threads.'), data.folders.map(provenanceOf),
  h('p', { class: 'note' }, `Page made by sbnn ${data.version}.`));

/* ---- the page ---- */

function page() {
  const sections = [failedSection(), verdictSection(), glance(), mapSection(), geneSection(), responseSection(), trainingSection(), linearSection(), provenanceSection(), wordsSection()].filter(Boolean);
  const links = sections.map((x) => h('a', { href: '#' + x.id }, x.querySelector('h2').textContent));
  document.getElementById('top').append(h('div', { class: 'title' }, h('h1', null, h('small', null, 'sbnn report'), data.title), theme.button()), h('nav', { 'aria-label': 'Sections' }, links));
  document.getElementById('main').replaceChildren(...sections);
  theme.set('');
  for (const details of document.querySelectorAll('details')) { /* on paper nothing can be opened */
    addEventListener('beforeprint', () => { details.dataset.open = details.open; details.open = true; });
    addEventListener('afterprint', () => { details.open = details.dataset.open === 'true'; });
  }
}
page();

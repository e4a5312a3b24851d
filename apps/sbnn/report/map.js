/* map.js - the latent map of one model on a canvas: cells by type, or by what the network predicts from their place. */
'use strict';

const RANGE = 2; /* colours reach from -2 to 2 standard deviations; values beyond take the end colours */

/* The inferno colours of the bands, as [r, g, b]; the first and the last extend the range. */
const bands = [];
function bandOf(value) {
  const step = (2 * RANGE) / (bands.length - 2), i = Math.floor((value + RANGE) / step) + 1;
  return bands[Math.min(Math.max(i, 0), bands.length - 1)];
}
const rgb = (c) => `rgb(${c[0]},${c[1]},${c[2]})`;
const parseHex = (c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16));

/* What all maps of the page show alike. overlay: null or {kind: 'gene' | 'response', name}; measured: in place of what is
 * predicted; cell: an id or null. */
const shown = { overlay: null, measured: false, dots: false, type: null, cell: null };

class LatentMap {
  constructor(map, title) {
    this.map = map;
    this.title = title;
    this.index = new Map(map.cells.map((id, i) => [id, i]));
    this.canvas = h('canvas', { tabindex: '0', role: 'img' });
    this.tip = h('div', { class: 'tip', 'aria-hidden': 'true', hidden: '' });
    this.note = h('p', { class: 'note' });
    this.said = h('p', { class: 'unseen', 'aria-live': 'polite' });
    this.frame = h('div', { class: 'frame' }, this.canvas, this.tip);
    this.figure = h('figure', { class: 'map' }, h('h3', null, title), this.frame, this.note, this.said);
    this.measure();
    this.canvas.addEventListener('pointermove', (e) => select(this.nearest(e)));
    this.canvas.addEventListener('pointerdown', (e) => select(this.nearest(e)));
    this.canvas.addEventListener('pointerleave', () => { if (document.activeElement !== this.canvas) select(null); });
    this.canvas.addEventListener('keydown', (e) => this.onKey(e));
    this.canvas.addEventListener('blur', () => select(null));
    new ResizeObserver(() => this.draw()).observe(this.frame);
  }

  /* The ranges of both units: one scale, unless one range is more than four times the other. */
  measure() {
    const range = (v) => { let lo = Infinity, hi = -Infinity; for (const x of v) { if (x < lo) lo = x; if (x > hi) hi = x; } return [lo, hi]; };
    const [x0, x1] = range(this.map.x.filter(isNumber)), [y0, y1] = range(this.map.y.filter(isNumber));
    const w = x1 - x0 || 1, v = y1 - y0 || 1, one = w < 4 * v && v < 4 * w;
    this.center = [(x0 + x1) / 2, (y0 + y1) / 2];
    this.range = [1.08 * w, 1.08 * v];
    this.oneScale = one;
    this.wanted = Math.min(Math.max(one ? v / w : 1, 0.75), 1.2);
    this.fit(this.wanted);
  }

  /* Into a frame of this height over width. */
  fit(shape) {
    const unit = Math.max(this.range[0], this.range[1] / shape);
    this.shape = shape;
    this.span = this.oneScale ? [unit, unit * shape] : this.range;
  }

  px(i) { return (0.5 + (this.map.x[i] - this.center[0]) / this.span[0]) * this.width; }
  py(i) { return (0.5 - (this.map.y[i] - this.center[1]) / this.span[1]) * this.height; }

  /* {values (predicted), measured (unless it is not known)} of the overlay; null: none, or not of this model. */
  head() {
    if (!shown.overlay) return null;
    const heads = (shown.overlay.kind === 'gene' ? this.map.genes : this.map.responses) || [];
    return heads.find((c) => c.name === shown.overlay.name) || null;
  }

  isMeasured(head) { return Boolean(head && shown.measured && head.measured); }

  values() {
    const head = this.head();
    return head && (this.isMeasured(head) ? head.measured : head.values);
  }

  typeOf(i) {
    const at = this.map.labels ? this.map.labels[i] : -1;
    return at >= 0 ? this.map.label_names[at] : null;
  }

  colorOf(i) {
    const m = this.map, at = m.labels ? m.labels[i] : -1;
    if (!m.labels) return color('--accent');
    if (at < 0) return color('--unlabelled');
    return m.colors ? m.colors[i] : m.label_colors[at];
  }

  nearest(event) {
    const box = this.canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    let best = null, least = 14 ** 2;
    for (let i = 0; i < this.map.x.length; i++) {
      const d = (this.px(i) - x) ** 2 + (this.py(i) - y) ** 2;
      if (d < least) { least = d; best = this.map.cells[i]; }
    }
    return best;
  }

  /* Arrows go to the nearest cell that way: along counts once, aside twice. */
  onKey(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const from = this.index.get(shown.cell);
    if (event.key === 'Escape') select(null);
    if (event.key === 'Enter' && from !== undefined) highlight(this.typeOf(from));
    if (!way) return;
    event.preventDefault();
    const x = from === undefined ? this.width / 2 : this.px(from), y = from === undefined ? this.height / 2 : this.py(from);
    let best = from, least = Infinity;
    for (let i = 0; i < this.map.x.length; i++) {
      const along = (this.px(i) - x) * way[0] + (this.py(i) - y) * way[1];
      const aside = Math.abs((this.px(i) - x) * way[1]) + Math.abs((this.py(i) - y) * way[0]);
      if (from !== undefined && along < 0.5) continue;
      if (Math.abs(along) + 2 * aside < least) { least = Math.abs(along) + 2 * aside; best = i; }
    }
    if (best !== undefined) select(this.map.cells[best]);
    this.say();
  }

  describe(i) {
    const lines = [this.map.cells[i]], head = this.head();
    if (this.map.labels) lines.push(`${this.map.label_column}: ${this.typeOf(i) || 'unlabelled'}`);
    lines.push(`place on the map: ${short(this.map.x[i])}, ${short(this.map.y[i])}`);
    if (head && head.measured) lines.push(`${nameOf(head.name)}, measured: ${fixed(head.measured[i], 2)} sd`);
    if (head) lines.push(`${nameOf(head.name)}, predicted from the place: ${fixed(head.values[i], 2)} sd`);
    return lines;
  }

  say() {
    const i = this.index.get(shown.cell);
    this.said.textContent = i === undefined ? '' : this.describe(i).join(', ');
  }

  draw() {
    const width = this.frame.clientWidth, height = Math.round(width * this.shape), scale = window.devicePixelRatio || 1;
    if (!width) return;
    this.width = width;
    this.height = height;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.style.height = height + 'px';
    const c = this.canvas.getContext('2d'), values = this.values();
    c.setTransform(scale, 0, 0, scale, 0, 0);
    this.paintCells(c, values);
    if (values && this.map.triangles.length && !shown.dots && !this.isMeasured(this.head())) this.paintContours(c, values, scale);
    if (!values) this.paintNames(c);
    this.paintChosen(c);
    this.explain(values);
  }

  paintCells(c, values) {
    const radius = this.map.x.length > 5000 ? 1.6 : this.map.x.length > 2000 ? 2.2 : 2.8;
    for (let i = 0; i < this.map.x.length; i++) {
      const aside = shown.type !== null && this.typeOf(i) !== shown.type;
      c.globalAlpha = aside ? 0.12 : values ? 1 : 0.8;
      c.fillStyle = values ? (isNumber(values[i]) ? rgb(bandOf(values[i])) : color('--unlabelled')) : this.colorOf(i);
      c.beginPath();
      c.arc(this.px(i), this.py(i), radius, 0, 2 * Math.PI);
      c.fill();
    }
    c.globalAlpha = 1;
  }

  /* Linear inside each triangle; pixel by pixel, so that no seam shows between triangles. */
  paintContours(c, values, scale) {
    const W = this.canvas.width, H = this.canvas.height, image = c.createImageData(W, H), pixel = image.data;
    const corner = this.map.triangles;
    for (let t = 0; t < corner.length; t += 3) {
      const [a, b, d] = [corner[t], corner[t + 1], corner[t + 2]];
      const ax = this.px(a) * scale, ay = this.py(a) * scale, bx = this.px(b) * scale, by = this.py(b) * scale;
      const dx = this.px(d) * scale, dy = this.py(d) * scale, area = (bx - ax) * (dy - ay) - (dx - ax) * (by - ay);
      if (!area) continue;
      const top = Math.max(0, Math.ceil(Math.min(ay, by, dy) - 0.5)), bottom = Math.min(H - 1, Math.floor(Math.max(ay, by, dy) - 0.5));
      const left = Math.max(0, Math.ceil(Math.min(ax, bx, dx) - 0.5)), right = Math.min(W - 1, Math.floor(Math.max(ax, bx, dx) - 0.5));
      for (let y = top; y <= bottom; y++)
        for (let x = left; x <= right; x++) {
          const u = x + 0.5 - ax, v = y + 0.5 - ay;
          const p = (u * (dy - ay) - (dx - ax) * v) / area, q = ((bx - ax) * v - u * (by - ay)) / area;
          if (p < 0 || q < 0 || p + q > 1) continue;
          const band = bandOf(values[a] + p * (values[b] - values[a]) + q * (values[d] - values[a])), at = 4 * (y * W + x);
          pixel[at] = band[0];
          pixel[at + 1] = band[1];
          pixel[at + 2] = band[2];
          pixel[at + 3] = 255;
        }
    }
    const layer = new OffscreenCanvas(W, H);
    layer.getContext('2d').putImageData(image, 0, 0);
    c.drawImage(layer, 0, 0, this.width, this.height);
  }

  /* The names of the (twelve largest) types at their medians, moved apart up and down where they would overlap. */
  paintNames(c) {
    const m = this.map;
    if (!m.labels) return;
    const cells = m.label_names.map(() => []);
    m.labels.forEach((at, i) => { if (at >= 0) cells[at].push(i); });
    const middle = (list) => list.sort((p, q) => p - q)[list.length >> 1];
    c.font = '600 12px system-ui, sans-serif';
    c.textAlign = 'center';
    c.textBaseline = 'middle';
    const names = m.label_names.map((name, at) => ({ name, n: cells[at].length, half: c.measureText(name).width / 2,
      x: middle(cells[at].map((i) => this.px(i))), y: middle(cells[at].map((i) => this.py(i))) }))
      .filter((l) => l.n && (shown.type === null || l.name === shown.type)).sort((p, q) => q.n - p.n).slice(0, 12);
    names.sort((p, q) => p.y - q.y).forEach((l, i) => {
      l.x = Math.min(Math.max(l.x, l.half + 2), this.width - l.half - 2);
      for (const other of names.slice(0, i))
        if (Math.abs(l.x - other.x) < l.half + other.half + 4 && Math.abs(l.y - other.y) < 15) l.y = other.y + 15;
    });
    c.lineWidth = 3.5;
    c.lineJoin = 'round';
    c.strokeStyle = color('--paper');
    c.fillStyle = color('--ink');
    for (const l of names) { c.strokeText(l.name, l.x, l.y); c.fillText(l.name, l.x, l.y); }
  }

  paintChosen(c) {
    const i = this.index.get(shown.cell);
    this.tip.hidden = i === undefined;
    if (i === undefined) return;
    const x = this.px(i), y = this.py(i);
    for (const [style, width] of [[color('--paper'), 4], [color('--ink'), 1.8]]) {
      c.strokeStyle = style;
      c.lineWidth = width;
      c.beginPath();
      c.arc(x, y, 6, 0, 2 * Math.PI);
      c.stroke();
    }
    this.tip.replaceChildren(...this.describe(i).map((line, k) => h(k ? 'span' : 'strong', null, line)));
    this.tip.style.left = Math.min(Math.max(x - this.tip.offsetWidth / 2, 0), this.width - this.tip.offsetWidth) + 'px';
    this.tip.style.top = (y > this.tip.offsetHeight + 14 ? y - this.tip.offsetHeight - 12 : y + 14) + 'px';
  }

  explain(values) {
    const m = this.map, o = shown.overlay;
    let text = m.labels ? `Coloured by ${m.label_column}.` : 'No labels were given.';
    if (isNumber(m.accuracy)) text += ` ${percent(m.accuracy)} of the cells have the ${m.label_column} of most of their 15 nearest neighbours.`;
    if (values) text = `${nameOf(o.name)}, ${this.isMeasured(this.head()) ? 'as measured in each cell' : 'as predicted from the place on the map (not what was measured)'}, in standard deviations from the mean of all cells.`;
    else if (o) text = o.kind === 'gene' ? `${nameOf(o.name)} is not among this model's genes: cells by type instead.` : `${nameOf(o.name)} is not predicted here.`;
    this.note.textContent = text;
    this.canvas.setAttribute('aria-label', `Map of ${plural(m.x.length, 'cell')}, ${this.title}. ${text} Arrow keys go from cell to cell.`);
  }
}

const maps = [];
const redraw = () => maps.forEach((m) => m.draw());
document.addEventListener('redraw', redraw);

function select(cell) {
  if (shown.cell === cell) return;
  shown.cell = cell;
  requestAnimationFrame(redraw);
}

/* Shows the overlay on all maps; the same again, or null, takes it off. */
function overlay(kind, name) {
  const same = shown.overlay && shown.overlay.kind === kind && shown.overlay.name === name;
  shown.overlay = kind && !same ? { kind, name } : null;
  document.querySelectorAll('[data-overlay]').forEach((b) => b.setAttribute('aria-pressed', String(isShown(b))));
  redraw();
}
function isShown(button) {
  const o = shown.overlay;
  return o ? button.dataset.overlay === o.kind && button.dataset.name === o.name : button.dataset.overlay === '';
}
function overlayButton(kind, name, text) {
  const button = h('button', { type: 'button', class: kind === 'gene' ? 'chip gene' : 'chip', 'data-overlay': kind, 'data-name': name, title: nameOf(name) === name ? null : name, onclick: () => overlay(kind, name) }, text || nameOf(name));
  button.setAttribute('aria-pressed', String(isShown(button)));
  return button;
}

/* Fades all cells but those of the type; the same again, or null, shows all. */
function highlight(type) {
  shown.type = shown.type === type ? null : type;
  document.querySelectorAll('[data-type]').forEach((b) => b.setAttribute('aria-pressed', String(b.dataset.type === shown.type)));
  redraw();
}

/* The scale of the overlays, with pointed ends for what lies beyond. */
function colorBar() {
  const w = 260, step = w / (bands.length - 2), x0 = 20;
  const bar = s('svg', { class: 'bar', viewBox: '0 0 300 44', role: 'img', 'aria-label': 'Colour scale from -2 to 2 standard deviations, dark to bright' });
  bands.slice(1, -1).forEach((c, i) => bar.append(s('rect', { x: x0 + i * step, y: 4, width: step + 0.5, height: 10, fill: rgb(c) })));
  bar.append(s('path', { d: `M${x0},4 v10 l-8,-5z`, fill: rgb(bands[0]) }), s('path', { d: `M${x0 + w},4 v10 l8,-5z`, fill: rgb(bands[bands.length - 1]) }),
    s('path', { d: `M${x0 - 8},9 l8,-5 h${w} l8,5 l-8,5 h${-w}z`, class: 'outline' }));
  for (let v = -RANGE; v <= RANGE; v++)
    bar.append(s('text', { x: x0 + ((v + RANGE) / (2 * RANGE)) * w, y: 27, 'text-anchor': 'middle' }, String(v).replace('-', '\u2212')));
  bar.append(s('text', { x: x0 + w / 2, y: 41, 'text-anchor': 'middle' }, 'standard deviations from the mean'));
  return bar;
}

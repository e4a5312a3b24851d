/* core.js - elements, numbers, sortable tables, theme: what the other scripts stand on.
 * Names of cells, genes and types come from the user's tables: they enter the page as text nodes and attribute values
 * only, never as markup. */
'use strict';

const SVG = 'http://www.w3.org/2000/svg';

/* An element with attributes (on...: listeners; false or null: left out) and children (texts, elements, null). */
function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  for (const child of children.flat(Infinity)) if (child != null) element.append(child);
  return element;
}
const h = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => build(document.createElementNS(SVG, tag), attributes, children);

const isNumber = (v) => typeof v === 'number' && Number.isFinite(v);
const fixed = (v, digits = 3) => (isNumber(v) ? v.toFixed(digits).replace('-', '\u2212') : '\u2013');
const short = (v) => (isNumber(v) ? String(Number(v.toPrecision(3))).replace('-', '\u2212') : '\u2013');
const percent = (v) => (isNumber(v) ? Math.round(100 * v) + ' %' : '\u2013');
const unique = (list) => [...new Set(list)];
const plural = (n, what) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

/* Mean and population standard deviation (ddof 0), as in the tables; null: none. */
function meanSd(values) {
  const v = values.filter(isNumber);
  if (!v.length) return null;
  const mean = v.reduce((a, b) => a + b, 0) / v.length;
  return { mean, sd: Math.sqrt(v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length), n: v.length };
}
const withSd = (m) => (!m ? '\u2013' : m.n > 1 ? `${fixed(m.mean)} \u00b1 ${fixed(m.sd)}` : fixed(m.mean));

/* The rows of a table that is stored by columns. */
function rowsOf(table) {
  const names = Object.keys(table || {});
  return names.length ? table[names[0]].map((_, i) => Object.fromEntries(names.map((n) => [n, table[n][i]]))) : [];
}

/* ---- a group of buttons: one tab stop, arrows inside ---- */

function arrowKeys(group, selector) {
  const buttons = () => [...group.querySelectorAll(selector)];
  const settle = (b) => buttons().forEach((x) => x.setAttribute('tabindex', x === b ? '0' : '-1'));
  settle(buttons()[0]);
  group.addEventListener('focusin', (e) => { if (buttons().includes(e.target)) settle(e.target); });
  group.addEventListener('keydown', (e) => {
    const all = buttons(), at = all.indexOf(e.target);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
    if (at < 0 || to === undefined) return;
    e.preventDefault();
    all[(to + all.length) % all.length].focus();
  });
}

/* ---- sortable tables ---- */

/* columns: {title, hint: what it means (listed below the table), value(row): sorted by, cell(row): shown (default: the
 * value), number, down: largest first}. */
function sortableTable(caption, columns, rows) {
  const body = h('tbody');
  const heads = columns.map((c) => {
    const button = h('button', { type: 'button', onclick: () => sort(c) }, c.title, h('span', { class: 'arrow', 'aria-hidden': 'true' }));
    return h('th', { scope: 'col', class: c.number && 'number' }, c.value ? button : c.title);
  });
  let by = null, sign = 1;
  function order(a, b) {
    const x = by.value(a), y = by.value(b), gone = (v) => v == null || Number.isNaN(v);
    if (gone(x) || gone(y)) return gone(x) - gone(y); /* what is missing stays at the end */
    return sign * (typeof x === 'string' ? x.localeCompare(y, 'en', { numeric: true }) : x - y);
  }
  function show() {
    const sorted = by ? [...rows].sort(order) : rows;
    body.replaceChildren(...sorted.map((r) => h('tr', null, columns.map((c, i) =>
      h(i ? 'td' : 'th', { scope: i ? null : 'row', class: c.number && 'number' }, c.cell ? c.cell(r) : c.value(r))))));
  }
  function sort(column) {
    sign = by === column ? -sign : column.down ? -1 : 1;
    by = column;
    heads.forEach((th, i) => {
      if (columns[i] === by) th.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
      else th.removeAttribute('aria-sort');
    });
    show();
    document.dispatchEvent(new Event('redraw'));
  }
  show();
  const explained = columns.filter((c) => c.hint);
  return h('div', null, h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h('table', null, h('caption', null, caption), h('thead', null, h('tr', null, heads)), body)),
  explained.length ? h('details', { class: 'columns' }, h('summary', null, 'What the columns mean'), h('dl', null, explained.map((c) => [h('dt', null, c.title), h('dd', null, c.hint)]))) : null);
}

/* ---- theme: the system's, until the reader chooses ---- */

const theme = {
  choice: '',
  dark() { return this.choice ? this.choice === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches; },
  set(choice) {
    this.choice = choice;
    document.documentElement.setAttribute('data-theme', this.dark() ? 'dark' : 'light');
    document.dispatchEvent(new Event('redraw'));
  },
  button() {
    const button = h('button', { type: 'button', id: 'theme', onclick: () => { this.set(this.dark() ? 'light' : 'dark'); name(); } });
    const name = () => { button.textContent = this.dark() ? 'Light colours' : 'Dark colours'; };
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { this.set(this.choice); name(); });
    addEventListener('beforeprint', () => { document.documentElement.setAttribute('data-theme', 'light'); document.dispatchEvent(new Event('redraw')); });
    addEventListener('afterprint', () => this.set(this.choice));
    name();
    return button;
  },
};
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

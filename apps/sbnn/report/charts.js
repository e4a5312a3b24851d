/* charts.js - line charts as inline SVG; colours and dashes by class (report.css), so that they follow the theme. */
'use strict';

/* About n round numbers that span lo..hi. */
function ticks(lo, hi, n) {
  const raw = (hi - lo) / n || 1, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((k) => k * power >= raw * 0.999), out = [];
  for (let k = Math.ceil(lo / step - 1e-9); k * step <= hi + 1e-9 * step; k++) out.push(Number((k * step).toPrecision(12)));
  return out;
}

/* what: {label, xLabel, yLabel, series, levels, spans, yFrom}
 * series: {name, look (0..3), dashed, x, y, sd (or null), marks (points in place of a line), aside (pixels that marks are
 * moved, so that they do not cover one another)}
 * levels: {name, value}: horizontal lines; spans: {name, from, to}: parts of the x axis. */
function lineChart(what) {
  const W = 720, H = 340, left = 62, right = 16, top = what.spans && what.spans.length ? 26 : 10, bottom = 44;
  const all = what.series.flatMap((l) => l.x.map((x, i) => [x, l.y[i]])).filter((p) => isNumber(p[1]));
  /* Error bars belong into the frame; a band that is wider than the curves is cut off at it. */
  const bars = what.series.filter((l) => l.marks && l.sd).flatMap((l) => l.y.flatMap((y, i) => (isNumber(y) ? [y - l.sd[i], y + l.sd[i]] : [])));
  const xs = all.map((p) => p[0]), ys = all.map((p) => p[1]).concat((what.levels || []).map((l) => l.value), bars);
  const x0 = Math.min(...xs), x1 = Math.max(...xs), y0 = Math.max(Math.min(...ys, what.yFrom), -1), y1 = Math.max(...ys) + 0.08 * Math.abs(Math.max(...ys));
  const px = (x) => left + ((x - x0) / (x1 - x0 || 1)) * (W - left - right);
  const py = (y) => H - bottom - ((Math.min(Math.max(y, y0), y1) - y0) / (y1 - y0 || 1)) * (H - top - bottom);
  const chart = s('svg', { class: 'chart', viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': what.label });
  for (const y of ticks(y0, y1, 6))
    chart.append(s('path', { class: 'grid', d: `M${left},${py(y)} H${W - right}` }), s('text', { x: left - 7, y: py(y) + 4, 'text-anchor': 'end' }, short(y)));
  for (const x of ticks(x0, x1, 8))
    chart.append(s('path', { class: 'tick', d: `M${px(x)},${H - bottom} v5` }), s('text', { x: px(x), y: H - bottom + 18, 'text-anchor': 'middle' }, short(x)));
  chart.append(s('path', { class: 'axis', d: `M${left},${top} V${H - bottom} H${W - right}` }),
    s('text', { x: (left + W - right) / 2, y: H - 6, 'text-anchor': 'middle' }, what.xLabel),
    s('text', { transform: `translate(13,${(top + H - bottom) / 2}) rotate(-90)`, 'text-anchor': 'middle' }, what.yLabel));
  for (const span of what.spans || [])
    chart.append(s('text', { x: (px(span.from) + px(span.to)) / 2, y: 14, 'text-anchor': 'middle', class: 'soft' }, span.name),
      s('path', { class: 'grid', d: `M${px(span.to)},${top} V${H - bottom}` }));
  for (const level of what.levels || []) chart.append(s('path', { class: 'level', d: `M${left},${py(level.value)} H${W - right}` }));
  what.series.forEach((l) => chart.append(...(l.marks ? drawMarks(l, px, py) : drawLine(l, px, py))));
  for (const level of what.levels || [])
    chart.append(s('text', { x: W - right, y: py(level.value) - 5, 'text-anchor': 'end', class: 'soft' }, level.name));
  return h('figure', null, chart, legend(what.series));
}

function drawLine(l, px, py) {
  const at = l.x.map((_, i) => i).filter((i) => isNumber(l.y[i])), out = [];
  if (!at.length) return out;
  if (l.sd) {
    const upper = at.map((i) => `${px(l.x[i]).toFixed(1)},${py(l.y[i] + l.sd[i]).toFixed(1)}`);
    const lower = at.map((i) => `${px(l.x[i]).toFixed(1)},${py(l.y[i] - l.sd[i]).toFixed(1)}`).reverse();
    out.push(s('path', { class: `band look${l.look}`, d: `M${upper.concat(lower).join('L')}Z` }));
  }
  out.push(s('path', { class: `line look${l.look}${l.dashed ? ' dashed' : ''}`, d: 'M' + at.map((i) => `${px(l.x[i]).toFixed(1)},${py(l.y[i]).toFixed(1)}`).join('L') }));
  return out;
}

/* Shapes as well as colours tell the series apart. */
function mark(look, x, y, r = 5) {
  const d = [`M${x - r},${y} a${r},${r} 0 1,0 ${2 * r},0 a${r},${r} 0 1,0 ${-2 * r},0`,
    `M${x - r},${y - r} h${2 * r} v${2 * r} h${-2 * r}z`, `M${x},${y - 1.3 * r} l${1.3 * r},${1.3 * r} l${-1.3 * r},${1.3 * r} l${-1.3 * r},${-1.3 * r}z`,
    `M${x},${y - 1.2 * r} l${1.2 * r},${2.2 * r} h${-2.4 * r}z`][look % 4];
  return s('path', { class: `mark look${look}`, d });
}

function drawMarks(l, px, py) {
  return l.x.flatMap((x, i) => {
    if (!isNumber(l.y[i])) return [];
    const sd = (l.sd && l.sd[i]) || 0, at = px(x) + (l.aside || 0);
    return [s('path', { class: `whisker look${l.look}`, d: `M${at},${py(l.y[i] - sd)} V${py(l.y[i] + sd)}` }), mark(l.look, at, py(l.y[i]), 6)];
  });
}

function legend(series) {
  return h('figcaption', { class: 'legend' }, series.map((l) => h('span', null,
    s('svg', { viewBox: '0 0 30 14', width: '30', height: '14', 'aria-hidden': 'true' },
      l.marks ? mark(l.look, 15, 7) : s('path', { class: `line look${l.look}${l.dashed ? ' dashed' : ''}`, d: 'M1,7 H29' })), l.name)));
}

/* One row of a plot that runs down a table: mean and sd of each model, from 0 (or below) to 1; an arrow for what lies
 * below. */
function dotRow(scores, lo) {
  const w = 360, height = 6 + 11 * scores.length, px = (v) => 8 + ((Math.min(Math.max(v, lo), 1) - lo) / (1 - lo)) * (w - 16);
  const row = s('svg', { class: 'dots', viewBox: `0 0 ${w} ${height}`, width: w, height, 'aria-hidden': 'true' });
  for (let v = Math.ceil(4 * lo) / 4; v <= 1; v += 0.25)
    row.append(s('path', { class: v ? 'grid' : 'axis', d: `M${px(v)},0 V${height}` }));
  const dot = (m, y) => (m.score.mean < lo ? s('path', { class: `mark look${m.look}`, d: `M1,${y} l8,-4 v8z` }) : mark(m.look, px(m.score.mean), y, 4));
  scores.forEach((m, k) => {
    const y = 8.5 + 11 * k;
    if (m && m.score) row.append(s('path', { class: `whisker look${m.look}`, d: `M${px(m.score.mean - m.score.sd)},${y} H${px(m.score.mean + m.score.sd)}` }), dot(m, y));
  });
  return row;
}

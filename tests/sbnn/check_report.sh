#!/usr/bin/env bash
# check_report.sh SBNN: the page of `sbnn report` in a headless Chromium, in light and dark colours and on a narrow screen: it
# loads without errors and without the network, overlays and sorting work by mouse and keyboard, names from tables do no harm.
# Skipped, loudly, where there is no Chromium. With KEEP=DIR screenshots are left there.
set -euo pipefail
sbnn=$1
browser=$(command -v chromium || command -v chromium-browser || true)
if [ -z "$browser" ]; then
  echo "SKIPPED: no chromium here, which would look at the report"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() {
  echo "check_report: $*" >&2
  exit 1
}

# 60 cells, 12 genes, 3 responses, 3 types; names that would run as code if they got into the markup, and
# one with an antibody's barcode.
awk -v dir="$dir" 'BEGIN {
  srand(7)
  bad = "</script><script>hacked=1</script>"; worse = "<img src=x onerror=hacked=1>\""
  printf "cell" > (dir "/x.tsv"); for (j = 0; j < 12; j++) printf "\t%s", j == 0 ? bad : "gene" j > (dir "/x.tsv")
  printf "cell\t%s\tb & <i>c\tCD4-GAGGTTAGTGATGGA\n", worse > (dir "/y.tsv"); printf "cell\ttype\n" > (dir "/labels.tsv")
  for (i = 0; i < 60; i++) {
    printf "\ncell<%d>", i > (dir "/x.tsv")
    for (j = 0; j < 12; j++) { v = int(exp(4 + 2 * rand() + (j < 3 && i % 3 == j))); if (j < 3) g[j] = log(v + 1); printf "\t%d", v > (dir "/x.tsv") }
    printf "cell<%d>\t%.4f\t%.4f\t%.4f\n", i, g[0] + rand(), g[1] + rand(), g[2] - g[0] + rand() > (dir "/y.tsv")
    printf "cell<%d>\t%s\n", i, i % 3 == 0 ? "<b>" : "type" i % 3 > (dir "/labels.tsv")
  }
  printf "\n" > (dir "/x.tsv")
}'
"$sbnn" run --x "$dir/x.tsv" --y "$dir/y.tsv" --labels "$dir/labels.tsv" --out "$dir/all" --quiet --folds 3 --genes 5 --hidden 16,8 \
  --clusters 3 --cluster-min 2 --kmeans-restarts 5 --epochs-pretrain 3 --epochs-frozen 3 --epochs-unfrozen 3 --epochs-finetune 20 \
  --epochs-autoencoder 9 --restarts 3 --lambdas 0.1,0.3,0.5 || fail "the run failed"
size=$(stat -c %s "$dir/all/report.html")
[ "$size" -lt 300000 ] || fail "the page of 60 cells has $size bytes"

# The page with a watch before it and a visitor behind it, who leaves what went wrong in an element of its own.
cat >"$dir/watch.html" <<'EOF'
<script>
window.wrong = [];
addEventListener('error', (e) => wrong.push('error: ' + e.message));
addEventListener('unhandledrejection', (e) => wrong.push('rejection: ' + e.reason));
addEventListener('securitypolicyviolation', (e) => wrong.push('policy: ' + e.violatedDirective + ' ' + e.blockedURI));
for (const kind of ['error', 'warn']) console[kind] = (...words) => wrong.push(kind + ': ' + words.join(' '));
</script>
EOF
cat >"$dir/visit.html" <<'EOF'
<script>
function check(what, good) { if (!good) wrong.push(what); }
const picture = () => maps[0].canvas.toDataURL();
function luminance(c) { return [0.2126, 0.7152, 0.0722].reduce((sum, k, i) => { const v = c[i] / 255; return sum + k * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); }, 0); }
const parts = (text) => text.match(/[\d.]+/g).map(Number);
function background(e) { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; }
function contrast(e) { const [a, b] = [luminance(parts(getComputedStyle(e).color)), luminance(background(e))].sort((p, q) => q - p); return (a + 0.05) / (b + 0.05); }
function readable(scheme) {
  document.querySelectorAll('h1, h1 small, h2, p, a, button, .card strong, .card span, .note, td, th, dt, dd').forEach((e) => {
    if (e.textContent.trim() && e.offsetWidth > 1 && contrast(e) < 4.5) wrong.push(`${scheme}: contrast ${contrast(e).toFixed(1)} of ${e.tagName}.${e.className} '${e.textContent.slice(0, 30)}'`);
  });
}
function verdict() { document.body.append(Object.assign(document.createElement('p'), { id: 'verdict', textContent: 'VERDICT ' + (wrong.length ? wrong.join(' | ') : 'good') })); }
function visit() {
  const want = new URLSearchParams(location.hash.slice(1)).get('scheme');
  check('three maps', maps.length === 3);
  check('each folder says how it was made', document.querySelectorAll('#provenance details').length === 7 && !document.querySelector('main').textContent.includes('[object'));
  check('nine sections, the verdict first', document.querySelectorAll('main section').length === 9 && document.querySelector('main section').id === 'verdict');
  check('nothing was fetched', performance.getEntriesByType('resource').length === 0);
  check('names did not run', !('hacked' in window) && !document.querySelector('main img, main b, main i:not(.swatch)'));
  check('the names are there', ['<\/script><script>hacked=1<\/script>', 'b & <i>c'].every((n) => [...document.querySelectorAll('button')].some((b) => b.textContent === n)));
  check('the scheme is the one asked for', (luminance(background(document.body)) < 0.5) === (want === 'dark'));
  check('no sideways scrolling', document.documentElement.scrollWidth <= innerWidth);
  readable(want);

  /* What few cells and few epochs must come to. */
  const judged = [...document.querySelectorAll('#verdict .judgement')];
  check('a verdict on each recipe', judged.filter((j) => j.textContent.includes('recipe')).length >= 2 && judged.some((j) => j.classList.contains('doubt')));
  check('with doubt there is advice', judged.filter((j) => j.textContent.includes('are doubtful')).every((j) => j.textContent.includes('What may help')));

  /* Explanations that phones can open: links to a list of words, and lists below tables, never a hover alone. */
  const links = [...document.querySelectorAll('a.word')];
  check('words lead to their meaning', links.length > 8 && links.every((a) => (document.getElementById(a.hash.slice(1)) || {}).tagName === 'DT'));
  check('every word is used', [...document.querySelectorAll('#words dt')].every((dt) => ['chance', 'restarts', 'halves'].includes(dt.id.slice(5)) || links.some((a) => a.hash === '#' + dt.id)));
  check('headings explain themselves below', !document.querySelector('thead [title], svg title') && document.querySelectorAll('#genes .columns dt').length > 4);
  const heads = [...document.querySelectorAll('#genes thead th')].map((th) => th.textContent);
  check('restarts and half-samples do not share a heading', heads.some((t) => t.startsWith('Restarts, paper')) && heads.some((t) => t.startsWith('Half-samples, denoising')) && !heads.some((t) => t.startsWith('Frequency')));

  /* Bars and bands stay inside the axes. */
  for (const chart of document.querySelectorAll('svg.chart')) {
    const [, top, bottom] = chart.querySelector('.axis').getAttribute('d').match(/,([\d.]+) V([\d.]+)/).map(Number);
    for (const path of chart.querySelectorAll('.whisker, .band, .line')) {
      const box = path.getBBox();
      check(`inside the frame: ${path.getAttribute('class')}`, box.y >= top - 0.6 && box.y + box.height <= bottom + 0.6);
    }
  }

  const barcode = [...document.querySelectorAll('[data-name="CD4-GAGGTTAGTGATGGA"]')];
  check('names are shown without barcodes', barcode.length && barcode.every((b) => b.textContent === 'CD4' && b.title === b.dataset.name));

  const types = picture();
  const chip = document.querySelector('.controls [data-overlay="gene"]'), name = chip.textContent;
  chip.click();
  check('a gene changes the map', picture() !== types && maps[0].note.textContent.startsWith(name));
  check('its buttons are pressed', [...document.querySelectorAll('[data-overlay="gene"]')].every((b) => (b.getAttribute('aria-pressed') === 'true') === (b.dataset.name === name)));
  const contours = picture();
  document.getElementById('measured').click();
  check('measured is not predicted', picture() !== contours && maps[0].note.textContent.includes('as measured'));
  document.getElementById('measured').click();
  check('and back to predicted', picture() === contours && maps[0].note.textContent.includes('not what was measured'));
  document.getElementById('dots').click();
  check('as cells it looks otherwise', picture() !== contours);
  document.getElementById('dots').click();
  document.querySelector('#responses [data-overlay="response"]').click();
  check('a response of the table changes the map', picture() !== contours && shown.overlay.kind === 'response');
  document.querySelector('[data-overlay=""]').click();
  check('and back', picture() === types);
  document.querySelector('[data-type]').click();
  check('a type stands out', picture() !== types);
  document.querySelector('[data-type]').click();

  for (const table of document.querySelectorAll('table')) {
    const heads = [...table.querySelectorAll('thead th')], at = heads.findIndex((th, i) => i > 0 && th.querySelector('button'));
    if (at < 0) continue;
    const values = () => [...table.querySelectorAll('tbody tr')].map((r) => parseFloat(r.children[at].textContent.replace('\u2212', '-'))).filter((v) => !Number.isNaN(v));
    const sorted = (sign) => values().every((v, i, all) => !i || sign * (v - all[i - 1]) >= 0);
    for (let round = 0; round < 2; round++) {
      heads[at].querySelector('button').click();
      const way = heads[at].getAttribute('aria-sort');
      check(`sorted ${way}: ${table.caption.textContent}`, (way === 'ascending' || way === 'descending') && sorted(way === 'ascending' ? 1 : -1));
    }
  }

  const canvas = maps[0].canvas, key = (e, k) => e.dispatchEvent(new KeyboardEvent('keydown', { key: k, bubbles: true }));
  canvas.focus();
  key(canvas, 'ArrowRight');
  const first = shown.cell;
  key(canvas, 'ArrowLeft');
  check('arrows go from cell to cell', first && shown.cell && shown.cell !== first && maps[0].said.textContent.startsWith(shown.cell));
  key(canvas, 'Escape');
  check('escape lets go', shown.cell === null);
  const box = canvas.getBoundingClientRect();
  canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + maps[0].px(4), clientY: box.top + maps[0].py(4) }));
  maps[0].draw();
  check('pointing at a cell tells its id', !maps[0].tip.hidden && maps[0].tip.textContent.includes(shown.cell) && shown.cell.startsWith('cell<'));
  overlay('response', 'CD4-GAGGTTAGTGATGGA');
  const said = maps[0].describe(4), heads4 = maps[0].head();
  check('both are named, measured and predicted', said.includes(`CD4, measured: ${fixed(heads4.measured[4], 2)} sd`) && said.includes(`CD4, predicted from the place: ${fixed(heads4.values[4], 2)} sd`));
  overlay(null);
  select(null);
  chip.focus();
  key(chip, 'ArrowRight');
  check('arrows go from gene to gene', document.activeElement !== chip && document.activeElement.dataset.overlay === 'gene');
  check('one tab stop a group', [...document.querySelectorAll('[role=toolbar]')].every((g) => g.querySelectorAll('[tabindex="0"]').length === 1));
  check('everything has a name', [...document.querySelectorAll('button, canvas, [role=img], [role=region], section, nav')].every((e) => e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim()));

  const paper = getComputedStyle(document.body).backgroundColor;
  document.getElementById('theme').click();
  check('the button changes the colours', getComputedStyle(document.body).backgroundColor !== paper);
  readable('after the button');
  document.getElementById('theme').click();

  const provenance = [...document.querySelectorAll('#provenance details')];
  dispatchEvent(new Event('beforeprint'));
  check('on paper it says how it was made', provenance.length > 0 && provenance.every((d) => d.open));
  dispatchEvent(new Event('afterprint'));
  check('after printing it is folded again', provenance.every((d) => !d.open));
  verdict();
}
try { visit(); } catch (e) { wrong.push('broke off: ' + e.stack); verdict(); }
</script>
EOF
awk -v watch="$dir/watch.html" -v visit="$dir/visit.html" '
  function copy(file,    line) { while ((getline line < file) > 0) print line; close(file) }
  /^<\/body>$/ { copy(visit) } { print } /^<body>$/ { copy(watch) }' "$dir/all/report.html" >"$dir/visited.html"

browse() { # SCHEME WIDTH ARGUMENT...
  local dark=0
  if [ "$1" = light ]; then dark=1; fi # Blink counts so
  timeout 400 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --user-data-dir="$dir/profile" \
    --window-size="$2,1400" --blink-settings=preferredColorScheme=$dark --virtual-time-budget=5000 --enable-logging=stderr \
    "${@:3}" 2>"$dir/log"
}
for view in light,1300 dark,1300 light,500; do
  scheme=${view%,*} width=${view#*,}
  browse "$scheme" "$width" --dump-dom "file://$dir/visited.html#scheme=$scheme" >"$dir/dom" || fail "chromium failed: $(tail -n 3 "$dir/log")"
  verdict=$(grep -oE '<p id="verdict">[^<]*' "$dir/dom" | sed 's/.*>//' || true)
  [ "$verdict" = "VERDICT good" ] || fail "$scheme, $width pixels wide: ${verdict:-the page did not come to its end}"
  if grep -q 'CONSOLE' "$dir/log"; then fail "$scheme: the console says: $(grep 'CONSOLE' "$dir/log")"; fi
  if [ -n "${KEEP:-}" ]; then browse "$scheme" "$width" --screenshot="$KEEP/report-$scheme-$width.png" "file://$dir/all/report.html"; fi
done
echo "check_report: the page works, light, dark and narrow"

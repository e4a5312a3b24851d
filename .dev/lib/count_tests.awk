# count_tests.awk: reads ctest's JUnit file and the TAP file of each Criterion executable (in the folder taps), and prints what
# was skipped (S), what failed (F) and the counts (C). One Criterion test counts as one; so does a ctest entry of another kind,
# and a failure that no test owns up to (a crash outside a test, a sanitizer's report, a timeout). A test is skipped by
# cr_skip_test("why") or by printing "SKIPPED: why".
function unescape(s) {
  gsub(/&lt;/, "<", s); gsub(/&gt;/, ">", s); gsub(/&quot;/, "\"", s); gsub(/&apos;/, "\047", s); gsub(/&amp;/, "\\&", s)
  return s
}
function skip(why) { sub(/[[:space:]]+$/, "", why); if (why in reasons) return 0; reasons[why] = 1; print "S " name ": " why; return 1 }
function finish(    line, ok, bad, skips, tap, file) {
  if (name == "") return
  file = taps name ".tap"; ok = bad = skips = tap = 0
  while ((getline line < file) > 0) {
    tap = 1
    if (line ~ /^ok .*# SKIP/) { skips++; sub(/^ok - */, "", line); print "S " name ": " line; sub(/.*# SKIP */, "", line); reasons[line] = 1 }
    else if (line ~ /^ok /) ok++
    else if (line ~ /^not ok /) { bad++; sub(/^not ok - */, "", line); print "F " name ": " line }
  }
  close(file)
  if (state == "skip") { if (!tap) skips++; if (!printed) print "S " name ": exit code 77" }
  else if (state == "fail") { if (!bad) { bad++; print "F " name } }
  else if (!tap && !printed) ok++
  if (printed > 0 && state != "skip") { skips += printed; if (tap) ok -= printed }
  if (ok < 0) ok = 0
  passed += ok; failed += bad; skipped += skips; name = ""
}
/<testcase / {
  finish(); split("", reasons); printed = 0
  name = $0; sub(/.*<testcase name="/, "", name); sub(/".*/, "", name)
  state = $0 ~ /status="fail"/ ? "fail" : $0 ~ /status="(notrun|disabled)"/ ? "skip" : "pass"
  file = taps name ".tap"
  while ((getline line < file) > 0) if (line ~ /^ok .*# SKIP/) { sub(/.*# SKIP */, "", line); known[name, line] = 1 }
  close(file)
}
/SKIPPED: / {
  why = unescape($0); sub(/.*SKIPPED: /, "", why); sub(/<\/system-out>.*/, "", why); sub(/[[:space:]]+$/, "", why)
  if (!((name, why) in known)) printed += skip(why)
}
END { finish(); print "C " passed + 0 " " failed + 0 " " skipped + 0 }

# show_tests.awk: of ctest's lines those that somebody needs: what failed, with its output; what took over half a minute; how far it is.
/^Test project / || /^ *Start +[0-9]+: / { next }
/^ *[0-9]+\/[0-9]+ +Test +#[0-9]+: / {
  split($1, at, "/"); finished = at[1]; total = at[2]
  if (finished % 25 == 0 || finished == total) { print self ":   " finished " of " total " tests" > "/dev/stderr"; fflush() }
  if (/ Passed +[0-9.]+ sec/) {
    if ($(NF - 1) >= slow) print "slow: " name_of($0) ", " $(NF - 1) " s"
    next
  }
}
{ print; fflush() }
function name_of(line) { sub(/^[^:]*: */, "", line); sub(/ .*/, "", line); return line }

#!/usr/bin/env bash
# check_dev.sh DEV: what ./dev says while it installs and while it tests, with programs of our own in place of apt-get, cmake and ctest.
set -euo pipefail
dev=$1 here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
mkdir -p "$here/bin" "$here/build/tests/tap" "$here"/{tensor,autograd,nn,apps,tests,benchmarks,docs}
cp -R "$dev" "${dev%/*}/.dev" "$here"

program() { # NAME: its text on standard input
  cat >"$here/bin/$1"
  chmod +x "$here/bin/$1"
}
expect() { # FILE TEXT
  grep -qF -- "$2" "$1" || { echo "check_dev: '$2' is not in:" && cat "$1" && exit 1; }
}
refuse() { # FILE TEXT
  if grep -qF -- "$2" "$1"; then echo "check_dev: '$2' is in:" && cat "$1" && exit 1; fi
}

program dpkg-query </dev/null
program sudo <<<'#!/bin/sh
exec "$@"'
program clang-format <<<'#!/bin/sh
exit 0'
program apt-get <<'EOF'
#!/bin/sh
echo "Get:1 http://example.org/debian stable/main amd64 libfancy amd64 1.2 [10 kB]"
echo "Unpacking libfancy (1.2) ..."
case "$*" in *install*) sleep 7 ;; esac
EOF
(cd "$here" && PATH="$here/bin:$PATH" ./dev format) >"$here/said" 2>&1 || { cat "$here/said"; exit 1; }
expect "$here/said" "installing 1 packages"
expect "$here/said" "clang-format"
expect "$here/said" "unpacking libfancy, "

program dpkg-query <<<'#!/bin/sh
echo installed'
program cmake <<<'#!/bin/sh
exit 0'
program ninja <<<'#!/bin/sh
exit 0'
program ctest <<'EOF'
#!/bin/sh
while [ "$1" != --output-junit ]; do shift; done
cat >"$2" <<'XML'
<testcase name="test_fast" status="run"/>
<testcase name="test_slow" status="run"/>
<testcase name="test_bad" status="fail"/>
XML
cat <<'TEXT'
Test project /somewhere/build
    Start  1: test_fast
1/3 Test  #1: test_fast ........................   Passed    0.10 sec
    Start  2: test_slow
2/3 Test  #2: test_slow ........................   Passed   61.20 sec
    Start  3: test_bad
3/3 Test  #3: test_bad .........................***Failed    0.20 sec
[----] test_bad.c:7: Assertion Failed
TEXT
exit 8
EOF
status=0
(cd "$here" && PATH="$here/bin:$PATH" ./dev test) >"$here/said" 2>&1 || status=$?
[ "$status" -ne 0 ] || { echo "check_dev: a failed test, and dev ends well" && exit 1; }
refuse "$here/said" "test_fast"
refuse "$here/said" "Start"
expect "$here/said" "slow: test_slow, 61.20 s"
expect "$here/said" "test_bad.c:7: Assertion Failed"
expect "$here/said" "3 of 3 tests"
expect "$here/said" "2 passed, 1 failed, 0 skipped"
echo "check_dev: says what it should"

#!/usr/bin/env bash
# neon.sh: the products for NEON and for any CPU, cross-compiled for AArch64 and run under qemu. Needs the Debian packages
# gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user; without them it says SKIPPED (exit code 77).
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in aarch64-linux-gnu-gcc qemu-aarch64; do
  if ! command -v "$tool" >/dev/null; then
    echo "SKIPPED: $tool is not installed"
    exit 77
  fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
aarch64-linux-gnu-gcc -std=c17 -O2 -ffp-contract=off -fno-math-errno -Wall -Wextra -Wpedantic -Werror -static -I. \
  tests/cross/products.c tensor/kernels/*.c -lm -o "$folder/products"
qemu-aarch64 "$folder/products"

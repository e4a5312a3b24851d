# shellcheck shell=bash
# cluster_bad.sh - shards that do not fit together, damaged or hostile, twice, missing, and a full disk, for cluster.sh: one sentence,
# the exit code, and nothing lost.
# shellcheck disable=SC2154 # tables is of cluster.sh

: "${work:?}" "${sbnn:?}"

refused() { # WHAT CODE PATTERN COMMAND...: of sbnn
  local what=$1 code=$2 pattern=$3 seen=0
  shift 3
  timeout -s KILL 120 "$sbnn" "$@" >"$work/log" 2>&1 || seen=$?
  check "$what: exit code" "$seen" "$code" "$code"
  if [ "$(wc -l <"$work/log")" -ne 1 ] || ! grep -qE "^sbnn: .*$pattern" "$work/log"; then
    cat "$work/log"
    check "$what: one sentence that names it" 0 1 1
  fi
}

bad_shards() {
  local shard=("${small[@]}" --quiet --threads 2 --shard) one="$work/bad" part merge
  merge=(merge "$one" --quiet --out "$work/bad-merged")
  "$sbnn" "${shard[@]}" 1/2 --out "$one"
  refused "a missing shard" 3 "4 of 8 models are missing from the folders: .*fold-2, .*--resume" "${merge[@]}"
  "$sbnn" "${shard[@]}" 2/2 --out "$one"
  "$sbnn" "${shard[@]}" 2/2 --out "$one"
  "$sbnn" "${merge[@]}"
  check "a shard twice: files that differ from the plain run's" "$(differing small bad-merged)" 0 0
  rm -rf "$work/bad-merged"

  refused "shards of other options, into one folder" 1 "'seed=0' then, 'seed=3' now" "${shard[@]}" 1/2 --seed 3 --out "$one"
  "$sbnn" "${shard[@]}" 1/2 --seed 3 --out "$work/bad-seed"
  refused "shards of other options, merged" 3 "bad-seed holds shards of other options.*seed" merge "$one" "$work/bad-seed" --quiet --out "$work/bad-merged"
  cp -r "$one" "$work/bad-build" && sed -i 's/^compiler=.*/compiler=another/' "$work/bad-build/key"
  refused "shards of another build" 3 "bad-build holds shards of other.*compiler=another" merge "$one" "$work/bad-build" --quiet --out "$work/bad-merged"
  awk -F, -v OFS=, 'NR == 3 { $3++ } 1' "${tables[3]}" >"$work/other.csv"
  "$sbnn" prep --x "${tables[1]}" --y "$work/other.csv" --out "$work/other.safetensors" --quiet
  refused "shards of other data" 1 "contents of --data" "${shard[@]}" 1/2 --data "$work/other.safetensors" --out "$one"

  part=$(find "$one" -name '*fold-3.safetensors')
  cp "$part" "$work/good"
  for damage in empty short flipped header foreign; do
    case $damage in
      empty) : >"$part" ;;
      short) head -c 5000 "$work/good" >"$part" ;;
      flipped) cp "$work/good" "$part" && printf '\377\377' | dd of="$part" bs=1 seek=$(($(stat -c %s "$part") - 40)) conv=notrunc status=none ;;
      header) cp "$work/good" "$part" && printf '\377\377\377\377\377\377\377\177' | dd of="$part" bs=1 conv=notrunc status=none ;;
      foreign) cp "${part/fold-3/fold-4}" "$part" ;;
    esac
    refused "a damaged or hostile part ($damage)" 3 "fold-3.safetensors.*compute its shard again" "${merge[@]}"
  done
  rm "$part" && "$sbnn" "${shard[@]}" 1/2 --out "$one" && "$sbnn" "${merge[@]}"
  check "computed again: files that differ from the plain run's" "$(differing small bad-merged)" 0 0
}

full_disk() {
  local disk=$work/disk half # of what the shards of bad_shards take
  half=$(($(du -k "$work/bad" | tail -n 1 | cut -f 1) / 2))
  mkdir -p "$disk"
  if ! mount -t tmpfs -o size="$half"k tmpfs "$disk" 2>/dev/null; then skip "a full disk" "a small file system cannot be mounted" && return; fi
  disks+=("$disk")
  refused "a full disk, shard" 1 "could not be written.*free space" "${small[@]}" --quiet --threads 1 --shard 1/1 --out "$disk/s"
  check "a full disk: parts that were finished" "$(find "$disk/s" -name '*.safetensors' | wc -l)" 1 7
  mount -o remount,size=40m "$disk"
  "$sbnn" "${small[@]}" --quiet --threads 1 --shard 1/1 --out "$disk/s" && "$sbnn" merge "$disk/s" --quiet --out "$work/disk-merged"
  check "a full disk, with more space: files that differ from the plain run's" "$(differing small disk-merged)" 0 0
  mount -o remount,size="$(($(du -k "$disk" | tail -n 1 | cut -f 1) + 60))k" "$disk"
  refused "a full disk, merge" 1 "free|space" merge "$disk/s" --quiet --out "$disk/m"
  check "a full disk, merge: parts that stay" "$(find "$disk/s" -name '*.safetensors' | wc -l)" 8 8
}

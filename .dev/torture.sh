# shellcheck shell=bash
# torture [SECONDS]: faults injected into small runs for SECONDS (600): memory, calls, a full disk, lost power, kills
# torture SECONDS KIND [JOB [NUMBER]] [seed=N]: of one kind and job; one trial again, whose files then stay

verb_torture() { # [SECONDS [KIND [JOB [NUMBER]]]] [seed=N]
  local seconds=600
  if [[ ${1:-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
  fi
  need_for_preset "${test_packages[@]}"
  configure -DNABLA_TESTS=ON
  build sbnn torture torture_refuse
  "$(build_dir)/tests/torture" "$(build_dir)/bin/sbnn" "$(build_dir)/tests/libtorture_refuse.so" "$seconds" "$@"
}

"""Whether a training step, of the sBNN or of a network of benchmarks/models, has become slower than the stored one by more than 5 %,
relative to a product of BLIS that is timed in between, or that of a large network reaches less than 80 % of BLIS's rate: `./dev bench check`. Exit code 1 if so."""

import sys

import results
import store

WORSE = 1.05
OF_BLIS = 0.8


def main():
    o = store.arguments(__doc__)
    stored = results.load("step")
    if stored is None:
        sys.exit("benchmarks/results/step.json is missing: ./dev bench store")
    if stored["machine"]["family"] != results.machine()["family"]:
        print(f"SKIPPED: the stored steps are of another CPU ({stored['machine']['cpu']})")
        return
    now = store.measure(o.build, o.rounds, o.epochs)["steps"]
    known = stored["steps"] | stored.get("networks", {})
    if "networks" in stored:
        now |= store.measure_networks(o.build, o.rounds)
    slower = []
    for phase, s in now.items():
        if phase not in known:
            print(f"new    {phase:12s} {s['us']['median']:8.1f} us: ./dev bench store")
            continue
        ratio = s["relative"]["median"] / known[phase]["relative"]["median"]
        # The smallest rounds must agree: one disturbed median is no reason for an alarm.
        least = s["relative"]["min"] / known[phase]["relative"]["min"]
        worse = ratio > WORSE and least > WORSE
        slower += [phase] if worse else []
        print(f"{'SLOWER' if worse else 'ok    '} {phase:12s} {s['us']['median']:8.1f} us, {ratio:.3f} x the stored step (smallest {least:.3f} x)")
    share = store.median(store.run(o.build, "large", "5", "2"), "ratio")
    print(f"{'ok    ' if share >= OF_BLIS else 'SLOWER'} large        {share:.2f} x the rate of BLIS (at least {OF_BLIS})")
    if share < OF_BLIS:
        sys.exit("the step of the large network: ./dev bench large")
    if slower:
        sys.exit(f"slower by more than 5 % than at commit {stored['commit']}: {', '.join(slower)}; find the reason, or say it and ./dev bench store")


if __name__ == "__main__":
    main()

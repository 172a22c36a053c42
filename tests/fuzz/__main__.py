"""A recorded run: ``python -m tests.fuzz [TARGET ...] --inputs 100000 --seed 1``."""

import argparse
import sys
import time

from tests.fuzz.harness import fuzz, names


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(names())}")
    parser.add_argument("--inputs", type=int, default=100_000, metavar="N", help="for each target")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="equal seeds, equal runs")
    parser.add_argument(
        "--first",
        type=int,
        default=0,
        metavar="N",
        help="begin with this one, as a failure names it",
    )
    parser.add_argument("--seconds", type=float, metavar="S", help="end a target after so long")
    options = parser.parse_args()
    unknown = sorted(set(options.targets) - set(names()))
    if unknown:
        parser.error(f"there is no target {unknown[0]!r}; there are {', '.join(names())}")
    failed = False
    for name in options.targets or names():
        begun_s = time.monotonic()
        report = fuzz(
            name, options.inputs, options.seed, first=options.first, seconds=options.seconds
        )
        failed |= bool(report.failures)
        print(*report.lines(), f"  {time.monotonic() - begun_s:.0f} s", sep="\n", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""How near the fills of the dry run's model are to those of a market whose whole book is known.

    .venv/bin/python bench/fills.py [--orders 400] [--seed 5]

The simulated exchange with its full book is the truth; the model hears its trades and best levels,
as a stream tells them, and sees one whole book when an order is sent. Prints, for each way in which
orders are put, the fill rate in percent and the slippage in basis points of the price before: the
truth, then easy, usual and careful fills; and `apart`, by how much usual prices are worse in orders
that were filled in both. Ends with status 1 where a promise is not kept: usual
within 5 points and 1 basis point of the truth, careful never more than 1 point above it, and
nothing filled by what nobody heard.
"""

import argparse
import sys
from datetime import date

from maemae.exchange.fed.care import CARES
from maemae.proof.fills import Way, broken, compare

DAY = date(2026, 11, 30)


def main() -> None:
    """Measure, and print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=400)
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    heads = ("truth", *CARES)
    print(f"{'':16}{'orders':>7}" + "".join(f"{head + ' %':>11}" for head in heads), end="")
    print("".join(f"{head + ' bp':>11}" for head in heads) + f"{'apart':>8}")
    failed = []
    for way in Way:
        found = compare(way, given.orders, given.seed, DAY)
        sums = (found.truth, *found.models.values())
        print(f"{way:16}{found.truth.orders:7}", end="")
        print("".join(f"{one.rate:11.1f}" for one in sums), end="")
        print("".join(f"{one.slippage:+11.2f}" for one in sums), end="")
        print(f"{found.apart:+8.2f}", flush=True)
        if way is Way.GAP:
            print(f"{'':16}{found.missed:,} shares traded unheard in names with orders, told of")
        failed += [f"{way}: {said}" for said in broken(way, found)]
    print("\n".join(failed) or "every promise kept")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()

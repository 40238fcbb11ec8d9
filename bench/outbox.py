"""What alarms cost the trading loop while their channel is away.

    .venv/bin/python bench/outbox.py

Puts so many different alarms into the queue of a channel that takes none, and prints the CPU
seconds of all of them, how many wait, and how many are counted instead.
"""

import time
from datetime import datetime

from maemae.clock import KST
from maemae.notify.messages import Kind, message
from maemae.notify.outbox import Outbox

COUNTS = (500, 2_000, 8_000)
AT = datetime(2026, 11, 20, 9, tzinfo=KST)


def main() -> None:
    """Print a line for each number of alarms."""
    for count in COUNTS:
        alarms = [message(Kind.INCIDENT, AT, f"alarm {number}") for number in range(count)]
        outbox, began = Outbox(), time.process_time()
        for now, alarm in enumerate(alarms):
            outbox.put(alarm, float(now))
        spent = time.process_time() - began
        print(
            f"{count:6,} alarms {spent:6.3f} CPU s, {len(outbox):,} wait, {outbox.more:,} counted"
        )


if __name__ == "__main__":
    main()

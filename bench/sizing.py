"""What a tick costs on disk, and what a ledger costs on a shared PostgreSQL.

    .venv/bin/python -m bench.sizing --ticks 2000000
    .venv/bin/python -m bench.sizing --postgres postgresql://me@localhost/empty --accounts 20

The unit costs from which the pages reckon what a whole market's ticks and a hundred users need.
Ticks are a random walk of each name: as rows of a Parquet file (time, code, price, quantity), and
as the frames of the broker in a recording, a dozen of whose columns change. Of PostgreSQL, which
should be empty, printed are bytes a fact, the time of an append, appends a second of all accounts
together, and the connections in use.
"""

import argparse
import tempfile
import threading
import time
from datetime import UTC, date
from pathlib import Path

import numpy as np
import polars as pl
from bench.ledger_years import COSTS, day_of
from sqlalchemy import text

from maemae.ledger.database import open_engine
from maemae.ledger.fold import Fold
from maemae.ledger.ledger import Ledger
from maemae.recordings.entries import Frame
from maemae.recordings.writer import Bounds, Writer

DAY = date(2025, 3, 5)
NAMES = 40
FRAMES = 100_000
ORDERS = 200


def ticks_of(count: int) -> pl.DataFrame:
    """Return ticks of a day by code and time: KST milliseconds, price, quantity."""
    dice = np.random.default_rng(1)
    each = count // NAMES
    opens = np.datetime64(DAY, "ms") + np.timedelta64(9 * 3_600_000, "ms")
    frames = []
    for number in range(NAMES):
        at = np.sort(dice.integers(0, 23_400_000, each))
        price = 20_000 + 50 * dice.integers(-1, 2, each).cumsum().clip(-390, 390)
        quantity = np.ceil(dice.exponential(40, each)).astype(np.int64)
        frames.append(
            pl.DataFrame({
                "at": opens + at.astype("timedelta64[ms]"),
                "code": [f"{100_000 + 10 * number:06d}"] * each,
                "price": price, "quantity": quantity,
            })
        )  # fmt: skip
    return pl.concat(frames)


def parquet(ticks: pl.DataFrame, folder: Path) -> str:
    file = folder / "ticks.parquet"
    began = time.process_time()
    ticks.write_parquet(file, compression="zstd", row_group_size=1 << 16)
    spent = time.process_time() - began
    return (f"{file.stat().st_size / ticks.height:.2f} bytes a tick, "
            f"{1e6 * spent / ticks.height:.2f} CPU microseconds")  # fmt: skip


def recording(ticks: pl.DataFrame, folder: Path) -> str:
    """Write ticks in their order of time as the frames in which the broker sends them."""
    size = folder / "recordings"
    writer = Writer(size, "live", Bounds(days=1, size=1 << 40, free=0))
    some = ticks.sort("at").head(FRAMES)
    changing = np.random.default_rng(2).integers(1, 90_000, (some.height, 8)).tolist()
    began, volume = time.process_time(), 0
    for (at, code, price, quantity), others in zip(some.iter_rows(), changing, strict=True):
        volume += quantity
        told = "^".join(map(str, (
            code, f"{at:%H%M%S}", price, "2", price - 20_000, "0.25", "19990.12", 20_000, 20_150,
            19_850, price + 50, price, quantity, volume, price * volume, *others, *["0"] * 23,
        )))  # fmt: skip
        moment = int(at.replace(tzinfo=UTC).timestamp() * 1e6)
        writer.add(Frame(moment, f"0|H0STCNT0|001|{told}"))
    writer.close()
    spent = time.process_time() - began
    written = sum(file.stat().st_size for file in size.rglob("*") if file.is_file())
    return (f"{written / some.height:.1f} bytes a frame, "
            f"{1e6 * spent / some.height:.1f} CPU microseconds")  # fmt: skip


def appended(url: str, account: str, spent: list[float]) -> None:
    """Write a day of orders into a ledger, fact by fact, as a trader does."""
    with Ledger(url, account) as ledger:
        fold = Fold.empty(COSTS)
        for fact in day_of(fold, DAY, ORDERS):
            fold.take(0, fact)
            began = time.monotonic()
            ledger.append([fact])
            spent.append(time.monotonic() - began)


def postgres(url: str, accounts: int) -> str:
    """Let each account write a day of orders, all at once."""
    with Ledger(url, "00000000-01"):  # Makes the tables.
        pass
    before, _open = _size(url)
    spent: list[list[float]] = [[] for _ in range(accounts)]
    writers = [
        threading.Thread(target=appended, args=(url, f"{number + 1:08d}-01", spent[number]))
        for number in range(accounts)
    ]
    began = time.monotonic()
    for writer in writers:
        writer.start()
    while not any(spent):
        time.sleep(0.05)
    _before, connections = _size(url)
    for writer in writers:
        writer.join()
    seconds = time.monotonic() - began
    every = 1000 * np.concatenate(spent)
    after, _open = _size(url)
    return (f"{(after - before) / len(every):,.0f} bytes a fact; "
            f"an append {np.median(every):.1f} ms, of a hundred {np.quantile(every, 0.99):.0f}; "
            f"{len(every) / seconds:,.0f} a second; {connections} connections")  # fmt: skip


def _size(url: str) -> tuple[int, int]:
    """Return the bytes of the database, and how many are connected to it."""
    engine = open_engine(url)
    with engine.connect() as connection:
        size = connection.execute(text("select pg_database_size(current_database())")).scalar_one()
        count = connection.execute(
            text("select count(*) from pg_stat_activity where datname = current_database()")
        ).scalar_one()
    engine.dispose()
    return int(size), int(count) - 1


def main() -> None:
    """Print the unit costs."""
    given = argparse.ArgumentParser()
    given.add_argument("--ticks", type=int, default=2_000_000)
    given.add_argument("--postgres", metavar="URL")
    given.add_argument("--accounts", type=int, default=20)
    chosen = given.parse_args()
    if chosen.postgres:
        print(f"PostgreSQL, {chosen.accounts} accounts: "
              f"{postgres(chosen.postgres, chosen.accounts)}")  # fmt: skip
        return
    with tempfile.TemporaryDirectory() as folder:
        ticks = ticks_of(chosen.ticks)
        print(f"Parquet: {parquet(ticks, Path(folder))}")
        print(f"recording: {recording(ticks, Path(folder))}")


if __name__ == "__main__":
    main()

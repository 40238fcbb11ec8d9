"""A trader in a process of its own, on real sockets, to be killed at any moment.

It is the whole of `maemae run`, with books that want to trade all the time and a person who orders
by hand without a pause.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random

from maemae.desk import events as ev
from maemae.desk.prices import beside
from maemae.desk.records import Halt
from maemae.desk.turn import Turn
from maemae.errors import MaemaeError
from maemae.market.kinds import Side
from maemae.trader.run import Run, open_run
from maemae.trader.settings import Settings, load_settings

SETTINGS = """\
language = "en"
venue = "sim"
data_dir = "{folder}"
log_dir = "{folder}/logs"
balance_seconds = 15

[sim]
url = "{url}"

[limits]
orders_per_minute = 1_000_000
entries_per_name = 1_000_000
refusals_in_a_row = 1_000_000

[[book]]
way = "condition"
name = "scalper"
amount = 300_000
take_profit = "0.2%"
stop_loss = "0.2%"
rebuy_after_stop = true
search_seconds = 5
signal_seconds = 2

[[book]]
way = "condition"
name = "trailer"
amount = 300_000
trailing_stop = "0.2%"
stop_loss = "0.4%"
rebuy_after_stop = true
search_seconds = 5
signal_seconds = 2
"""

BOOKS = ("scalper", "trailer")

PAUSE = 0.1
"""Real seconds between two orders by hand."""

AGAIN = timedelta(seconds=10)
"""Venue time after which everything is ordered to be sold once more."""

_MOST = 3
_TICKS = 3
_CHANGES = 0.2
"""Share of the wishes that cancel or amend instead of ordering."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a victim is to do: its folder, its number, and whether it is the last.

    `up` is set when it begins to trade.
    """

    folder: Path
    number: int
    up: Event
    last: bool = False


def write_settings(url: str, folder: Path) -> None:
    """Write the settings that every victim of a folder goes by."""
    text = SETTINGS.format(url=url, folder=folder.as_posix())
    (folder / "maemae.toml").write_text(text, encoding="utf-8")


def settings_in(folder: Path) -> Settings:
    """Read them."""
    return load_settings(folder / "maemae.toml")


def live(task: Task) -> None:
    """Trade until killed; the last one sells everything and ends when the books agree."""
    asyncio.run(_live(task))


async def _live(task: Task) -> None:
    ending = _Ending()
    observers = (ending.look,) if task.last else ()
    try:
        async with open_run(settings_in(task.folder), observers) as run:
            ending.run = run
            task.up.set()
            busy = None if task.last else asyncio.create_task(_order_about(run, task.number))
            try:
                await run.trade()
            finally:
                if busy is not None:
                    busy.cancel()
    except MaemaeError:
        return  # The exchange would not even let it begin; whoever watches starts another.


class _Ending:
    """Sells everything, and stops the trader when nothing is left and the books agree."""

    run: Run | None = None

    def __init__(self) -> None:
        self._asked: datetime | None = None

    def look(self, turn: Turn) -> None:
        """Look at the desk after a step."""
        if self.run is None:
            return
        trader, state = self.run.trader, self.run.trader.desk.state
        if self._asked is None or turn.at - self._asked > AGAIN:
            self._asked = turn.at
            trader.put(ev.HaltOrdered(at=turn.at, level=Halt.EXITS_ONLY, reason="the end"))
            trader.put(ev.FlattenOrdered(at=turn.at, reason="the end"))
        elif trader.desk.agreed and not state.portfolio.positions and not any(state.blotter.live()):
            trader.stop()


async def _order_about(run: Run, number: int) -> None:
    """Order by hand without a pause."""
    dice = Random(number)
    for ticket in count():
        await asyncio.sleep(PAUSE)
        wish = _wish(run, dice, f"{number}-{ticket}")
        if wish is not None:
            run.trader.put(wish)


def _wish(run: Run, dice: Random, ticket: str) -> ev.Event | None:
    desk, at = run.trader.desk, run.venue.clock.now()
    live = sorted(order.intent for order in desk.state.blotter.live())
    if live and dice.random() < _CHANGES:
        intent = dice.choice(live)
        price = _near(run, desk.state.blotter.order(intent).code, dice)
        if price is None or dice.choice((True, False)):
            return ev.CancelOrdered(at=at, intent=intent)
        return ev.AmendOrdered(at=at, intent=intent, price=price)
    held, known = sorted(desk.state.portfolio.positions), sorted(desk.listed)
    if not known:
        return None
    side = dice.choice((Side.BUY, Side.SELL)) if held else Side.BUY
    book, code = dice.choice(held) if side is Side.SELL else (dice.choice(BOOKS), "")
    code = code or dice.choice(known)
    price = _near(run, code, dice) if dice.choice((True, False)) else None
    return ev.OrderOrdered(
        at=at,
        ticket=ticket,
        book=book,
        side=side,
        code=code,
        quantity=dice.randint(1, _MOST),
        price=price,
    )


def _near(run: Run, code: str, dice: Random) -> int | None:
    """Return a price on the grid near the last one."""
    desk = run.trader.desk
    quote, listed = desk.quotes.get(code), desk.listed.get(code)
    if quote is None or listed is None:
        return None
    return beside(quote.price, dice.randint(-_TICKS, _TICKS), listed, quote.seen)

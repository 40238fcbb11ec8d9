"""After the close: evaluate a strategy on the day's final bars and write down what it wants."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from maemae.bars.adjust import adjusted
from maemae.bars.download import download_daily
from maemae.bars.panel import Panel
from maemae.bars.sectors import sectors_of, with_sectors
from maemae.bars.store import BarStore
from maemae.bars.universe import read_codes
from maemae.desk.positions import Position
from maemae.desk.records import Listed, PlanPrepared
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.errors import DataError
from maemae.i18n import _
from maemae.kis import Balance, mask_account
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import known
from maemae.market.calendar import Calendar
from maemae.market.instruments import Instrument, Instruments
from maemae.strategy.declare import Strategy
from maemae.strategy.parts import Account, EqualCash, Watch
from maemae.strategy.signals import Signals, signals
from maemae.strategy.store import to_table
from maemae.strategy.tree import Expr, RuleError
from maemae.trader.history import SETTLED, daily_fetch, last_settled
from maemae.trader.plans.plan import Line, Plan, fingerprint, mark, write_plan
from maemae.trader.plans.purse import Purse, purse
from maemae.trader.universe_settings import NamesSettings
from maemae.trader.venue import Venue

_MARGIN = 20
"""Sessions beyond the warm-up, for names that did not trade on some days."""

_LEAST = 60
_REASON = 120
"""Letters of a rule that a line quotes."""

Progress = Callable[[Instrument, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a plan is made from.

    Attributes:
        book: whose plan it is.
        limit: instruments looked at, the largest by market capitalisation; None for all.
        quantity: shares of each buy; None for the strategy's own sizing.
        capital: won, or a fraction of the account's worth, that the book may have at work; None
            for whatever is free.
        indices: bars of the indices that rules look at (Parquet), where they do.
        universe: which instruments come into question; the limit counts those.
    """

    book: str
    strategy: Strategy
    limit: int | None
    quantity: int | None
    max_names: int
    exits: Exits
    capital: int | Decimal | None = None
    indices: Path | None = None
    universe: NamesSettings = field(default_factory=NamesSettings)

    @property
    def fingerprint(self) -> str:
        """Changes with anything that may change a plan made by it."""
        table: Any
        try:
            table = to_table(self.strategy)
        except RuleError:  # Parts of it are Python code, whose text is not known.
            table = repr(self.strategy)
        parts = [table, self.limit, self.quantity, self.max_names, repr(self.exits), self.capital]
        if self.universe != NamesSettings():
            parts.append(repr(self.universe))
        return fingerprint(json.dumps(parts, sort_keys=True, default=str).encode())


@dataclass(frozen=True, kw_only=True)
class Materials:
    """What preparing works with: the venue, its bars, its ledger and the folder of plans."""

    venue: Venue
    instruments: Instruments
    store: BarStore
    ledger: Ledger
    folder: Path
    calendar: Calendar


def days(now: datetime, calendar: Calendar) -> tuple[date, date]:
    """Return the session whose final bars decide, and the session of the plan.

    Raises:
        DataError: the session of the plan would be under way; says when its bars are final.
    """
    decided = last_settled(now, calendar)
    day = calendar.next_session(decided)
    session = calendar.session(day)
    if now >= session.open:
        raise DataError(
            _(
                "the session of {day} is not over: its bars are final from "
                "{close:%H:%M}, prepare then"
            ).format(day=day, close=session.close + SETTLED)
        )
    return decided, day


async def prepare(
    recipe: Recipe, by: Materials, progress: Progress
) -> tuple[Path, Plan, PlanPrepared]:
    """Prepare the plan for the next session and write it.

    Returns:
        The file, the plan, and the fact that the caller has to make durable: without it in the
        ledger the plan is not carried out.

    Raises:
        DataError: bars or instruments are missing, or the plan cannot be written.
        RuleError: the strategy cannot be judged on daily bars.
        WireError: the broker could not be asked.
        LedgerError: the ledger cannot be used.
    """
    now = by.venue.clock.now()
    decided, day = days(now, by.calendar)
    state = (await asyncio.to_thread(known, by.ledger, by.venue.costs)).state
    begun = state.plans.get(recipe.book)
    if begun is not None and begun.day == day and begun.begun:
        raise DataError(
            _("the plan of {book} for {day} was carried out already").format(
                book=recipe.book, day=day
            )
        )
    held = {position.listed.code: position for position in state.portfolio.held(recipe.book)}
    chosen = choose(recipe, by.instruments, held)
    frame, errors = await _bars(recipe, by, chosen, decided, progress)
    balance = await by.venue.orders.balance()
    bars = await asyncio.to_thread(_view, recipe, frame, by)
    found = await asyncio.to_thread(signals, recipe.strategy, bars)
    wanted = _Wanted(day, recipe, by.instruments, bars, found, _closes(frame, decided), errors)
    for code in held:
        if code not in bars.row_of:
            errors.setdefault(code, _("held, but no bars of it are known"))
    sells = wanted.sells(held)
    plan = Plan(
        name=recipe.book,
        strategy=recipe.strategy.name,
        venue=by.venue.name,
        account=mask_account(by.venue.account),
        account_mark=mark(by.venue.account),
        day=day,
        data_day=decided,
        prepared=by.venue.clock.now(),
        settings=recipe.fingerprint,
        data=_data_fingerprint(bars),
        max_names=recipe.max_names,
        exits=recipe.exits,
        sells=sells,
        buys=wanted.buys(state, balance, sells),
        errors=dict(sorted(errors.items())),
    )
    path = write_plan(plan, by.folder)
    return path, plan, _fact(plan, path)


def choose(recipe: Recipe, instruments: Instruments, held: Iterable[str]) -> list[Instrument]:
    """Return what is looked at, and what the book holds beside it.

    That are the names of a list in its order, or else the largest ordinary shares.

    Raises:
        DataError: no instruments are known, none with that code, or the list cannot be read.
    """
    if not len(instruments):
        raise DataError(_("no master files: fetch them with `maemae instruments update`"))
    if isinstance(recipe.strategy.candidates, Watch):
        ranked = [instruments[code] for code in recipe.strategy.candidates.codes]
    else:
        ranked = [one for one in _pool(recipe.universe, instruments) if _fits(recipe, one)]
        ranked = ranked[: recipe.limit]
    known = {one.code for one in ranked}
    gone = {code for code in held if code not in instruments}
    return ranked + [instruments[code] for code in held if code not in known | gone]


def _pool(universe: NamesSettings, instruments: Instruments) -> list[Instrument]:
    """Return what comes into question, the most wanted first."""
    if universe.codes or universe.file is not None:
        listed = read_codes(universe.file) if universe.file is not None else []
        return [instruments[code] for code in dict.fromkeys([*universe.codes, *listed])]
    ordinary = [one for one in instruments if one.is_ordinary]
    return sorted(ordinary, key=lambda one: (-one.market_cap, one.code))


def _fits(recipe: Recipe, one: Instrument) -> bool:
    return recipe.universe.fits(one.market, one.kind, one.sectors, one.base_price)


async def _bars(
    recipe: Recipe, by: Materials, chosen: list[Instrument], last: date, progress: Progress
) -> tuple[pl.DataFrame, dict[str, str]]:
    """Return the bars of what is looked at, downloading what is missing, and what failed."""
    needed = max(_LEAST, recipe.strategy.warmup.bars) + _MARGIN
    first = by.calendar.offset(last, -needed)
    history = by.venue.data.history
    outcome = await download_daily(
        daily_fetch(history), chosen, by.store, first, last,
        now=by.venue.clock.now, progress=progress, source=f"KIS {by.venue.name}",
        calendar=by.calendar,
    )  # fmt: skip
    codes = [one.code for one in chosen]
    frame = by.store.daily(first, last, codes=codes)
    there = set(frame.filter(pl.col("date") == last, pl.col("volume") > 0)["code"])
    errors = {
        code: _("no bars: {reason}").format(reason=reason)
        for code, reason in outcome.failed.items()
    }
    for code in codes:
        if code not in there:
            errors.setdefault(code, _("no trade on {last}").format(last=last))
    if not there:
        raise DataError(
            _("not one of {n} instruments has a bar of {last}").format(n=len(codes), last=last)
        )
    return frame, errors


def _view(recipe: Recipe, frame: pl.DataFrame, by: Materials) -> Panel:
    """Return the bars as rules read them.

    Raises:
        DataError: a rule looks at an index of which there are no bars.
    """
    others = None
    if recipe.indices is not None:
        if not recipe.indices.is_file():
            raise DataError(_("{indices}: no such file").format(indices=recipe.indices))
        others = pl.read_parquet(recipe.indices).filter(pl.col("date") <= frame["date"].max())
    panel = Panel.from_frame(adjusted(frame, by.calendar), indices=others)
    return with_sectors(panel, sectors_of(by.instruments))


def _closes(frame: pl.DataFrame, day: date) -> dict[str, int]:
    """Return the closes of a day as traded, in won."""
    rows = frame.filter(pl.col("date") == day, pl.col("volume") > 0).select("code", "close")
    return dict(rows.iter_rows())


def _data_fingerprint(bars: Panel) -> str:
    digest = hashlib.sha256("".join(bars.codes).encode())
    digest.update(bars.times.astype(np.int64).tobytes())
    for name in sorted(bars.fields):
        digest.update(bars.fields[name].tobytes())
    return digest.hexdigest()[:16]


def _fact(plan: Plan, path: Path) -> PlanPrepared:
    return PlanPrepared(
        at=plan.prepared,
        book=plan.name,
        plan=path.name,
        day=plan.day,
        fingerprint=plan.fingerprint,
        buys=len(plan.buys),
        sells=len(plan.sells),
        errors=len(plan.errors),
    )


@dataclass(frozen=True)
class _Wanted:
    """What the rules say on the last bar, as lines of a plan."""

    day: date
    recipe: Recipe
    instruments: Instruments
    bars: Panel
    found: Signals
    closes: dict[str, int]
    errors: dict[str, str]

    def sells(self, held: dict[str, Position]) -> tuple[Line, ...]:
        """Return what is held and is to go."""
        events = self.found.exits()
        leaving = {self.bars.codes[row] for row in events.row[events.time == self._last]}
        return tuple(
            Line(
                listed=position.listed,
                quantity=position.quantity,
                price=self.closes[code],
                reason=self._quoted(self.recipe.strategy.exit),
            )
            for code, position in sorted(held.items())
            if code in leaving and code in self.closes
        )

    def buys(self, state: State, balance: Balance, sells: tuple[Line, ...]) -> tuple[Line, ...]:
        """Return what is to be bought, the best first, as far as slots and money go."""
        owned = {one.code for one in balance.holdings if one.quantity}
        positions = list(state.portfolio.held(self.recipe.book))
        going = {line.code for line in sells}
        staying = sum(position.listed.code not in going for position in positions)
        money = purse(
            state, balance, self.recipe.book,
            leaving=going, closes=self.closes, capital=self.recipe.capital,
        )  # fmt: skip
        slots, sizing = self.recipe.max_names - staying, self.recipe.strategy.sizing
        part = money.part(slots) if isinstance(sizing, EqualCash) and slots > 0 else None
        lines: list[Line] = []
        for code, score in self._entries():
            if staying + len(lines) >= self.recipe.max_names:
                break
            if code in owned or code not in self.closes:
                continue
            line = self._buy(code, score, money, staying + len(lines), part)
            if line is None:
                self.errors[code] = _("the money does not reach for one share")
                continue
            lines.append(line)
            money = money.less(line.price * line.quantity)
        return tuple(lines)

    def _buy(
        self, code: str, score: float | None, money: Purse, count: int, part: int | None
    ) -> Line | None:
        quantity, price, listed = self.recipe.quantity, self.closes[code], self._listed(code)
        if quantity is None:
            account = Account(money.worth, max(0, money.cash), count, self.recipe.max_names)
            amount = self.recipe.strategy.sizing.amount(account) if part is None else part
            quantity = money.shares(amount, listed, price, self.day)
        if quantity <= 0:
            return None
        return Line(
            listed=listed,
            quantity=quantity,
            price=price,
            reason=self._quoted(self.recipe.strategy.entry),
            score=score,
        )

    def _entries(self) -> list[tuple[str, float | None]]:
        """Return the names that the entry rule wants at the last close, the best first."""
        events = self.found.entries()
        now = events.time == self._last
        return [
            (self.bars.codes[row], None if np.isnan(score) else round(float(score), 6))
            for row, score in zip(events.row[now], events.score[now], strict=True)
        ]

    def _listed(self, code: str) -> Listed:
        one = self.instruments[code]
        return Listed(code=one.code, name=one.name, market=one.market, kind=one.kind)

    @property
    def _last(self) -> int:
        return len(self.bars.times) - 1

    @staticmethod
    def _quoted(rule: object) -> str:
        text = str(rule) if isinstance(rule, Expr) else type(rule).__name__
        return text if len(text) <= _REASON else text[: _REASON - 1] + "…"

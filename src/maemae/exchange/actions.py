"""Nights in which a share becomes something else: splits, rights, mergers, new codes, the end.

An action changes what a listing and a holding are between two trading days. What the exchange
shows of it is what KIS shows: another base price (기준가), other shares and another average price
in the balance, and the codes of 락구분 (`flng_cls_code`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from maemae.exchange.accounts import Account, Holding
from maemae.exchange.extremes import Spans, extremes_of
from maemae.exchange.grid import grid
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.sources import MarketSource
from maemae.market.calendar import Calendar
from maemae.market.limits import price_limits

LIQUIDATION_DAYS = 7
"""Sessions of liquidation trading (정리매매) before a delisting; no limits hold in them."""

_FIRST_FALL = Fraction(35, 100)
"""What is left of the price on the first of them, as is usual."""

_LEAST_VOLUME = 10


class ActionKind(StrEnum):
    """What happens to a share."""

    SPLIT = "split"
    """액면분할."""
    REVERSE_SPLIT = "reverse_split"
    """액면병합, 무상감자."""
    BONUS = "bonus"
    """무상증자: new shares for nothing (무상 권리락)."""
    RIGHTS = "rights"
    """유상증자: the right to buy new shares leaves the old ones (유상 권리락)."""
    STOCK_DIVIDEND = "stock_dividend"
    """주식배당 (배당락)."""
    MERGER = "merger"
    """합병: the shares become shares of another name."""
    CODE_CHANGE = "code_change"
    """The same shares under another code."""
    SPIN_OFF = "spin_off"
    """인적분할: a part of the shares become shares of a new name."""
    DELISTING = "delisting"
    """상장폐지, after liquidation trading (정리매매)."""


_EX = {ActionKind.BONUS: "01", ActionKind.RIGHTS: "01", ActionKind.STOCK_DIVIDEND: "02"}
"""락구분 (`flng_cls_code`) of the day; 00 is none."""

_SOLD_ON = (ActionKind.MERGER, ActionKind.CODE_CHANGE, ActionKind.DELISTING)
"""After these there is nothing left to trade under the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What happens to a code in the night before a day: `old` shares become `new`.

    For rights and bonuses `new` holds the old shares, too: 5 to 6 is one new for five old. Of a
    spin-off `new` of `old` shares stay, the others become shares of `into`.

    Attributes:
        code: whose share it is.
        day: the first day on which it shows.
        kind: what it is.
        old: shares before.
        new: shares after.
        percent: what a new share of a rights issue costs, in percent of the last price.
        into: the code that a merger, a new code or a spin-off leads to.
        arrives: the day on which the new shares of a bonus or a dividend are booked, often
            weeks later; None: with the action itself.
    """

    code: str
    day: date
    kind: ActionKind
    old: int = 1
    new: int = 1
    percent: int = 70
    into: str = ""
    arrives: date | None = None

    @property
    def price_factor(self) -> Fraction:
        """What the price is multiplied by, so that nobody gains or loses."""
        match self.kind:
            case (
                ActionKind.SPLIT
                | ActionKind.REVERSE_SPLIT
                | ActionKind.BONUS
                | ActionKind.STOCK_DIVIDEND
            ):
                return Fraction(self.old, self.new)
            case ActionKind.RIGHTS:
                paid = Fraction(self.percent, 100) * (self.new - self.old)
                return (self.old + paid) / self.new
            case _:
                return Fraction(1)

    @property
    def share_factor(self) -> Fraction:
        """What a holding under the code is multiplied by once its shares are booked."""
        if self.kind is ActionKind.RIGHTS:
            return Fraction(1)  # The right is the holder's to use, elsewhere.
        return Fraction(0) if self.kind in _SOLD_ON else Fraction(self.new, self.old)

    @property
    def booked(self) -> date:
        """The day on which holdings change."""
        return self.arrives or self.day

    def into_factor(self) -> Fraction:
        """Return the shares of `into` that one share gives."""
        if not self.into:
            return Fraction(0)
        if self.kind is ActionKind.SPIN_OFF:
            return Fraction(self.old - self.new, self.old)
        return Fraction(self.new, self.old)


@dataclass(frozen=True, slots=True)
class Booked:
    """What an action did to a holding: shares by code afterwards, and won for fractions."""

    action: Action
    before: int
    after: Mapping[str, int]
    cash: int


def pass_night(
    actions: Iterable[Action], day: date, account: Account, prices: Mapping[str, int]
) -> list[Booked]:
    """Carry out on an account what happens in the night before a day.

    New shares that come later belong to what is held when their rights leave it (배정기준일).

    Args:
        actions: what happens, on whatever days.
        day: the day that begins.
        account: whose books change.
        prices: the day's base prices, for fractions of a share.

    Returns:
        What was done.
    """
    done: list[Booked | None] = []
    for action in actions:
        if action.booked == day:
            done.append(book(action, account, prices))
        elif action.day == day:
            account.entitled[action.code, day] = account.held(action.code)
    return [one for one in done if one is not None]


def book(action: Action, account: Account, prices: Mapping[str, int]) -> Booked | None:
    """Carry out an action on an account; fractions of a share are paid in cash (단주대금).

    Args:
        action: what happens.
        account: whose books change; they are between two days.
        prices: the day's base prices, for fractions.

    Returns:
        What it did; None where the account holds nothing of it, or nothing is booked.
    """
    if action.arrives is not None and action.arrives != action.day:
        return _arrive(action, account, prices)
    holding = account.holdings.get(action.code)
    unmoved = action.kind in (ActionKind.DELISTING, ActionKind.RIGHTS)
    if holding is None or not holding.quantity or unmoved:
        return None
    before, cost = holding.quantity, holding.cost
    parts = {action.code: action.share_factor}
    if action.into:
        parts[action.into] = action.into_factor()
    whole = sum(parts.values())
    after: dict[str, int] = {}
    cash = Fraction(0)
    for code, factor in parts.items():
        exact = before * factor
        after[code] = int(exact)
        cash += (exact - after[code]) * prices.get(code, 0)
        part = int(cost * factor / whole)
        if code == action.code:
            holding.quantity, holding.cost = after[code], part
        else:
            other = account.holdings.setdefault(code, Holding(code))
            other.quantity, other.cost = other.quantity + after[code], other.cost + part
    if not holding.quantity:
        del account.holdings[action.code]
    account.settled += int(cash)
    return Booked(action, before, after, int(cash))


def _arrive(action: Action, account: Account, prices: Mapping[str, int]) -> Booked | None:
    """Book new shares that come later than their rights left; they have cost nothing more.

    Of an account that nobody has seen when they left, what it holds now tells.
    """
    code, before = action.code, account.held(action.code)
    entitled = account.entitled.pop((code, action.day), before)
    if not entitled:
        return None
    exact = entitled * (action.share_factor - 1)
    cash = int((exact - int(exact)) * prices.get(code, 0))
    account.holdings.setdefault(code, Holding(code)).quantity += int(exact)
    account.settled += cash
    return Booked(action, before, {code: before + int(exact)}, cash)


@dataclass(slots=True)
class ActedSource:
    """A market's days with actions in them.

    Prices of a source that knows nothing of an action are carried on from it; one whose own base
    price of the day departs from its last close has the action in its prices already.

    Args:
        source: the days without them.
        actions: what happens.
        calendar: counts the sessions before a delisting.
    """

    source: MarketSource
    actions: Sequence[Action]
    calendar: Calendar
    _told: dict[Action, bool] = field(default_factory=dict)

    def booked(self, day: date) -> list[Action]:
        """Return the actions that change holdings in the night before a day."""
        return [one for one in self.actions if one.booked == day]

    def listings(self, day: date) -> list[Listing]:
        """Return the instruments of a trading day, in order of their codes."""
        found: list[Listing] = []
        for one in self.source.listings(day):
            found += self._after(one, day)
        return sorted(found, key=lambda one: one.code)

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return the bars before a day as they were traded, the oldest first."""
        renamed = [one for one in self.actions if one.into == code and one.day <= before]
        origin = next((one.code for one in renamed if one.kind is ActionKind.CODE_CHANGE), code)
        ex = {one.day: _EX.get(one.kind, "00") for one in self.actions if one.code == origin}
        bars = [
            self._scaled_bar(bar, self._factor(origin, bar.day, one_before=False))
            for bar in self.source.history(origin, before)
        ]
        stepped = self._stepped(origin)
        for number, bar in enumerate(bars):
            if bar.day in ex:
                last = bars[number - 1].close if number else 0
                base = int(last * stepped.get(bar.day, Fraction(0)))
                bars[number] = replace(bar, ex=ex[bar.day], base=base)
        return bars

    def _stepped(self, code: str) -> dict[date, Fraction]:
        """Return by what the base price of a day departs from the close before it."""
        return {
            one.day: one.price_factor
            for one in self.actions
            if one.code == code and not self._is_told(one)
        }

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        """Return the extremes of stretches of days that end before a day."""
        found = dict(self.source.extremes(starts, before))
        for code in {one.code for one in self.actions} & found.keys():
            bars = self.history(code, before)
            found[code] = [extremes_of(bars, first, before) for first in starts]
        return found

    def _after(self, one: Listing, day: date) -> Iterable[Listing]:
        """Return what has become of a listing: itself, under other codes, or nothing."""
        own = [act for act in self.actions if act.code == one.code]
        if not own:
            yield one
            return
        today = [act for act in own if act.day == day]
        listing = self._priced(one, day, _EX.get(today[0].kind, "00") if today else "00")
        gone = next((act for act in own if act.kind in _SOLD_ON and act.day <= day), None)
        if gone is None:
            yield listing
        elif gone.kind is ActionKind.CODE_CHANGE:
            yield replace(listing, code=gone.into)
        for act in own:
            if act.kind is ActionKind.SPIN_OFF and act.day <= day:
                yield replace(listing, code=act.into, name=f"{listing.name}분할")

    def _priced(self, one: Listing, day: date, ex: str) -> Listing:
        before = self._factor(one.code, day, one_before=True)
        after = self._factor(one.code, day, one_before=False)
        if before == after == 1:
            return replace(one, ex=ex)
        steps = grid(day, one.market, one.kind)

        def price(won: int, factor: Fraction) -> int:
            return steps.price(steps.floor(max(1, int(won * factor))))

        base = price(one.base, before)
        first, high, low, last = (
            price(won, after) for won in (one.open, one.high, one.low, one.close)
        )
        free = self._liquidated(one.code, day)
        limits = price_limits(base, day, one.market, one.kind)
        return replace(
            one,
            base=base,
            lower=steps.price(0) if free else min(limits.lower, low),
            upper=10 * base if free else max(limits.upper, high),
            open=first,
            high=max(high, first, last),
            low=min(low, first, last),
            close=last,
            volume=max(int(one.volume / after), _LEAST_VOLUME) if one.volume else 0,
            shares=int(one.shares / after) or one.shares,
            ex=ex,
        )

    def _factor(self, code: str, day: date, *, one_before: bool) -> Fraction:
        """Return what prices of a day are multiplied by; `one_before`: the day's base price.

        A base price has the actions of its own day in it, but not the first fall of a liquidation.
        """
        factor = Fraction(1)
        for one in self.actions:
            if one.code != code:
                continue
            if one.day <= day and not self._is_told(one):
                factor *= one.price_factor
            if one.kind is ActionKind.DELISTING:
                begins = self.calendar.offset(one.day, -LIQUIDATION_DAYS)
                if begins < day or (begins == day and not one_before):
                    factor *= _FIRST_FALL
        return factor

    def _liquidated(self, code: str, day: date) -> bool:
        return any(
            one.kind is ActionKind.DELISTING
            and one.code == code
            and self.calendar.offset(one.day, -LIQUIDATION_DAYS) <= day < one.day
            for one in self.actions
        )

    def _is_told(self, action: Action) -> bool:
        """Whether the source's own prices have an action in them."""
        if action not in self._told:
            bars = self.source.history(action.code, action.day)
            listed = (one for one in self.source.listings(action.day) if one.code == action.code)
            now = next(listed, None)
            steps = bars and now and abs(now.base - bars[-1].close) * 100 > bars[-1].close
            self._told[action] = bool(steps)
        return self._told[action]

    @staticmethod
    def _scaled_bar(bar: DayBar, factor: Fraction) -> DayBar:
        if factor == 1:
            return bar
        first, high, low, last = (
            max(1, int(won * factor)) for won in (bar.open, bar.high, bar.low, bar.close)
        )
        volume = int(bar.volume / factor)
        return replace(bar, open=first, high=high, low=low, close=last, volume=volume)

"""Nights of a simulation in which shares become others: drawn from a seed, carried out, kept."""

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random

from maemae.exchange.accounts import Account
from maemae.exchange.actions import (
    LIQUIDATION_DAYS,
    ActedSource,
    Action,
    ActionKind,
    Booked,
    pass_night,
)
from maemae.exchange.extremes import Spans
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.sources import MarketSource
from maemae.market.calendar import Calendar
from maemae.proof.truth import Truth

_RATIOS: Mapping[ActionKind, Sequence[tuple[int, int]]] = {
    ActionKind.SPLIT: ((1, 2), (1, 5), (1, 10)),
    ActionKind.REVERSE_SPLIT: ((2, 1), (5, 1), (10, 1)),
    ActionKind.BONUS: ((1, 2), (2, 3), (10, 13)),
    ActionKind.RIGHTS: ((5, 6), (10, 13), (4, 5)),
    ActionKind.STOCK_DIVIDEND: ((100, 103), (20, 21)),
    ActionKind.MERGER: ((10, 7), (2, 3)),
    ActionKind.CODE_CHANGE: ((1, 1),),
    ActionKind.SPIN_OFF: ((10, 7), (2, 1)),
    ActionKind.DELISTING: ((1, 1),),
}
"""Old and new shares, as they are usual."""

HELD = 0.3
"""Chance of each night that of two held names one becomes the other, and of each held name that
all its shares are taken to another house (대체출고), also of one that has another code since."""

_LATE = (ActionKind.BONUS, ActionKind.STOCK_DIVIDEND)
"""Actions whose new shares often come later than the base price tells of them."""


class Names:
    """A few instruments of a market, the same on each day."""

    def __init__(self, source: MarketSource, codes: Sequence[str]) -> None:
        self._source = source
        self._codes = frozenset(codes)

    def listings(self, day: date) -> list[Listing]:
        """Return them as they are on a day."""
        return [one for one in self._source.listings(day) if one.code in self._codes]

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return an instrument's days before a day."""
        return self._source.history(code, before)

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        """Return the extremes of the days before a day."""
        return self._source.extremes(starts, before)


def draw(
    seed: int, codes: Sequence[str], days: Sequence[date], rate: float, calendar: Calendar
) -> list[Action]:
    """Draw what happens to each name in the nights between some days, once to each at most.

    Args:
        seed: of the simulation; its other dice stay as they are.
        codes: the names.
        days: the days, the first of which has no night before it.
        rate: chance of each name in each night.
        calendar: the days on which the exchange really opens.
    """
    dice = Random(f"nights of {seed}")
    found: list[Action] = []
    gone: set[str] = set()
    for day in days[1:]:
        for code in codes:
            if code in gone or dice.random() >= rate:
                continue
            gone.add(code)
            kind = dice.choice(tuple(ActionKind))
            found.append(draw_one(kind, code, codes, day, gone, dice=dice, calendar=calendar))
    return found


def draw_one(
    kind: ActionKind,
    code: str,
    codes: Sequence[str],
    day: date,
    gone: set[str],
    *,
    dice: Random,
    calendar: Calendar,
) -> Action:
    """Draw how an action of a kind happens to a name in the night before a day.

    Args:
        kind: of the action.
        code: the name.
        codes: all names; a merger leads to one of them.
        day: the first day on which it shows.
        gone: names to which something happens already; a merger adds its target.
        dice: the only source of chance.
        calendar: the days on which the exchange really opens.
    """
    old, new = dice.choice(_RATIOS[kind])
    into, arrives = "", None
    if kind in (ActionKind.CODE_CHANGE, ActionKind.SPIN_OFF):
        into = f"9{code[1:]}"
    elif kind is ActionKind.MERGER:
        into = dice.choice([one for one in codes if one != code])
        gone.add(into)
    elif kind is ActionKind.DELISTING:
        day = calendar.offset(day, LIQUIDATION_DAYS)
    elif kind in _LATE and dice.random() < 0.5:  # noqa: PLR2004 - even odds
        arrives = calendar.next_session(day)
    return Action(code=code, day=day, kind=kind, old=old, new=new, into=into, arrives=arrives)


class Nights:
    """Carries out on an account what was drawn, and tells the truth of it.

    Args:
        source: the market with the actions in its prices.
        truth: whose every share is.
        held: chance of what happens to held names alone; see `HELD`.
        seed: of that chance.
    """

    def __init__(
        self, source: ActedSource, truth: Truth, *, held: float = 0.0, seed: int = 0
    ) -> None:
        self.source = source
        self._truth = truth
        self._chance = held
        self._dice = Random(f"what is held by {seed}")
        self.gone: list[str] = []
        """Names of which everything was taken out, over all nights."""
        self.joined: list[str] = []
        """Names that a merger led to and that were held before."""
        self.told: list[tuple[date, Action]] = []
        """What happened so far, with the day on which it showed."""

    def pass_to(self, day: date, account: Account) -> list[Booked]:
        """Let the night before a day pass."""
        self._merge(day, account)
        listings = self.source.listings(day)
        prices = {one.code: one.base for one in listings}
        self.told += [(day, one) for one in self.source.actions if one.day == day]
        self.joined += [
            one.into
            for one in self.source.booked(day)
            if one.kind is ActionKind.MERGER
            and all(self._truth.held(code) > 0 for code in (one.code, one.into))
        ]
        for act in self.source.actions:
            if act.day == day != act.booked and (held := account.held(act.code)):
                self._truth.entitled.detach(act.code, held, self._truth.ours)
        found = pass_night(self.source.actions, day, account, prices)
        for one in found:
            self._truth.become(one)
        self._take_out(account)
        return found

    def _held(self, account: Account) -> list[str]:
        """Return the names of our books that are traded on under the code they have now."""
        names = sorted(account.holdings.keys() - {one.code for one in self.source.actions})
        return [code for code in names if self._truth.held(code) > 0]

    def _merge(self, day: date, account: Account) -> None:
        """Let one held name become another that is held."""
        targets = {one.into for one in self.source.actions}
        names = [code for code in self._held(account) if code not in targets]
        if len(names) > 1 and self._dice.random() < self._chance:
            code, into = self._dice.sample(names, 2)
            kind = ActionKind.MERGER
            old, new = self._dice.choice(_RATIOS[kind])
            joins = Action(code=code, day=day, kind=kind, old=old, new=new, into=into)
            self.source.actions = [*self.source.actions, joins]

    def _take_out(self, account: Account) -> None:
        """Let the owner take all shares of names to another house; no price tells of it.

        One name stays: of a balance that shows nothing at all nobody could tell that it is right.
        """
        for code in self._held(account):
            left = sum(one.quantity > 0 for one in account.holdings.values())
            if left > 1 and self._dice.random() < self._chance:
                self._truth.take_out(code)
                del account.holdings[code]
                self.gone.append(code)

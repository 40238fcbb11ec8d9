"""What prices the venue truly printed, and the wrong ones that are said instead now and then."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile

from maemae.desk.events import Balance
from maemae.desk.exits import exit_reason
from maemae.desk.plausibility import DayRange
from maemae.desk.positions import Position
from maemae.exchange.listing import Listing
from maemae.exchange.moment import SECOND, Moment
from maemae.market.costs import CostRules
from maemae.proof.hazards import PRICE, Hazard, Hazards

APART = 120 * SECOND
"""So far apart lie two jumped prices of a name, and two beyond its limits: two that agree would be
believed, as they have to be of a name whose limits are another day's."""

JUMPS = (0.15, 0.28)
"""How far a jumped price lies off the true one, as a fraction."""

NEAR_PERCENT, NEAR_WON = 6, 5
"""How far two neighbouring trades lie apart at most: a volatility interruption comes before, but
for the cheapest names (KRX Enforcement Rules §41-2)."""

BEFORE = timedelta(minutes=2)
"""A purchase is judged by the price that was known before it, too: that of an old balance, even."""

PRICED = ("stop_loss", "take_profit", "trailing_stop")
"""Reasons of sales that a price alone can give."""


@dataclass(frozen=True, slots=True)
class Truly:
    """A price that the venue truly printed, and when it was said."""

    at: datetime
    price: int
    current: bool = True
    """Whether it was the last one then; a balance that is served again says one of before."""
    held: bool = False
    """Whether a balance said it: no strategy buys the owner's names by that."""


class Printed:
    """Says prices, wrong ones among them, and remembers the true ones, on one day.

    Args:
        hazards: how often a price is wrong.
    """

    def __init__(self, hazards: Hazards) -> None:
        self._hazards = hazards
        self._told: dict[str, list[Truly]] = {}
        self._known: set[tuple[str, int]] = set()
        self._jumped: dict[str, Moment] = {}
        self._beyond: dict[str, Moment] = {}

    def say(
        self, listing: Listing, price: int, at: datetime, now: Moment, *, held: bool = False
    ) -> int:
        """Return what is said where a name's true price belongs; `held`: by a balance."""
        hazard = self._hazards.strike(*PRICE)
        match hazard:
            case Hazard.PRICE_ZERO:
                return 0
            case Hazard.PRICE_NEGATIVE:
                return -price
            case Hazard.PRICE_BEYOND if now - self._beyond.get(listing.code, -APART) >= APART:
                self._beyond[listing.code] = now
                return listing.lower // 2 if self._hazards.even() else listing.upper * 2
            case Hazard.PRICE_JUMPED:
                jumped = self._jumped_from(listing, price, now)
                if jumped is not None:
                    self._jumped[listing.code] = now
                    return jumped
            case _:
                pass
        self.note(listing.code, price, at, held=held)
        return price

    def note(
        self, code: str, price: int, at: datetime, *, current: bool = True, held: bool = False
    ) -> None:
        """Remember a true price that is said as it is: that of a fill."""
        self._told.setdefault(code, []).append(Truly(at, price, current, held))
        self._known.add((code, price))

    def again(self, balance: Balance, at: datetime) -> Balance:
        """Return a balance as it is served again, its true prices noted.

        A wrong price is said once: two that agree are believed, as they have to be where a crash
        is told by balances alone.
        """
        shown = []
        for holding in balance.holdings:
            true = self.is_true(holding.code, holding.price)
            if true:
                self.note(holding.code, holding.price, at, current=False, held=True)
            shown.append(holding if true else replace(holding, price=0))
        return replace(balance, holdings=tuple(shown))

    def earlier(self, code: str) -> Truly | None:
        """Return a true price of earlier in the day, and when it was the last one."""
        told = self._told.get(code, [])
        one = self._hazards.dice.choice(told) if told else None
        return one if one is not None and one.current else None

    def is_true(self, code: str, price: int) -> bool:
        """Whether a price of a name was ever printed today."""
        return (code, price) in self._known

    def was_current(self, code: str, price: int, since: datetime) -> bool:
        """Whether a true price of a name was said as the last one since a moment."""
        for one in reversed(self._told.get(code, [])):
            if one.at < since:
                break
            if one.current and one.price == price:
                return True
        return False

    def on_the_way(self, code: str, price: int, known: int, since: datetime) -> bool:
        """Whether a price lies between what was known and a true one that was said since a moment.

        A wrong price was said, and then the true one went farther the same way: of two that agree
        the milder is believed. It asks for nothing that the true one does not.
        """
        said = reversed(self._told.get(code, []))
        true = (one.price for one in takewhile(lambda one: one.at >= since, said) if one.current)
        return any(min(known, other) < price < max(known, other) for other in true)

    def highest(self, code: str, since: datetime) -> int:
        """Return the highest true price of a name that was the last one since then; 0: none was."""
        highest = 0
        for one in reversed(self._told.get(code, [])):
            highest = max(highest, one.price)
            if one.at < since and not one.held:
                break
        return highest

    def last_told(self, code: str) -> datetime | None:
        """Return when a true price of a name was last said."""
        told = self._told.get(code)
        return told[-1].at if told else None

    def justifies(self, position: Position, reason: str, costs: CostRules, at: datetime) -> bool:
        """Whether a true price since the purchase, or the last before it, lets it be sold."""
        said = self._told.get(position.listed.code, [])
        before = [one for one in said if one.current and one.at <= position.since][-1:]
        told = [*before, *(one for one in said if one.at >= position.since - BEFORE)]
        if reason == "trailing_stop":
            trailing = position.exits.trailing or 0
            return any(one.price <= position.high * (1 - trailing) for one in told)
        return any(exit_reason(position, one.price, costs, at) == reason for one in told)

    def _jumped_from(self, listing: Listing, price: int, now: Moment) -> int | None:
        """Return a price far from all that is known of a name; None where there is none now."""
        told = self._told.get(listing.code)
        if told is None or now - self._jumped.get(listing.code, -APART) < APART:
            return None
        off = self._hazards.seconds(*JUMPS)
        known = (price, told[-1].price, listing.base)
        # Of two on the way from the last price to the true one the milder is believed: it asks for
        # nothing that the true one does not.
        least, most = sorted(known[:2])
        for jumped in (int(price * (1 - off)), int(price * (1 + off))):
            inside = listing.lower <= jumped <= listing.upper
            between = least < jumped < most
            if inside and not between and not any(near(jumped, one) for one in known):
                return jumped
        return None


def near(price: int, other: int) -> bool:
    """Whether two neighbouring trades may lie so far apart."""
    return abs(price - other) <= max(other * NEAR_PERCENT // 100, NEAR_WON)


def day_range(listing: Listing) -> DayRange:
    """Return what the broker states of a name's day."""
    return DayRange(listing.base, listing.lower, listing.upper)

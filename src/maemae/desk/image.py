"""The state as data: what of it has to be kept so that a fold can go on from there.

Every attribute of `State` and its parts is a field here, under the name it has there. Mappings are
lists of pairs, since their order decides what is looked at first; sets are sorted. So two states
are equal in everything that the desk can ever see if, and only if, their images have the same
bytes.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, TypeVar

import msgspec

from maemae.desk.blotter import Blotter
from maemae.desk.orders import Order
from maemae.desk.portfolio import Portfolio
from maemae.desk.positions import Detached, Planned, Position, Result
from maemae.desk.records import Blinded, Halt, UnitDoubted
from maemae.desk.sights import Figure, Sight
from maemae.desk.state import State
from maemae.desk.today import DayLine, Today
from maemae.market.costs import CostRules, Costs, Turnover
from maemae.market.kinds import Side

K = TypeVar("K")
V = TypeVar("V")
Pairs = tuple[tuple[K, V], ...]
"""A mapping in its order."""

Key = tuple[str, str]
"""Book and code."""

_BY_INTENT = ("_living", "_missing")
"""Orders that are looked up elsewhere too, and are one and the same there: kept by intents."""


class BlotterImage(msgspec.Struct, frozen=True):
    """See `maemae.desk.blotter.Blotter`; live and missing orders by their intents, in order."""

    orders: Pairs[str, Order]
    by_number: Pairs[int, str]
    others: frozenset[int]
    _living: tuple[str, ...]
    _missing: tuple[str, ...]
    _version: int


class PortfolioImage(msgspec.Struct, frozen=True):
    """See `maemae.desk.portfolio.Portfolio`."""

    positions: Pairs[Key, Position]
    lost: Pairs[Key, Position]
    _lost_before: frozenset[Key]
    _lost_due: Pairs[Key, str]
    foreign: Pairs[str, int]
    results: Pairs[str, Result]
    due: Pairs[Key, str]
    closes: Pairs[str, int]
    overnight: Pairs[str, int]
    missed: Pairs[str, int]
    shown: Pairs[str, int]
    appeared: frozenset[str]
    came: Pairs[str, int]
    detached: Pairs[str, Detached]
    unchecked: frozenset[str]
    doubted: Pairs[str, UnitDoubted]
    followed: Pairs[str, int] = ()


class TodayImage(msgspec.Struct, frozen=True):
    """See `maemae.desk.today.Today`."""

    lines: Pairs[Key, DayLine]
    _closes: Pairs[str, int]
    bases: Pairs[str, int]


class StateImage(msgspec.Struct, frozen=True):
    """See `maemae.desk.state.State`; its cost rules are the settings', and not in it."""

    day: date | None
    open: bool
    opening_cash: int
    opening_worth: int
    other_cash: int
    closed_on: date | None
    turnover: Turnover
    others_bought: int
    others_sold: int
    untold: Pairs[str, int]
    guessed: Pairs[Side, int]
    cash_stated: int
    turnover_stated: int
    costs: Costs
    blotter: BlotterImage
    portfolio: PortfolioImage
    today: TodayImage
    past: frozenset[str]
    halt: Halt
    halt_reason: str
    behind: str
    behind_accepted: str
    begun: bool
    paused: Pairs[str, str]
    missing: Pairs[str, Pairs[str, int]]
    flattening: tuple[str | None, ...]
    plans: Pairs[str, Planned]
    unseen: Pairs[tuple[Sight, str], Blinded]
    refusals: int
    power_share: Fraction | None
    proved: Pairs[Figure, timedelta]
    version: int
    _serial: int
    _days: Pairs[date, bool]


def image_of(state: State) -> bytes:
    """Return a state as JSON; equal states have equal bytes, in any process."""
    parts = {
        "blotter": BlotterImage(**_taken(state.blotter, BlotterImage)),
        "portfolio": PortfolioImage(**_taken(state.portfolio, PortfolioImage)),
        "today": TodayImage(**_taken(state.today, TodayImage)),
    }
    missing = tuple((book, tuple(names.items())) for book, names in state.missing.items())
    flattening = tuple(sorted(state.flattening, key=lambda book: book or ""))
    others = {"missing": missing, "flattening": flattening}
    image = StateImage(**{**_taken(state, StateImage), **parts, **others})
    return _encoder.encode(image)


def state_of(image: bytes, rules: CostRules) -> State:
    """Return the state that an image shows.

    Raises:
        msgspec.MsgspecError: it is none, or one of another layout.
    """
    found = _decoder.decode(image)
    state = State(rules)
    blotter, portfolio, today = state.blotter, state.portfolio, state.today
    _put(state, found)
    state.blotter, state.portfolio, state.today = blotter, portfolio, today
    _put(portfolio, found.portfolio)
    _put(today, found.today)
    _put(blotter, found.blotter)
    for name in _BY_INTENT:
        intents: tuple[str, ...] = getattr(found.blotter, name)
        setattr(blotter, name, {intent: blotter.orders[intent] for intent in intents})
    state.missing = {book: dict(names) for book, names in found.missing}
    return state


def _taken(part: State | Blotter | Portfolio | Today, kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {name: _outward(name, getattr(part, name)) for name in kind.__struct_fields__}


def _outward(name: str, value: Any) -> Any:
    if name in _BY_INTENT:
        return tuple(value)
    return tuple(value.items()) if isinstance(value, Mapping) else value


def _put(part: State | Blotter | Portfolio | Today, image: msgspec.Struct) -> None:
    """Give each attribute its value again, in the kind of collection that an empty one has."""
    for name in image.__struct_fields__:
        if name in _BY_INTENT:
            continue
        value, empty = getattr(image, name), getattr(part, name)
        if isinstance(empty, dict | set):
            value = type(empty)(value)
        setattr(part, name, value)


def _plain(value: Any) -> str:
    if isinstance(value, Fraction):
        return str(value)
    raise NotImplementedError(type(value).__name__)


def _fraction(kind: type, value: Any) -> Any:
    if kind is Fraction:
        return Fraction(value)
    raise NotImplementedError(kind.__name__)


_encoder = msgspec.json.Encoder(enc_hook=_plain, order="deterministic")
_decoder = msgspec.json.Decoder(StateImage, dec_hook=_fraction)

"""What `maemae init` asks of each way of trading: what nobody else can say, and customary numbers.

The first has no default that would suit everybody; the numbers have one each, which is kept or
changed at one question.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.setup.init import readers
from maemae.strategy.find import find, own_folder
from maemae.strategy.parts import Universe, Watch
from maemae.strategy.presets import PRESETS
from maemae.strategy.tree import RuleError
from maemae.trader.books.common import BookSettings
from maemae.trader.books.condition import ConditionBook
from maemae.trader.books.plan import PlanBook
from maemae.trader.books.strategy import AT, StrategyBook
from maemae.trader.books.targets import TargetBook
from maemae.trader.plans.recipes import recipe

Read = Callable[[str], Any]

BOOKS: Mapping[str, type[BookSettings]] = {
    "condition": ConditionBook,
    "plan": PlanBook,
    "targets": TargetBook,
    "strategy": StrategyBook,
}
"""The ways that are asked about, the commonest first."""

LIST = "targets.csv"


@dataclass(frozen=True, slots=True)
class Asked:
    """A setting of a book, and how it is asked for."""

    key: str
    question: str
    about: str
    read: Read

    @property
    def name(self) -> str:
        """Its full name."""
        return f"book.{self.key}"


@dataclass(frozen=True, slots=True)
class Way:
    """What is asked of a way of trading.

    Attributes:
        about: the way in one line.
        own: what only its owner can say.
        customary: numbers with a default each.
        choices: what `own` may be, as (word, meaning); empty where it is no choice.
    """

    about: str
    own: Asked
    customary: tuple[Asked, ...]
    choices: tuple[tuple[str, str], ...] = ()


def way(word: str) -> Way:
    """Return what is asked of a way, in the language in force."""
    match word:
        case "condition":
            return Way(
                _("condition: buys what a saved condition search finds, sells at two bounds"),
                Asked(
                    "condition",
                    _("Number of the condition search"),
                    _("as saved in the HTS, screen 0110; `maemae doctor` lists them"),
                    readers.count(0, 999),
                ),
                (_amount(readers.won), *_bounds(readers.percent), _names(40), _seconds()),
            )
        case "targets":
            return Way(
                _("targets: buys the names of a list near their reference prices"),
                Asked(
                    "file",
                    _("File of the list"),
                    _("CSV or JSON with code and price, or a legacy .pkl"),
                    readers.file,
                ),
                (_band(), *_bounds(readers.percent), _days(), _names(300)),
            )
        case "plan":
            return Way(
                _("plan: a strategy decides after the close, orders go out at the next open"),
                _strategy(_plannable),
                (*_bounds(readers.optional(readers.percent)), _names(40), _looked_at()),
                _presets(_plannable),
            )
        case _:
            return Way(
                _("strategy: a strategy decides while the session runs"),
                _strategy(_live),
                (
                    _amount(readers.optional(readers.won)),
                    *_bounds(readers.optional(readers.percent)),
                    _names(40),
                    _at(),
                ),
                _presets(_live),
            )


def defaults(word: str) -> dict[str, Any]:
    """Return what is traded with in a way where nothing is said, by full name."""
    fields, asks = BOOKS[word].model_fields, way(word)
    known = {
        one.name: fields[one.key].default
        for one in (asks.own, *asks.customary)
        if not fields[one.key].is_required()
    }
    return known | ({"book.file": LIST} if word == "targets" else {})


def _amount(read: Read) -> Asked:
    return Asked("amount", _("Won per name"), _("spent on each name bought"), read)


def _bounds(read: Read) -> tuple[Asked, Asked]:
    return (
        Asked(
            "take_profit",
            _("Take profit, percent"),
            _("sells when the profit after fees and tax reaches it"),
            read,
        ),
        Asked(
            "stop_loss",
            _("Stop loss, percent"),
            _("sells when the loss after fees and tax reaches it"),
            read,
        ),
    )


def _names(most: int) -> Asked:
    return Asked(
        "max_names",
        _("Names held at most"),
        _("more are not bought until one is sold"),
        readers.count(1, most),
    )


def _seconds() -> Asked:
    return Asked(
        "search_seconds",
        _("Seconds between two searches"),
        _("300: every five minutes"),
        readers.count(1, 86_400),
    )


def _band() -> Asked:
    return Asked(
        "band",
        _("Band, percent"),
        _("how far above its reference a name is bought"),
        readers.percent,
    )


def _days() -> Asked:
    return Asked(
        "max_days",
        _("Longest holding, sessions"),
        _("sold on that trading day after the purchase"),
        readers.count(1, 250),
    )


def _looked_at() -> Asked:
    return Asked(
        "universe_limit",
        _("Names looked at"),
        _("the largest of the market; 0: all of it"),
        readers.count(0, 5_000),
    )


def _at() -> Asked:
    return Asked(
        "at",
        _("Time of day"),
        _("when the day's bar so far is looked at; minute strategies do not use it"),
        readers.clock(time(9), time(15, 19)),
    )


def _strategy(problem: Callable[[str], str]) -> Asked:
    known = [name for name, _title in _presets(problem)]

    def read(text: str) -> str:
        name = text.strip()
        if name.isdigit() and 0 < int(name) <= len(known):
            return known[int(name) - 1]
        wrong = problem(name)
        if wrong:
            raise ValueError(wrong)
        return name

    about = _("its number, its name, or a file; `maemae strategy show NAME` explains one")
    return Asked("strategy", _("Strategy"), about, read)


def _presets(problem: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
    """Return the presets that can be traded in a way, in the order in which they are listed."""
    return tuple((name, _(one.title)) for name, one in PRESETS.items() if not problem(name))


def _plannable(name: str) -> str:
    """Return why a strategy cannot be planned; blank when it can."""
    try:
        strategy = find(name, own_folder())
        recipe(PlanBook(way="plan", name="plan", strategy=name))
    except RuleError as error:
        return str(error)
    if not isinstance(strategy.candidates, Universe | Watch):
        return _("takes its names from a search or a list; use a book of that way")
    if strategy.schedule.bars != "daily":
        return _("reads minute bars: plans are made of daily ones")
    if strategy.order.at == "breakout":
        return _("buys when a price is reached, and a plan at the open: trade it as a strategy")
    return ""


def _live(name: str) -> str:
    """Return why a strategy cannot be traded while the session runs; blank when it can."""
    try:
        StrategyBook(way="strategy", name="strategy", strategy=name, at=AT).rules()
    except SettingsError as error:
        return str(error)
    return ""

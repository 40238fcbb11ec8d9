"""Scenario files: the accounts, condition searches and faults of a simulated exchange (TOML)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from maemae.catalogue import Personality
from maemae.errors import SettingsError
from maemae.exchange.actions import Action, ActionKind
from maemae.exchange.faults import Fault
from maemae.exchange.interruptions import Halt
from maemae.exchange.protocol.keys import Customer, made_key
from maemae.exchange.searches import DEFAULT_SEARCHES, OrderBy, Search
from maemae.market.kinds import Market
from maemae.reading import read_toml

DEFAULT_CASH = 10_000_000


@dataclass(frozen=True, slots=True)
class Opening:
    """An account at the start: who it belongs to, its cash in won, and shares it already has.

    `holdings`: code to (quantity, average price paid).
    """

    customer: Customer
    cash: int
    holdings: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a simulated exchange starts with.

    `layouts`: the day whose frame layouts are spoken; None for those of the simulated day.
    `halts`: of trading, on every day. `impact`: how strongly clients' fills move the price.
    `actions`: splits and the like, between two days.
    """

    openings: tuple[Opening, ...]
    searches: tuple[Search, ...] = DEFAULT_SEARCHES
    faults: tuple[Fault, ...] = ()
    layouts: date | None = None
    halts: tuple[Halt, ...] = ()
    impact: float = 0.0
    actions: tuple[Action, ...] = ()
    calls: Mapping[Personality, int] = field(default_factory=dict)
    """Calls per second that a server lets through, where not as KIS does; 0: all of them."""
    days: Mapping[date, bool] = field(default_factory=dict)
    """Days on which the exchange opens or stays closed, whatever the calendar says."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _HoldingPart(_Part):
    code: str = Field(pattern=r"^[0-9A-Z]{6}$")
    quantity: int = Field(gt=0)
    price: int = Field(gt=0)


class _AccountPart(_Part):
    server: Personality
    account: str = Field(pattern=r"^\d{8}-\d{2}$")
    cash: int | None = Field(default=None, ge=0)
    hts_id: str = ""
    app_key: str = ""
    app_secret: str = ""
    holding: list[_HoldingPart] = []


class _SearchPart(_Part):
    name: str
    group: str = "매매"
    rate_from: float | None = None
    rate_to: float | None = None
    price_from: int | None = None
    price_to: int | None = None
    value: int = Field(default=0, ge=0)
    volume: int = Field(default=1, ge=0)
    markets: list[Market] = []
    order_by: OrderBy = "value"
    top: int = Field(default=100, ge=1, le=100)


class _HaltPart(_Part):
    codes: list[str] = []
    from_time: time
    to_time: time

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_time >= self.to_time:
            raise ValueError("from_time must be before to_time")
        return self


_INTO = (ActionKind.MERGER, ActionKind.CODE_CHANGE, ActionKind.SPIN_OFF)
"""Actions that lead to another code."""


class _ActionPart(_Part):
    code: str = Field(pattern=r"^[0-9A-Z]{6}$")
    day: date
    kind: ActionKind
    old: int = Field(default=1, ge=1)
    new: int = Field(default=1, ge=1)
    percent: int = Field(default=70, ge=0, le=100)
    into: str = Field(default="", pattern=r"^([0-9A-Z]{6})?$")
    arrives: date | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.kind in _INTO) is not bool(self.into):
            raise ValueError("into names the other code of a merger, a new code or a spin-off")
        if self.arrives is not None and self.arrives < self.day:
            raise ValueError("arrives must not be before day")
        if self.kind is ActionKind.SPIN_OFF and self.new >= self.old:
            raise ValueError("of a spin-off new of old shares stay: new must be the smaller")
        return self


class _CallsPart(_Part):
    real: int | None = Field(default=None, ge=0, le=1000)
    virtual: int | None = Field(default=None, ge=0, le=1000)

    @property
    def given(self) -> dict[Personality, int]:
        both: dict[Personality, int | None] = {"real": self.real, "virtual": self.virtual}
        return {name: rate for name, rate in both.items() if rate is not None}


class _File(_Part):
    account: list[_AccountPart] = []
    search: list[_SearchPart] = []
    fault: list[Fault] = []
    halt: list[_HaltPart] = []
    action: list[_ActionPart] = []
    layouts: date | None = None
    closed: list[date] = []
    opened: list[date] = []
    impact: float = Field(default=0.0, ge=0.0, le=100.0)
    calls_per_second: _CallsPart = _CallsPart()


def default_scenario(seed: int, cash: int = DEFAULT_CASH) -> Scenario:
    """Return one account on each server, and the built-in condition searches."""
    return Scenario(
        openings=(
            Opening(_customer(seed, "real", "12345678-01"), cash),
            Opening(_customer(seed, "virtual", "50123456-01"), cash),
        )
    )


def read_scenario(path: Path, seed: int, cash: int = DEFAULT_CASH) -> Scenario:
    """Read a scenario file; what it leaves out is as in the default scenario.

    Raises:
        SettingsError: it cannot be read, or a key is unknown or wrong; the message names it.
    """
    try:
        file = _File.model_validate(read_toml(path, SettingsError))
    except ValidationError as error:
        raise SettingsError(f"{path}: {_first(error.errors()[0])}") from error
    default = default_scenario(seed, cash)
    openings = tuple(_opening(part, seed, cash) for part in file.account)
    searches = tuple(_search(part) for part in file.search)
    return Scenario(
        openings=openings or default.openings,
        searches=searches or default.searches,
        faults=tuple(file.fault),
        layouts=file.layouts,
        halts=tuple(Halt(tuple(one.codes), one.from_time, one.to_time) for one in file.halt),
        impact=file.impact,
        actions=tuple(Action(**one.model_dump()) for one in file.action),
        calls=file.calls_per_second.given,
        days=dict.fromkeys(file.closed, False) | dict.fromkeys(file.opened, True),
    )


def _first(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}"


def _opening(part: _AccountPart, seed: int, cash: int) -> Opening:
    made = _customer(seed, part.server, part.account)
    customer = Customer(
        personality=part.server,
        app_key=part.app_key or made.app_key,
        app_secret=part.app_secret or made.app_secret,
        account=part.account,
        hts_id=part.hts_id or made.hts_id,
    )
    return Opening(
        customer,
        cash if part.cash is None else part.cash,
        {one.code: (one.quantity, one.price) for one in part.holding},
    )


def _customer(seed: int, server: Personality, account: str) -> Customer:
    prefix = "PS" if server == "real" else "PV"
    return Customer(
        personality=server,
        app_key=prefix + made_key(34, seed, server, account, "key"),
        app_secret=made_key(180, seed, server, account, "secret"),
        account=account,
        hts_id="simtrader",
    )


def _search(part: _SearchPart) -> Search:
    return Search(
        name=part.name,
        group=part.group,
        rate=(part.rate_from, part.rate_to),
        price=(part.price_from, part.price_to),
        value=part.value,
        volume=part.volume,
        markets=tuple(part.markets),
        order_by=part.order_by,
        top=part.top,
    )

"""What can go wrong, on purpose: which call, frame or notice suffers which fault, and how often."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from maemae.exchange.moment import Moment, datetime_of
from maemae.exchange.noise import mix

_DRAWS = 1_000_000


class FaultKind(StrEnum):
    """A fault. The first group hits REST calls, the second WebSocket messages.

    The third puts a wrong price where the true one belongs: in trades (H0STCNT0) and in balances,
    quotes and searches. `price_beyond` is half the price; `price_old` is a trade with the time it
    would have had `seconds` before, in trades alone.
    """

    RESET = "reset"
    HTTP_500_BEFORE = "http_500_before"
    THROTTLED = "throttled"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a name
    TOKEN_TOO_SOON = "token_too_soon"  # noqa: S105 - a name
    MAINTENANCE = "maintenance"
    PARTIAL_PAGES = "partial_pages"
    STALE_BALANCE = "stale_balance"
    TOTALS_ONLY = "totals_only"
    WRONG_BRANCH = "wrong_branch"
    REPLY_LOST = "reply_lost"
    REPLY_DELAYED = "reply_delayed"
    HTTP_500_AFTER = "http_500_after"
    MALFORMED_JSON = "malformed_json"
    TRUNCATED_BODY = "truncated_body"
    EXTRA_FIELDS = "extra_fields"

    DROP = "drop"
    SILENCE = "silence"
    NOTICE_TWICE = "notice_twice"
    NOTICE_LATE = "notice_late"
    NOTICES_SWAPPED = "notices_swapped"
    NOTICE_SKEWED = "notice_skewed"
    MORE_COLUMNS = "more_columns"
    MANY_RECORDS = "many_records"

    PRICE_ZERO = "price_zero"
    PRICE_BLANK = "price_blank"
    PRICE_NEGATIVE = "price_negative"
    PRICE_BEYOND = "price_beyond"
    PRICE_OLD = "price_old"


BEFORE = (
    FaultKind.RESET,
    FaultKind.HTTP_500_BEFORE,
    FaultKind.THROTTLED,
    FaultKind.TOKEN_EXPIRED,
    FaultKind.TOKEN_TOO_SOON,
    FaultKind.MAINTENANCE,
    FaultKind.PARTIAL_PAGES,
    FaultKind.STALE_BALANCE,
    FaultKind.WRONG_BRANCH,
)
"""Faults that keep a call from being carried out."""

AFTER = (
    FaultKind.REPLY_LOST,
    FaultKind.REPLY_DELAYED,
    FaultKind.HTTP_500_AFTER,
    FaultKind.MALFORMED_JSON,
    FaultKind.TRUNCATED_BODY,
    FaultKind.EXTRA_FIELDS,
    FaultKind.TOTALS_ONLY,
    FaultKind.PRICE_ZERO,
    FaultKind.PRICE_BLANK,
    FaultKind.PRICE_NEGATIVE,
    FaultKind.PRICE_BEYOND,
)
"""Faults of the reply to a call that was carried out."""

NOTICE = (
    FaultKind.NOTICE_TWICE,
    FaultKind.NOTICE_LATE,
    FaultKind.NOTICES_SWAPPED,
    FaultKind.NOTICE_SKEWED,
)
PRICE = (
    FaultKind.PRICE_ZERO,
    FaultKind.PRICE_BLANK,
    FaultKind.PRICE_NEGATIVE,
    FaultKind.PRICE_BEYOND,
    FaultKind.PRICE_OLD,
)
MARKET = (FaultKind.MORE_COLUMNS, FaultKind.MANY_RECORDS, *PRICE)
ANY_FRAME = (FaultKind.DROP, FaultKind.SILENCE)


class Fault(BaseModel):
    """A fault that is switched on.

    `kind`: what goes wrong. `server`, `tr_id`, `path`: which calls or frames; blank for all
    (`path`: the end of it; `tr_id` of a frame: its feed). `rate`: the share of them that suffers.
    `count`: how often at most. `skip`: how many are let pass first. `from_time`, `to_time`: time
    of day (HH:MM:SS). `seconds`: how long a delay or silence lasts, in venue time, how long a
    dropped client is told that its key is in use, or by how much a notice's or a trade's time is
    wrong.
    """

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    server: Literal["", "real", "virtual"] = ""
    tr_id: str = ""
    path: str = ""
    rate: float = Field(default=1.0, ge=0.0, le=1.0)
    count: int | None = Field(default=None, ge=1)
    skip: int = Field(default=0, ge=0)
    from_time: str = Field(default="00:00:00", pattern=r"^\d\d:\d\d:\d\d$")
    to_time: str = Field(default="23:59:59", pattern=r"^\d\d:\d\d:\d\d$")
    seconds: float = Field(default=1.0, ge=0.0)

    @model_validator(mode="after")
    def _window(self) -> "Fault":
        if self.from_time > self.to_time:
            raise ValueError("from_time must not be after to_time")
        return self


@dataclass(slots=True)
class Active:
    """A fault, and how often it has struck."""

    number: int
    fault: Fault
    met: int = 0
    struck: int = 0

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as it may."""
        return self.fault.count is not None and self.struck >= self.fault.count


@dataclass(slots=True)
class FaultBox:
    """The faults that are switched on; random ones follow from the seed."""

    seed: int
    active: list[Active] = field(default_factory=list)
    _given: int = 0

    def add(self, fault: Fault) -> int:
        """Switch a fault on; return its number."""
        self._given += 1
        self.active.append(Active(self._given, fault))
        return self._given

    def remove(self, number: int | None = None) -> None:
        """Switch a fault off, or all of them."""
        self.active = [one for one in self.active if number not in (None, one.number)]

    def strike(
        self, kinds: Iterable[FaultKind], server: str, tr_id: str, path: str, now: Moment
    ) -> Fault | None:
        """Return the fault that strikes here and now, if any; the first switched on wins."""
        wanted = tuple(kinds)
        for one in self.active:
            fault = one.fault
            if fault.kind not in wanted or one.spent or not _meant(fault, server, tr_id, path):
                continue
            if not fault.from_time <= datetime_of(now).strftime("%H:%M:%S") <= fault.to_time:
                continue
            one.met += 1
            draw = mix(self.seed, one.number, one.met) % _DRAWS
            if one.met > fault.skip and draw < fault.rate * _DRAWS:
                one.struck += 1
                return fault
        return None


def _meant(fault: Fault, server: str, tr_id: str, path: str) -> bool:
    return fault.server in ("", server) and fault.tr_id in ("", tr_id) and path.endswith(fault.path)

"""What there is to tell, how important it is, and what must arrive."""

from datetime import datetime
from enum import IntEnum, StrEnum

import msgspec

from maemae.desk.incidents import Severity, severity


class Level(IntEnum):
    """How important a message is; a channel sends its level and everything above."""

    DETAIL = 0
    INFO = 1
    WARNING = 2
    CRITICAL = 3


class Kind(StrEnum):
    """What a message is about; also the name of its text in a file of own templates."""

    STARTED = "started"
    STOPPED = "stopped"
    ERROR = "error"
    INCIDENT = "incident"
    NOTICE = "notice"
    DAY_OPENED = "day_opened"
    ORDER_ACCEPTED = "order_accepted"
    ORDER_REFUSED = "order_refused"
    ORDER_UNKNOWN = "order_unknown"
    ORDER_NEVER_ARRIVED = "order_never_arrived"
    ORDER_ENDED = "order_ended"
    CANCEL_FAILED = "cancel_failed"
    AMEND_FAILED = "amend_failed"
    DECLINED = "declined"
    FILLED = "filled"
    POSITION_OPENED = "position_opened"
    POSITION_CLOSED = "position_closed"
    SUMMARY = "summary"
    PLAN_PREPARED = "plan_prepared"
    PLAN_EXECUTED = "plan_executed"
    PLAN_SKIPPED = "plan_skipped"
    HALTED = "halted"
    RESUMED = "resumed"
    FLATTEN = "flatten"
    RECONCILED = "reconciled"
    OWNER_TRADED = "owner_traded"
    CASH_STATED = "cash_stated"
    STREAM_GAP = "stream_gap"
    BLIND = "blind"
    SEEN_AGAIN = "seen_again"
    TOKEN_TROUBLE = "token_trouble"  # noqa: S105 - the name of a kind of message
    DAILY_REPORT = "daily_report"
    WEEKLY_SUMMARY = "weekly_summary"
    DROPPED = "dropped"
    MORE = "more"
    LOST = "lost"
    SAMPLE = "sample"


LEVELS: dict[Kind, Level] = {
    Kind.ERROR: Level.CRITICAL,
    Kind.INCIDENT: Level.CRITICAL,
    Kind.DAY_OPENED: Level.DETAIL,
    Kind.ORDER_ACCEPTED: Level.DETAIL,
    Kind.ORDER_REFUSED: Level.WARNING,
    Kind.ORDER_UNKNOWN: Level.WARNING,
    Kind.ORDER_NEVER_ARRIVED: Level.WARNING,
    Kind.ORDER_ENDED: Level.DETAIL,
    Kind.CANCEL_FAILED: Level.WARNING,
    Kind.AMEND_FAILED: Level.WARNING,
    Kind.DECLINED: Level.DETAIL,
    Kind.PLAN_SKIPPED: Level.WARNING,
    Kind.HALTED: Level.CRITICAL,
    Kind.RESUMED: Level.CRITICAL,
    Kind.FLATTEN: Level.CRITICAL,
    Kind.OWNER_TRADED: Level.WARNING,
    Kind.CASH_STATED: Level.WARNING,
    Kind.STREAM_GAP: Level.CRITICAL,
    Kind.BLIND: Level.CRITICAL,
    Kind.SEEN_AGAIN: Level.CRITICAL,
    Kind.TOKEN_TROUBLE: Level.CRITICAL,
    Kind.DROPPED: Level.WARNING,
    Kind.MORE: Level.WARNING,
    Kind.LOST: Level.CRITICAL,
}
"""Levels of the kinds that are not merely `Level.INFO`."""


BY_SEVERITY: dict[Severity, Level] = {
    Severity.INFO: Level.INFO,
    Severity.WARNING: Level.WARNING,
    Severity.ERROR: Level.CRITICAL,
}
"""What an incident's severity is as a message: good news, and what asks nothing, is no alarm."""


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something to tell the owner, already in words.

    `at` is venue time. A critical message must arrive: it is not dropped, waits on the disk
    while its channel is down, and does not keep to the quiet hours of its default settings.
    """

    kind: Kind
    at: datetime
    text: str
    level: Level = Level.INFO
    picture: bytes | None = None
    """A PNG that goes with the text."""

    @property
    def must_arrive(self) -> bool:
        """Whether it is kept until it is delivered."""
        return self.level is Level.CRITICAL


def message(
    kind: Kind, at: datetime, text: str, picture: bytes | None = None, *, incident: str = ""
) -> Message:
    """Make a message of the level that its kind has, or that of a kind of incident."""
    level = BY_SEVERITY[severity(incident)] if incident else LEVELS.get(kind, Level.INFO)
    return Message(kind=kind, at=at, text=text, level=level, picture=picture)

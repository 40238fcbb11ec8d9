"""Incidents in words."""

from maemae.i18n import _
from maemae.service.answers import IncidentLine, Level

_MARKS = {Level.INFO: "·", Level.WARNING: "△", Level.ERROR: "✖"}


def kind_word(kind: str) -> str:
    """Name a kind of incident; one that is not known is left as it is."""
    known = {
        "day_opened": _("the day opens"),
        "day_closed": _("the day is closed"),
        "declined": _("the guard declined"),
        "halted": _("level changed"),
        "flatten_begun": _("flatten begun"),
        "refused": _("refused"),
        "lost": _("outcome unknown"),
        "never_arrived": _("never arrived"),
        "cancel_failed": _("cancel failed"),
        "position_lost": _("position lost"),
        "position_moved": _("moved to another book"),
        "owner_traded": _("the owner traded"),
        "cash_stated": _("cash follows the broker"),
        "stream_down": _("the stream is down"),
        "exit_refused": _("an exit was refused"),
        "clock": _("this machine's clock is wrong"),
    }
    return known.get(kind, kind)


def incident_text(line: IncidentLine) -> str:
    """Put an incident into one line."""
    where = " ".join(part for part in (line.book, line.code) if part)
    parts = [f"{line.at:%H:%M:%S}", _MARKS[line.level], kind_word(line.kind), where, line.detail]
    return " ".join(part for part in parts if part)

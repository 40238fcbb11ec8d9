"""What happened, in words."""

from maemae.i18n import _
from maemae.ledger.ledger import FillLine
from maemae.service import words
from maemae.service.answers import IncidentLine, Level, Snapshot

_MARKS = {Level.INFO: "·", Level.WARNING: "△", Level.ERROR: "✖"}


def incident_text(line: IncidentLine) -> str:
    """Put an incident into one line."""
    where = " ".join(part for part in (line.book, line.code) if part)
    said = words.incident(line.kind)
    parts = [f"{line.at:%H:%M:%S}", _MARKS[line.level], said, where, line.detail]
    return " ".join(part for part in parts if part)


def event_texts(snapshot: Snapshot) -> list[str]:
    """Put the last executions and incidents into lines, newest first."""
    names = snapshot.status.names
    told = [(line.at, incident_text(line)) for line in snapshot.incidents]
    told += [(fill.executed, _fill_text(fill, names)) for fill in snapshot.fills]
    return [text for _at, text in sorted(told, key=lambda one: one[0], reverse=True)]


def _fill_text(fill: FillLine, names: dict[str, str]) -> str:
    price = words.won(fill.amount // fill.quantity)
    what = f"{words.side(fill.side)} {names.get(fill.code) or fill.code} {fill.quantity:,}"
    return f"{fill.executed:%H:%M:%S} {_MARKS[Level.INFO]} {_('fill')} {what} × {price}"

"""What happened, in words."""

from maemae.desk.incidents import Severity
from maemae.i18n import _
from maemae.ledger.ledger import FillLine
from maemae.service import incidents, words
from maemae.service.answers import IncidentLine, Snapshot

_MARKS = {Severity.INFO: "·", Severity.WARNING: "△", Severity.ERROR: "✖"}


def incident_text(line: IncidentLine) -> str:
    """Put an incident into one line."""
    where = " ".join(part for part in (words.book(line.book), line.code) if part)
    said = incidents.title(line.kind)
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
    return f"{fill.executed:%H:%M:%S} {_MARKS[Severity.INFO]} {_('fill')} {what} × {price}"

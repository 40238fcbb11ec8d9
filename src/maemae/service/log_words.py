"""Lines of the trader's log in the reader's language.

The file itself stays as `maemae.trader.diary` writes it, so that one `grep` finds the same in
every language: time, level, what happened, and fields as `name=value`. Page and phone show the
words: each text and each name of a field is a message of `log.po`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from maemae.desk.incidents import Severity
from maemae.desk.records import Halt
from maemae.desk.sights import Sight
from maemae.errors import DataError
from maemae.i18n import N_, _
from maemae.market.phases import Venue
from maemae.market.refusals import RefusalKind
from maemae.service import incidents, rule_words, words
from maemae.service.moves import move_refusal
from maemae.service.units import unit_refusal

_LINE = re.compile(r"(?P<at>\d{4}-\d\d-\d\d [\d:.]+) (?P<level>[A-Z]+) +(?P<said>.*)", re.DOTALL)
_ASKED = re.compile(r"(?:(?P<why>\w+): )?(?P<n>\d+) x (?P<price>\d+)")
"""How many shares at what price were asked for, and why."""
_WHOLE = re.compile(r"-?\d+")
_FIELDS = re.compile(r' (\w+)=("[^"]*"|\S*)')

_NAMES: Mapping[str, str] = {
    "after": N_("after"),
    "again_in": N_("again in"),
    "answered": N_("answered"),
    "base": N_("base price"),
    "before": N_("before"),
    "book": N_("book"),
    "bought": N_("bought"),
    "buys": N_("buys"),
    "cancelled": N_("cancelled"),
    "cash": N_("cash"),
    "change": N_("shares more or less"),
    "channel": N_("messenger"),
    "chat_id": N_("chat"),
    "code": N_("code"),
    "codes": N_("codes"),
    "columns": N_("columns"),
    "day": N_("day"),
    "days": N_("trading days"),
    "detail": N_("detail"),
    "difference": N_("difference"),
    "errors": N_("errors"),
    "exchange": N_("exchange"),
    "feed": N_("live feed"),
    "figure": N_("figure"),
    "file": N_("file"),
    "filled": N_("filled"),
    "intent": N_("order number"),
    "keys": N_("of which"),
    "kind": N_("kind"),
    "last": N_("last close"),
    "ledger": N_("ledger"),
    "level": N_("state"),
    "message": N_("answer"),
    "name": N_("name"),
    "order_no": N_("number at the broker"),
    "origin": N_("from book"),
    "others": N_("other shares"),
    "path": N_("path"),
    "plan": N_("plan"),
    "price": N_("price"),
    "quantity": N_("shares"),
    "reason": N_("reason"),
    "rule": N_("rule"),
    "seconds": N_("seconds"),
    "sells": N_("sells"),
    "sent": N_("sent"),
    "server": N_("server"),
    "side": N_("side"),
    "sight": N_("what is asked for"),
    "since": N_("since"),
    "skipped": N_("left out"),
    "sold": N_("sold"),
    "source": N_("source"),
    "text": N_("written"),
    "user_id": N_("person"),
    "wait": N_("seconds until the next try"),
}
"""Names of fields, and the words for them."""

_SEVERITIES = {"WARNING": Severity.WARNING, "ERROR": Severity.ERROR, "CRITICAL": Severity.ERROR}
"""Levels of a log; those below are notices."""

_Say = Callable[[str], str]


def _won(value: str) -> str:
    return words.won(int(value)) if _WHOLE.fullmatch(value) else value


def _counted(value: str) -> str:
    return f"{int(value):,}" if _WHOLE.fullmatch(value) else value


def _moment(value: str) -> str:
    try:
        return f"{datetime.fromisoformat(value):%H:%M:%S}"
    except ValueError:
        return value


def _sight(value: str) -> str:
    return words.sight(Sight(value)) if value in set(Sight) else value


def _level(value: str) -> str:
    return words.halt(Halt(value)) if value in set(Halt) else value


def _kind(value: str) -> str:
    """Name the kind of a refusal, or of an order."""
    if value in set(RefusalKind):
        return words.refusal(RefusalKind(value))
    try:
        return words.order_way(value, Venue.KRX)
    except DataError:
        return value


def _yes(value: str) -> str:
    return {"True": _("yes"), "False": _("no")}.get(value, value)


def _asked(value: str) -> str:
    found = _ASKED.fullmatch(value)
    if found is None:
        return value
    asked = f"{int(found['n']):,} × {_won(found['price'])}"
    return f"{words.reason(found['why'])}: {asked}" if found["why"] else asked


def _pairs(say: _Say) -> _Say:
    """Put what is written as `name:value,name:value`."""

    def put(value: str) -> str:
        pairs = [pair.rpartition(":") for pair in value.split(",")]
        return ", ".join(f"{name} {say(word)}".strip() for name, _sep, word in pairs)

    return put


_VALUES: Mapping[str, _Say] = {
    "answered": _yes,
    "base": _won,
    "book": words.book,
    "cash": _won,
    "change": _counted,
    "days": _pairs(lambda word: {"True": _("trading day"), "False": _("closed")}.get(word, word)),
    "difference": _won,
    "figure": words.figure,
    "kind": _kind,
    "last": _won,
    "level": _level,
    "origin": words.book,
    "price": _won,
    "quantity": _counted,
    "reason": words.because,
    "rule": rule_words.rule,
    "side": words.side,
    "server": lambda value: {"real": _("real"), "virtual": _("virtual")}.get(value, value),
    "sight": _sight,
    "since": _moment,
    "skipped": _pairs(words.plan_state),
    "source": words.source,
}
"""Fields whose values are words, sums or moments of ours."""

_OF_LINES: Mapping[str, Mapping[str, _Say]] = {
    "amend failed": {"reason": words.undone},
    "cancel failed": {"reason": words.undone},
    "conversion refused": {"rule": unit_refusal},
    "declined by the guard": {"detail": _asked},
    "move refused": {"rule": move_refusal},
    "outcome unknown": {"reason": words.undone},
    "plan skipped(계획)": {"reason": words.plan_state},
    "traded on the account today": {"bought": _won, "sold": _won},
}
"""Fields that mean something else in these lines."""


def in_words(line: str) -> str:
    """Put a line of the log into words; what is no line of its own shape is left as it is."""
    found = _LINE.fullmatch(line)
    if found is None:
        return line
    text, fields = _parted(found["said"])
    head = f"{found['at']} {words.severity(_SEVERITIES.get(found['level'], Severity.INFO))}"
    if text == "incident" and "kind" in fields:
        kind = fields.pop("kind")
        fields["detail"] = incidents.detail(kind, fields.get("detail", ""))
        return _joined(head, incidents.title(kind), fields, _VALUES)
    says = {**_VALUES, **_OF_LINES.get(text, {})}
    return _joined(head, _(text), fields, says)


def _parted(said: str) -> tuple[str, dict[str, str]]:
    """Part what happened from its fields."""
    first = _FIELDS.search(said)
    if first is None:
        return said, {}
    fields = {name: value.strip('"') for name, value in _FIELDS.findall(said[first.start() :])}
    return said[: first.start()], fields


def _joined(head: str, text: str, fields: Mapping[str, str], says: Mapping[str, _Say]) -> str:
    put = {name: says.get(name, str)(value) for name, value in fields.items() if value}
    told = " · ".join(
        f"{_(_NAMES.get(name, name))} {value}" for name, value in put.items() if value
    )
    return f"{head} {words.with_reason(text, told)}"

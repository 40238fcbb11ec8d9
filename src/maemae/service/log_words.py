"""Lines of the trader's log in the reader's language.

The file itself stays as `maemae.trader.diary` writes it, so that one `grep` finds the same in
every language: time, level, what happened, and fields as `name=value`. Page and phone show the
words: each text and each name of a field is a message of `log.po`.
"""

import re
from collections.abc import Callable, Mapping

from maemae.desk.incidents import Severity
from maemae.i18n import N_, _
from maemae.service import incidents, rule_words, words

_LINE = re.compile(r"(?P<at>\d{4}-\d\d-\d\d [\d:.]+) (?P<level>[A-Z]+) +(?P<said>.*)", re.DOTALL)
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

_VALUES: Mapping[str, Callable[[str], str]] = {
    "side": words.side,
    "reason": words.because,
    "rule": rule_words.rule,
}
"""Fields whose values are words of ours."""


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
        return _joined(head, incidents.title(kind), fields)
    return _joined(head, _(text), fields)


def _parted(said: str) -> tuple[str, dict[str, str]]:
    """Part what happened from its fields."""
    first = _FIELDS.search(said)
    if first is None:
        return said, {}
    fields = {name: value.strip('"') for name, value in _FIELDS.findall(said[first.start() :])}
    return said[: first.start()], fields


def _joined(head: str, text: str, fields: Mapping[str, str]) -> str:
    put = {name: _VALUES.get(name, str)(value) for name, value in fields.items() if value}
    told = " · ".join(f"{_(_NAMES.get(name, name))} {value}" for name, value in put.items())
    return " ".join(part for part in (head, text, f"({told})" if told else "") if part)

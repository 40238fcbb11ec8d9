"""The words of every message: from the catalogues, or from a file of the owner's own.

The file is TOML, one line per kind: `filled = "{name} {quantity} @ {price}"`. Fields come ready
made (`price` is `10,000원`), so a text only chooses and orders them.
"""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.notify.messages import Kind
from maemae.reading import read_toml

TEXTS: Mapping[Kind, str] = {
    Kind.STARTED: "▶️ maemae started: {venue}, account {account}",
    Kind.STOPPED: "⏹️ maemae stopped: {reason}",
    Kind.ERROR: "🚨 maemae failed and stopped: {detail}\n👉 {advice}",
    Kind.INCIDENT: "🚨 Incident, {what}: {detail}\n👉 {advice}",
    Kind.NOTICE: "{sign} {what}: {detail}{advice}",
    Kind.DAY_OPENED: "🌅 {day} opens with {cash}",
    Kind.ORDER_ACCEPTED: "📝 {side} accepted: {name} {quantity} shares, {price} ({reason})",
    Kind.ORDER_REFUSED: "⚠️ {side} refused: {name} {quantity} shares, {code} {detail}",
    Kind.ORDER_UNKNOWN: (
        "⚠️ Outcome unknown: {side} {name} {quantity} shares ({detail}). "
        "It stays reserved and the broker is asked; it is never sent twice."
    ),
    Kind.ORDER_NEVER_ARRIVED: "ℹ️ {side} {name} never reached the broker and is released",
    Kind.ORDER_ENDED: "📝 {side} {name}: {state}, {filled}/{quantity} filled",
    Kind.CANCEL_FAILED: "⚠️ {side} {name} could not be cancelled: {detail}",
    Kind.AMEND_FAILED: (
        "⚠️ {side} {name}: the new price was not taken ({detail}). The broker is asked what stands."
    ),
    Kind.DECLINED: "🛡️ The guard declined: {side} {name} ({rule}{detail})",
    Kind.FILLED: (
        "{dot} {side} filled: {name} {quantity} shares at {price}, {filled}/{ordered} ({reason})"
    ),
    Kind.POSITION_OPENED: "📂 Position opened: {name} {quantity} shares at {price}{exits}",
    Kind.POSITION_CLOSED: "📁 Position closed: {name} {dot} {profit} ({rate}) · {reason}, {held}",
    Kind.SUMMARY: (
        "💼 Result of the day {today}\n"
        "Realised {realised} · change of unrealised {unrealised}\n"
        "If every stop fires: {stake}\n"
        "Day's loss limit: {limit}\n"
        "Assets {assets}, cash {cash} · "
        "won/lost {wins}/{losses}{positions}"
    ),
    Kind.PLAN_PREPARED: "🗒️ Plan prepared: {detail}",
    Kind.PLAN_EXECUTED: "🗒️ Plan executed: {detail}",
    Kind.PLAN_SKIPPED: "⚠️ Plan not carried out: {detail}",
    Kind.HALTED: "⛔ {level} ({reason})",
    Kind.RESUMED: "✅ Trading goes on ({reason})",
    Kind.FLATTEN: "⛔ Selling everything: {book} ({reason})",
    Kind.RECONCILED: "✅ The broker's books and ours agree, cash {cash}",
    Kind.OWNER_TRADED: "ℹ️ You traded {code} yourself: {change} shares",
    Kind.CASH_STATED: "ℹ️ Cash follows the broker by {difference} ({reason})",
    Kind.STREAM_GAP: (
        "🚨 The live stream is interrupted: {detail}\n"
        "👉 No entries until the broker has been asked for what was missed. It reconnects by "
        "itself; look at your network if this stays."
    ),
    Kind.BLIND: "🙈 maemae cannot see {what}\n👉 {advice}",
    Kind.SEEN_AGAIN: "👀 maemae sees it again: {what}",
    Kind.TOKEN_TROUBLE: "🚨 The broker does not accept the keys: {detail}\n👉 {advice}",
    Kind.DAILY_REPORT: (
        "📊 {day}: {dot} result of the day {today}\n"
        "Realised {realised} · change of unrealised {unrealised}\n"
        "Assets {assets}, cash {cash}, fees and taxes {costs}\n"
        "Won/lost {wins}/{losses}, {orders} orders, {fills} fills{names}{positions}"
    ),
    Kind.WEEKLY_SUMMARY: (
        "📅 {first} to {last}: {dot} {realised} realised\n"
        "Fees and taxes {costs}, won/lost {wins}/{losses}{days}"
    ),
    Kind.DROPPED: "ℹ️ {count} less important messages were dropped while this channel was down",
    Kind.MORE: "⚠️ {count} more alarms came while this channel was down; maemae.log has them",
    Kind.LOST: "⚠️ A message ({what}) could not be shown here; it is in maemae.log",
    Kind.SAMPLE: "🔔 This is a sample of each message, with invented figures. {note}",
}
"""What is told, in English; also the complete list of the fields that a kind has."""


_EMPTY = re.compile(r" ?\(\)")
"""Brackets around a field that is blank: a halt without a reason."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Puts messages into words.

    Args:
        own: texts that replace the built-in ones.
    """

    own: Mapping[Kind, str] = field(default_factory=dict)

    def say(self, kind: Kind, **fields: str) -> str:
        """Return the text of a message in the language in force."""
        template = self.own.get(kind) or _(TEXTS[kind])
        return _EMPTY.sub("", template.format_map(fields))


def load_texts(file: Path | None) -> Texts:
    """Read a file of own texts, if one is set.

    Raises:
        SettingsError: it cannot be read, names an unknown message or uses an unknown field.
    """
    if file is None:
        return Texts()
    found = read_toml(file, SettingsError)
    own: dict[Kind, str] = {}
    for name, text in found.items():
        if name not in {kind.value for kind in Kind}:
            known = ", ".join(kind.value for kind in Kind)
            raise SettingsError(
                _("{file}: there is no message {name}; known are {known}").format(
                    file=file, name=name, known=known
                )
            )
        if not isinstance(text, str):
            raise SettingsError(
                _("{file}: {name} must be a text in quotes").format(file=file, name=name)
            )
        kind = Kind(name)
        unknown = _fields(file, name, text) - _fields(file, name, TEXTS[kind])
        if unknown:
            known = ", ".join(sorted(_fields(file, name, TEXTS[kind])))
            raise SettingsError(
                _("{file}: {name} has no field {unknown}; it has {known}").format(
                    file=file, name=name, unknown=", ".join(sorted(unknown)), known=known
                )
            )
        own[kind] = text
    return Texts(own)


def _fields(file: Path, name: str, text: str) -> set[str]:
    try:
        return {part for _t, part, _s, _c in string.Formatter().parse(text) if part is not None}
    except ValueError as error:
        raise SettingsError(
            _("{file}: {name}: {error}; write {{{{ for a brace").format(
                file=file, name=name, error=error
            )
        ) from error

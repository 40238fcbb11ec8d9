"""Profiles as TOML: what a probe found and what the owner accepted, and those that are shared."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import tomli_w

from maemae import private
from maemae.catalogue import Personality
from maemae.errors import DataError
from maemae.i18n import _
from maemae.profile.facts import NUMBERS, Fact, How, Known
from maemae.profile.profile import Profile
from maemae.reading import parse_toml, read_text

FORMAT = 1
LONGEST = 3_600
"""Seconds, or whatever a number counts, at most."""

_MOST = 65_536
_PERSONALITIES: tuple[Personality, ...] = ("real", "virtual")
_KEYS = frozenset({"name", "value", "how", "since", "seconds"})

Facts = Mapping[tuple[Fact, How], Known]


def text_of(personality: Personality, facts: Facts) -> str:
    """Return facts of a server as TOML."""
    rows = []
    for (fact, how), known in sorted(facts.items()):
        row: dict[str, Any] = {
            "name": fact.value, "value": known.value, "how": how.value, "since": known.since,
        }  # fmt: skip
        if known.seconds is not None:
            row["seconds"] = known.seconds
        rows.append(row)
    return tomli_w.dumps({"format": FORMAT, "personality": personality, "fact": rows})


def read_profile(path: Path) -> tuple[Personality, dict[tuple[Fact, How], Known]]:
    """Return the server of a file and its facts.

    Raises:
        DataError: it cannot be read, or says what no profile says; the place is named.
    """
    return parse_profile(read_text(path, _MOST), str(path))


def parse_profile(text: str, place: str) -> tuple[Personality, dict[tuple[Fact, How], Known]]:
    """Return the server of a profile and its facts; `place` is named in the error.

    Raises:
        DataError: it is none.
    """
    table = parse_toml(text, place)
    wrong = _("{place}: not a profile of a server: {what}")
    personality = table.get("personality")
    rows = table.get("fact", [])
    if table.get("format") != FORMAT or personality not in _PERSONALITIES:
        raise DataError(wrong.format(place=place, what="format, personality"))
    if not isinstance(rows, list) or set(table) - {"format", "personality", "fact"}:
        raise DataError(wrong.format(place=place, what=", ".join(sorted(table))))
    facts: dict[tuple[Fact, How], Known] = {}
    for row in rows:
        known = _known(row) if isinstance(row, dict) else None
        if known is None:
            raise DataError(wrong.format(place=place, what=row))
        facts[Fact(row["name"]), known.how] = known
    return personality, facts


def _known(row: Mapping[str, Any]) -> Known | None:
    """Return what a row says, None where that cannot be."""
    try:
        fact, how = Fact(row.get("name", "")), How(row.get("how", ""))
    except ValueError:
        return None
    value, since, seconds = row.get("value"), row.get("since"), row.get("seconds")
    wanted = int if fact in NUMBERS else bool
    if type(value) is not wanted or type(since) is not date or set(row) - _KEYS:
        return None
    if seconds is not None and (type(seconds) is not int or not 0 <= seconds <= LONGEST):
        return None
    if fact in NUMBERS and not 0 < value <= LONGEST:
        return None
    return Known(value, how, since, seconds)


def write_profile(path: Path, personality: Personality, facts: Facts) -> None:
    """Write a profile over an earlier one, whole or not at all; it is its owner's alone.

    Raises:
        OSError: it cannot be written.
    """
    private.make_folder(path.parent)
    half = path.with_suffix(".part")
    private.write_text(half, text_of(personality, facts))
    half.replace(path)


def shared(path: Path) -> Profile:
    """Return what a profile that somebody shares says of a server; nothing in it was accepted.

    Raises:
        DataError: it cannot be read.
    """
    personality, facts = read_profile(path)
    found = {fact: known for (fact, how), known in facts.items() if how is not How.ACCEPTED}
    return Profile(personality, kept=found)

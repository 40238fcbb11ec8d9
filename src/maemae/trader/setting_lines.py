"""Where in a TOML file a setting stands, which no TOML reader tells.

The file has been read by `tomllib` already, so only its layout matters here: headers, keys, and
which lines belong to a value that goes on.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

Place = tuple[str | int, ...]
"""A path into the document: names, and numbers into arrays of tables."""

_NAME = r"""(?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"({_NAME}(?:\s*\.\s*{_NAME})*)"
_HEADER = re.compile(rf"\s*(\[\[?)\s*{_DOTTED}\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(rf"\s*{_DOTTED}\s*=")
_SIGNS = re.compile(
    r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*|[\[\]{}]|\\.', re.DOTALL
)  # what can open or close a value that goes over lines, and what hides such a sign


def lines_of(text: str) -> dict[Place, int]:
    """Return the line, from 1, of every header and key of a TOML document.

    A key inside an inline table is not listed: it stands where the table's own key does.
    """
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for number, line in _statements(text):
        if header := _HEADER.match(line):
            table = _enter(_names(header[2]), counts, repeated=header[1] == "[[")
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            place = table + _names(key[1])
            for end in range(len(table) + 1, len(place) + 1):
                found.setdefault(place[:end], number)
    return found


def line_of(text: str, place: Place) -> int | None:
    """Return the line of a setting, or of the closest table around it that has one."""
    known = lines_of(text)
    for end in range(len(place), 0, -1):
        if place[:end] in known:
            return known[place[:end]]
    return None


def find_place(data: Mapping[str, Any], loc: Place) -> Place:
    """Turn the place that a validation error names into one of the document.

    Behind the number of a table, validation adds the one of several models that it chose
    (`book, 0, condition, amount`); that is left out, also where a setting has the same name
    (`book, 0, strategy, universe`).
    """
    place: list[str | int] = []
    here: Any = data
    for position, part in enumerate(loc):
        behind_number = position > 0 and isinstance(loc[position - 1], int)
        if behind_number and position < len(loc) - 1:
            inside = _inside_of(here, part)
            leads_on = isinstance(inside, Mapping | list) or not _has(here, loc[position + 1])
            if inside is None or not leads_on:
                continue
        here = _inside_of(here, part)
        place.append(part)
    return tuple(place)


def _has(here: Any, part: str | int) -> bool:
    return _inside_of(here, part) is not None


def _inside_of(here: Any, part: str | int) -> Any:
    if isinstance(here, Mapping):
        return here.get(str(part))
    if isinstance(here, list) and isinstance(part, int) and part < len(here):
        return here[part]
    return None


def _names(dotted: str) -> Place:
    """Read a dotted key as TOML does."""
    here: Any = tomllib.loads(f"{dotted} = 0")
    names: list[str | int] = []
    while isinstance(here, dict):
        name, here = next(iter(here.items()))
        names.append(name)
    return tuple(names)


def _enter(names: Place, counts: dict[Place, int], *, repeated: bool) -> Place:
    """Return the place of a table, with the number of its turn in each array on the way."""
    place: Place = ()
    for position, name in enumerate(names):
        place = (*place, name)
        if repeated and position == len(names) - 1:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines on which something begins, with their numbers."""
    depth, quote = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if depth == 0 and not quote:
            yield number, line
        is_header = depth == 0 and not quote and _HEADER.match(line)
        if not is_header:
            depth, quote = _after(line, depth, quote)


def _after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Return how many brackets and which long string are open after a line."""
    for sign in _SIGNS.findall(line if not quote else _inside(line, quote)):
        if sign in ('"""', "'''"):
            quote = "" if quote == sign else quote or sign
        elif quote:
            continue
        elif sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
    return depth, quote


def _inside(line: str, quote: str) -> str:
    """Leave out what a long string says before its end."""
    end = line.find(quote)
    return "" if end < 0 else line[end:]

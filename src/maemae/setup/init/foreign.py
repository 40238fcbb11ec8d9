"""Settings files of other programs as names and texts: YAML, JSON, TOML, INI, NAME=VALUE lines.

Every value stays the text that stands in the file. YAML would make 1 of `01` and another account
of `01234567`, which it takes for an octal number.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final

import yaml

from maemae.errors import DataError
from maemae.i18n import _
from maemae.reading import SETTINGS, parse_json, parse_toml, parse_yaml, read_text

Flat = dict[str, str]
"""Texts by name; a name is the way to it through the file, lower case, with underscores."""

_DEEPEST: Final = 12
_MOST: Final = 5_000
"""Values; YAML's anchors can unfold a few lines into billions."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def read_flat(path: Path) -> Flat:
    """Return what a file of another program says.

    Raises:
        DataError: it cannot be read; never quotes it.
    """
    text = read_text(path, SETTINGS)
    match path.suffix.lower():
        case ".yaml" | ".yml":
            return _flattened(path, _unquoted(path, parse_yaml, text))
        case ".json":
            return _flattened(path, _unquoted(path, parse_json, text))
        case ".toml":
            return _flattened(path, _unquoted(path, parse_toml, text))
        case _:
            return dict(_lines(text))


def _unquoted(path: Path, parse: Any, text: str) -> Any:
    """Parse, and leave out of the error what it may quote of a secret."""
    try:
        return parse(text, str(path))
    except DataError as error:
        line = re.search(r"(?:line |:)(\d+)", str(error).removeprefix(str(path)))
        where = f"{path}:{line[1]}" if line else str(path)
        raise DataError(_("{place}: it cannot be understood").format(place=where)) from None


def _flattened(path: Path, content: Any) -> Flat:
    found = list(islice(_walk("", content, _DEEPEST, path), _MOST + 1))
    if len(found) > _MOST:
        raise DataError(_("{place}: too many values").format(place=path))
    return dict(found)


def _walk(prefix: str, content: Any, deep: int, path: Path) -> Iterator[tuple[str, str]]:
    if not deep:
        raise DataError(_("{place}: nested too deep").format(place=path))
    for key, value in _within(content):
        yield from _walk(f"{prefix}_{_snake(key)}".strip("_"), value, deep - 1, path)
    if isinstance(content, yaml.ScalarNode):
        content = content.value
    if isinstance(content, str | int | float | Decimal) and prefix:
        yield prefix, str(content).strip()


def _within(content: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a map, or those of a list by their numbers."""
    if isinstance(content, yaml.MappingNode):
        yield from ((str(key.value), value) for key, value in content.value)
    elif isinstance(content, Mapping):
        yield from ((str(key), value) for key, value in content.items())
    elif isinstance(content, list | yaml.SequenceNode):
        parts = content if isinstance(content, list) else content.value
        yield from ((str(number), value) for number, value in enumerate(parts, start=1))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    section = ""
    for line in islice(text.splitlines(), _MOST):
        bare = line.strip()
        if bare.startswith("[") and bare.endswith("]"):
            section = f"{_snake(bare[1:-1].strip())}_"
            continue
        name, equals, value = bare.removeprefix("export ").partition("=")
        if equals and not name.startswith(("#", ";")):
            yield section + _snake(name.strip()), _without_quotes(value.strip())


def _without_quotes(value: str) -> str:
    if value[:1] in ("'", '"'):
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].strip()


def _snake(name: str) -> str:
    """Return a name as others write it, `isPaper` or `is-paper`, in one way: `is_paper`."""
    return re.sub(r"[-. ]", "_", _HUMP.sub("_", name)).lower()

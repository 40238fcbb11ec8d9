"""Reading what people and other programs wrote: bounded, and refused in one line with the place.

Whatever a file holds, it is read in time and memory that its size bounds: no device, no pipe, no
number with thousands of digits, no nesting that ends the interpreter. Each reader raises the error
that its caller names, and its message begins with the file.
"""

import csv
import io
import json
import os
import re
import stat
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn
from urllib.parse import urlsplit

import yaml

from maemae.errors import DataError, MaemaeError
from maemae.i18n import _

Refused = type[MaemaeError]

SETTINGS: Final = 1 << 20
"""Bytes of a file that people write by hand: settings, strategies, scenarios."""
LISTS: Final = 16 << 20
"""Bytes of a list of names, a plan or a saved reply."""
STREAMS: Final = 1 << 28
"""Bytes of saved frames or minutes."""
TABLES: Final = 2 << 30
"""Bytes of a table of prices."""

YAML: Final = 1 << 18
"""Bytes of YAML, whose parser needs a second for a tenth of a million of them."""

_ENCODINGS: Final = ("utf-8-sig", "cp949")
_CHUNK: Final = 1 << 16
_DIGITS: Final = 40
"""Characters of a number; no amount, rate or price has as many."""
_MAGNITUDE: Final = 30
_DEEPEST: Final = 40
"""Levels of YAML, one within the other."""
_DOTS: Final = 100
"""Dots in one key of TOML: the parser's time grows with their square."""
_TEXTS = re.compile(r"\"(?:[^\"\\\n]|\\.)*+\"?|'[^'\n]*+'?|#[^\n]*+")


def read_bytes(path: Path, most: int, refused: Refused = DataError) -> bytes:
    """Return what a regular file holds.

    Args:
        path: the file.
        most: bytes that it may have.
        refused: the error to raise.
    """
    if path == Path(os.devnull):  # an empty file under a name that every machine has
        return b""
    with opened(path, refused) as file:
        content = file.read(most + 1)
    if len(content) > most:
        said = _("{file} is larger than {most} bytes")
        raise refused(said.format(file=path, most=f"{most:,}"))
    return content


@contextmanager
def opened(path: Path, refused: Refused = DataError) -> Iterator[BinaryIO]:
    """Open a regular file for reading: no device, which has no end, and no pipe.

    Args:
        path: the file.
        refused: the error to raise for it, and for what goes wrong while it is read.
    """
    try:
        # Opening a pipe would wait for whoever writes to it, without this flag.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise refused(_("{file} is no regular file").format(file=path))
            yield file
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        why = getattr(error, "strerror", None) or error
        raise refused(_("{file} cannot be read: {why}").format(file=path, why=why)) from error


def read_text(path: Path, most: int, refused: Refused = DataError) -> str:
    """Return the text of a file in UTF-8, or in the CP949 that Korean spreadsheets write."""
    return decode(read_bytes(path, most, refused), str(path), refused)


def decode(content: bytes, place: str, refused: Refused = DataError) -> str:
    """Return the text of bytes as `read_text` does; `place` is named in the error."""
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    said = _("{place}: neither UTF-8 nor CP949 text; save it as UTF-8")
    raise refused(said.format(place=place))


def read_toml(path: Path, refused: Refused = DataError) -> dict[str, Any]:
    """Return what a TOML file says."""
    return parse_toml(read_text(path, SETTINGS, refused), str(path), refused)


def parse_toml(text: str, place: str, refused: Refused = DataError) -> dict[str, Any]:
    """Return what TOML says; `place` is the file's name in the error."""
    for number, line in enumerate(_TEXTS.sub("", text).split("\n"), start=1):
        if max(part.count(".") for part in line.split(",")) > _DOTS:
            raise refused(_("{place}:{line}: too many dots").format(place=place, line=number))
    said = _("{place}: not a TOML file: {why}")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise refused(_("{place}: nested too deep").format(place=place)) from None
    except ValueError as error:
        raise refused(said.format(place=place, why=_plain(error))) from None


def parse_json(
    text: str,
    place: str,
    refused: Refused = DataError,
    fraction: Callable[[str], Any] | None = None,
) -> Any:
    """Return what JSON says; `place` is the file's name in the error.

    Args:
        text: the JSON.
        place: where it is from.
        refused: the error to raise.
        fraction: makes a value of a number with a point or exponent; without it, a `Decimal`.
    """
    try:
        return json.loads(
            text, parse_float=fraction or decimal, parse_int=_whole, parse_constant=_constant
        )
    except RecursionError:
        raise refused(_("{place}: nested too deep").format(place=place)) from None
    except ValueError as error:
        said = _("{place}: not JSON: {why}")
        raise refused(said.format(place=place, why=_plain(error))) from None


def parse_yaml(text: str, place: str, refused: Refused = DataError) -> yaml.Node | None:
    """Return the first node of YAML, None where it is empty; `place` is named in errors."""
    if len(text) > YAML:
        said = _("{file} is larger than {most} bytes")
        raise refused(said.format(file=place, most=f"{YAML:,}"))
    try:
        return _Bounded(text).get_single_node()
    except _TooDeep:
        raise refused(_("{place}: nested too deep").format(place=place)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        why = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise refused(f"{place}:{line}: " + _("not YAML: {why}").format(why=why)) from None


class _TooDeep(Exception):  # noqa: N818 - never leaves this module
    pass


class _Bounded(yaml.SafeLoader):
    """Reads YAML down to a depth that its recursion, and that of its readers, can bear."""

    _deep = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose a node and what is within it."""
        self._deep += 1
        if self._deep > _DEEPEST:
            raise _TooDeep
        node = super().compose_node(parent, index)
        self._deep -= 1
        return node


def csv_rows(text: str, place: str, refused: Refused = DataError) -> list[list[str]]:
    """Return the rows of a CSV; `place` is the file's name in the error."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return list(reader)
    except csv.Error as error:
        said = _("{place} row {row}: {why}")
        raise refused(said.format(place=place, row=reader.line_num, why=error)) from None


def decimal(text: str) -> Decimal:
    """Return a finite number of a size that amounts, rates and prices have.

    Raises:
        ValueError: it is none; with words for the person, and never with more of it than fits.
    """
    bare = text.strip()
    try:
        number = Decimal(bare) if len(bare) <= _DIGITS else Decimal("nan")
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or (number and abs(number.adjusted()) > _MAGNITUDE):
        raise ValueError(_("{text} is no usable number").format(text=brief(text)))
    return number


def real(text: str) -> float:
    """Return what `decimal` reads as a float, for what is no money.

    Raises:
        ValueError: as `decimal`.
    """
    return float(decimal(text))


def host_of(header: str) -> str:
    """Return the host name of a `Host` header, or of what follows `//`; blank where it has none."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:  # such as a bracket that is not closed
        return ""


def brief(value: object) -> str:
    """Return a value for a message, a text in quotes, cut where it is long."""
    if isinstance(value, str):
        return repr(value if len(value) <= _DIGITS else f"{value[:_DIGITS]}…")
    text = repr(value)
    return text if len(text) <= _DIGITS else f"{text[:_DIGITS]}…"


def listed(values: Iterable[object], most: int = 20) -> str:
    """Return values with commas between for a message, each and all of them cut."""
    kept = list(values)
    shown = ", ".join(str(one) if len(str(one)) <= _DIGITS else brief(one) for one in kept[:most])
    return shown + (f" … +{len(kept) - most}" if len(kept) > most else "")


def unzipped(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return a member of an archive.

    What the archive's directory says of its size is not believed: a file of some megabytes may
    unfold to gigabytes, so that reading stops where it becomes too large.

    Raises:
        KeyError: there is no such member.
        zipfile.BadZipFile: it is damaged, or larger than `most` bytes.
    """
    return b"".join(_chunks(archive, name, most))


def unzip_to(archive: zipfile.ZipFile, name: str, target: Path, most: int) -> int:
    """Write a member of an archive into a file as `unzipped` reads it; returns its bytes."""
    written = 0
    with target.open("wb") as file:
        for chunk in _chunks(archive, name, most):
            written += file.write(chunk)
    return written


def _chunks(archive: zipfile.ZipFile, name: str, most: int) -> Iterator[bytes]:
    left = most
    try:
        with archive.open(name) as member:
            while chunk := member.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    said = _("{name} in it is larger than {most} bytes")
                    raise zipfile.BadZipFile(said.format(name=name, most=f"{most:,}"))
                yield chunk
    except (NotImplementedError, RuntimeError, EOFError) as error:  # encrypted, unknown, cut off
        raise zipfile.BadZipFile(str(error)) from error


def _whole(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(_("{text} is no usable number").format(text=brief(text)))
    return int(text)


def _constant(name: str) -> NoReturn:
    raise ValueError(_("{text} is no usable number").format(text=name))


def _plain(error: ValueError) -> str:
    """Return an error's words; Python's own advice for its limit on digits helps nobody."""
    if str(error).startswith("Exceeds the limit"):
        return _("a number has too many digits")
    return str(error)


_BINARY: Final[int] = getattr(os, "O_BINARY", 0)

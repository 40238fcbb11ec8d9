"""Files of a recording: blocks of lines, each compressed by itself and with what is in it ahead.

A block is a member of a gzip file, so that `zcat` reads them too. Its header has an extra field, as
BGZF's have, with the block's length and a summary: who wants to know what a file holds reads the
headers alone. Whatever ends a process in the middle of a block leaves the blocks before it whole.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import BinaryIO, Final

import msgspec

from maemae.recordings.entries import Count, Entry, Moment, decode

LARGEST: Final = 64 << 20
"""Bytes that one block may unfold to; those that are written are far below it."""

_HEAD: Final = Struct("<4BI2BH")
_FIELD: Final = Struct("<2sH")
_LENGTH: Final = Struct("<I")
_TAIL: Final = Struct("<2I")
_MAGIC: Final = (0x1F, 0x8B, 8, 4)
_OURS: Final = b"mm"
_LEVEL: Final = 6
_RAW: Final = -15
_MOST_EXTRA: Final = 0xFFFF - 64
_UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_MASK: Final = 0xFFFFFFFF


class Summary(msgspec.Struct, frozen=True):
    """What a block holds. Moments in microseconds.

    Attributes:
        first: when its first entry arrived.
        last: when its last one did.
        frames: how many frames.
        answers: how many answers.
        lost: how many entries were not written.
        names: codes that turned up in it for the first time in its file.
        gaps: from when to when nothing was received, or not everything.
    """

    first: Moment
    last: Moment
    frames: Count = 0
    answers: Count = 0
    lost: Count = 0
    names: tuple[str, ...] = ()
    gaps: tuple[tuple[Moment, Moment], ...] = ()


def pack(lines: bytes, summary: Summary) -> bytes:
    """Return lines as a block."""
    squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
    body = squeeze.compress(lines) + squeeze.flush()
    said = msgspec.json.encode(summary)
    while len(said) > _MOST_EXTRA:  # A block of that many new names: the listing lacks some.
        summary = msgspec.structs.replace(
            summary, names=summary.names[: len(summary.names) // 2], gaps=summary.gaps[:100]
        )
        said = msgspec.json.encode(summary)
    size = _LENGTH.size + len(said)
    whole = _HEAD.size + _FIELD.size + size + len(body) + _TAIL.size
    return b"".join(
        (
            _HEAD.pack(*_MAGIC, 0, 0, 255, _FIELD.size + size),
            _FIELD.pack(_OURS, size),
            _LENGTH.pack(whole),
            said,
            body,
            _TAIL.pack(zlib.crc32(lines) & _MASK, len(lines) & _MASK),
        )
    )


class Block(msgspec.Struct, frozen=True):
    """Where a block is in its file, and what it holds: bytes from the file's beginning."""

    summary: Summary
    body: int
    end: int


def blocks(file: Path) -> tuple[list[Block], bool]:
    """Return the whole blocks of a file, and whether there is nothing behind them.

    Raises:
        OSError: it cannot be read.
    """
    found: list[Block] = []
    with file.open("rb") as source:
        size, at = source.seek(0, 2), 0
        while at < size:
            block = _block(source, at, size)
            if block is None:
                return found, False
            found.append(block)
            at = block.end
    return found, True


def entries(file: Path) -> Iterator[Entry]:
    """Return the entries of a file's whole blocks, up to the first that is not.

    Raises:
        OSError: it cannot be read.
    """
    found, _whole = blocks(file)
    with file.open("rb") as source:
        for block in found:
            lines = _unpack(source, block)
            if lines is None:
                return
            for line in lines.splitlines():
                try:
                    yield decode(line)
                except _UNREADABLE:
                    continue  # Of a later maemae, which knows more kinds of entry.


def _block(source: BinaryIO, at: int, size: int) -> Block | None:
    source.seek(at)
    head = source.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    *magic, _time, _flags, _system, extra = _HEAD.unpack(head)
    more = source.read(extra)
    if tuple(magic) != _MAGIC or len(more) < max(extra, _FIELD.size + _LENGTH.size):
        return None
    ours, length = _FIELD.unpack_from(more)
    (whole,) = _LENGTH.unpack_from(more, _FIELD.size)
    body, end = at + _HEAD.size + extra, at + whole
    if ours != _OURS or length != extra - _FIELD.size or not body + _TAIL.size <= end <= size:
        return None
    try:
        summary = msgspec.json.decode(more[_FIELD.size + _LENGTH.size :], type=Summary)
    except _UNREADABLE:
        return None
    return Block(summary, body, end)


def _unpack(source: BinaryIO, block: Block) -> bytes | None:
    """Return a block's lines; None: they are not what was written."""
    source.seek(block.body)
    content = source.read(block.end - block.body)
    packed, tail = content[: -_TAIL.size], content[-_TAIL.size :]
    unfold = zlib.decompressobj(_RAW)
    try:
        lines = unfold.decompress(packed, LARGEST)
    except zlib.error:
        return None
    whole = unfold.eof and not unfold.unused_data
    return lines if whole and _TAIL.unpack(tail) == (zlib.crc32(lines), len(lines)) else None

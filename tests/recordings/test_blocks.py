"""Blocks of a recording: what is written is read, and what is torn leaves the rest whole."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.market.kinds import Kind, Market, Side
from maemae.recordings.blocks import Summary, blocks, entries, pack
from maemae.recordings.entries import (
    Answer,
    Begun,
    Entry,
    Frame,
    Lost,
    Name,
    Registered,
    Stream,
    Traded,
    decode,
    encode,
)

MOMENTS = st.integers(0, 2**51)
COUNTS = st.integers(0, 10**15)
TEXTS = st.text(max_size=60)
ENTRIES: st.SearchStrategy[Entry] = st.one_of(
    st.builds(Begun, MOMENTS, st.just(1), st.just("live")),
    st.builds(Frame, MOMENTS, TEXTS),
    st.builds(
        Answer, MOMENTS, TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=3), st.booleans(),
        st.just(200), st.booleans(), st.dictionaries(TEXTS, TEXTS, max_size=3),
    ),
    st.builds(Registered, MOMENTS, TEXTS, TEXTS, st.booleans()),
    st.builds(Stream, MOMENTS, st.booleans(), MOMENTS),
    st.builds(Name, MOMENTS, TEXTS, TEXTS, st.sampled_from(Market), st.sampled_from(Kind)),
    st.builds(Traded, MOMENTS, TEXTS, st.sampled_from(Side), COUNTS, COUNTS),
    st.builds(Lost, MOMENTS, MOMENTS, st.integers(1, 9)),
)  # fmt: skip
SOME = st.lists(st.lists(ENTRIES, min_size=1, max_size=5), min_size=1, max_size=4)


def packed(some: list[Entry]) -> bytes:
    lines = b"".join(encode(one) for one in some)
    return pack(lines, Summary(some[0].at, some[-1].at, len(some)))


@given(ENTRIES)
def test_an_entry_is_read_as_it_was_written(entry: Entry) -> None:
    assert decode(encode(entry)) == entry
    assert encode(entry).count(b"\n") == 1


@given(SOME, st.data())
def test_a_file_that_ends_anywhere_has_the_blocks_before_that(
    tmp_path_factory: pytest.TempPathFactory, some: list[list[Entry]], data: st.DataObject
) -> None:
    file = tmp_path_factory.mktemp("blocks") / "one.jsonl.gz"
    written = [packed(one) for one in some]
    content = b"".join(written)
    cut = data.draw(st.integers(0, len(content)))
    file.write_bytes(content[:cut])
    whole, size = 0, 0
    while whole < len(written) and size + len(written[whole]) <= cut:
        size += len(written[whole])
        whole += 1
    found, complete = blocks(file)
    assert [block.summary.frames for block in found] == [len(one) for one in some[:whole]]
    assert complete is (cut == size)
    assert list(entries(file)) == [entry for one in some[:whole] for entry in one]


@given(SOME, st.data())
def test_a_byte_that_is_another_brings_no_entry_that_was_not_written(
    tmp_path_factory: pytest.TempPathFactory, some: list[list[Entry]], data: st.DataObject
) -> None:
    file = tmp_path_factory.mktemp("blocks") / "one.jsonl.gz"
    content = bytearray(b"".join(packed(one) for one in some))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    file.write_bytes(content)
    written = [entry for one in some for entry in one]
    found = list(entries(file))
    assert found == written[: len(found)]


def test_other_programs_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl.gz"
    some: list[Entry] = [Frame(1, "0|H0STCNT0|001|하나"), Stream(2, up=True, since=0)]
    file.write_bytes(packed(some) + packed(some))
    lines = gzip.decompress(file.read_bytes()).splitlines()
    assert [decode(line) for line in lines] == some + some


def test_a_block_of_more_names_than_a_header_holds_is_written_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl.gz"
    names = tuple(f"{n:06}" for n in range(20_000))
    file.write_bytes(pack(encode(Frame(1, "a")), Summary(1, 1, 1, names=names)))
    [found], whole = blocks(file)
    assert whole
    assert found.summary.names == names[: len(found.summary.names)] != ()
    assert list(entries(file)) == [Frame(1, "a")]


def test_an_entry_of_a_later_kind_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl.gz"
    lines = b'["of tomorrow",1,2]\n' + encode(Frame(1, "a"))
    file.write_bytes(pack(lines, Summary(1, 1, 1)))
    assert list(entries(file)) == [Frame(1, "a")]

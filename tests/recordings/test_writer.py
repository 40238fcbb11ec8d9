"""The writer of recordings: folders, bounds, rights, and disks that refuse."""

import errno
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from maemae.market.kinds import Kind, Market
from maemae.recordings.entries import Begun, Entry, Frame, Lost, Name, Stream
from maemae.recordings.shelf import days, entries_of, find, look, parts
from maemae.recordings.writer import BLOCK, Bounds, NoRoom, Writer
from maemae.zones import KST

DAY = date(2026, 11, 30)
PLENTY = Bounds(days=20, size=10**9)


def at(clock: str, day: date = DAY) -> int:
    moment = datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=KST)
    return int(moment.timestamp()) * 10**6


def writer(root: Path, bounds: Bounds = PLENTY, venue: str = "live", free: int = 10**12) -> Writer:
    return Writer(root, venue, bounds, free=lambda _: free)


def noise(size: int) -> str:
    """Return a text that does not get smaller."""
    state, found = 1, list[str]()
    while len(found) < size:
        state = state * 1_103_515_245 + 12_345 & 0x7FFFFFFF
        found.append(chr(33 + state % 90))
    return "".join(found)


def test_a_day_has_a_folder_and_its_entries_in_it(tmp_path: Path) -> None:
    out = writer(tmp_path)
    said: list[Entry] = [
        Frame(at("09:00:00"), "a"),
        Name(at("09:00:01"), "005930", "하나", Market.KOSPI, Kind.STOCK),
    ]
    for entry in said:
        out.add(entry)
    out.close()
    folder = tmp_path / "live" / "2026-11-30"
    assert [file.name for file in parts(folder)] == ["090000.jsonl.gz"]
    begun, *rest = entries_of(folder)
    assert begun == Begun(at("09:00:00"), 1, "live")
    assert rest == said
    found = look(folder)
    assert (found.venue, found.day, found.frames, found.names) == ("live", DAY, 1, 1)
    assert (found.first, found.last) == (at("09:00:00"), at("09:00:01"))
    assert (found.gaps, found.torn, found.lost) == ((), False, 0)


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    out = writer(tmp_path / "recordings")
    out.add(Frame(at("09:00:00"), "a"))
    out.close()
    folder = tmp_path / "recordings" / "live" / "2026-11-30"
    for path in (folder, folder.parent, folder.parent.parent):
        assert path.stat().st_mode & 0o777 == 0o700
    [file] = parts(folder)
    assert file.stat().st_mode & 0o777 == 0o600


def test_midnight_begins_another_day(tmp_path: Path) -> None:
    out = writer(tmp_path)
    next_day = DAY + timedelta(days=1)
    out.add(Frame(at("23:59:59"), "a"))
    out.add(Frame(at("00:00:00", next_day), "b"))
    out.close()
    assert [day for _, day, _ in days(tmp_path)] == [DAY, next_day]
    last = find(tmp_path, f"{next_day}")
    assert [one.text for one in entries_of(last) if isinstance(one, Frame)] == ["b"]


def test_each_file_says_once_what_is_known_of_a_name(tmp_path: Path) -> None:
    room = 10**12
    out = Writer(tmp_path, "live", PLENTY, free=lambda _: room)
    known = [
        Name(at(clock, day), "069500", "하나", Market.KOSPI, Kind.ETF)
        for day, clock in (
            (DAY, "09:00:00"),
            (DAY, "09:00:01"),
            (DAY + timedelta(days=1), "09:00:00"),
        )
    ]
    room = 0
    out.add(known[0])
    with pytest.raises(OSError, match="space"):
        out.flush()
    out.drop()
    room = 10**12
    for one in known:
        out.add(one)
        out.add(one)
    out.close()
    for day, said in ((DAY, [known[0]]), (DAY + timedelta(days=1), [known[2]])):
        folder = find(tmp_path, f"{day}")
        assert [one for one in entries_of(folder) if isinstance(one, Name)] == said
        assert look(folder).names == 1


def test_one_that_begins_again_goes_on_in_another_file_and_the_gap_is_said(tmp_path: Path) -> None:
    for start, end in (("09:00:00", "09:10:00"), ("09:20:00", "09:30:00")):
        out = writer(tmp_path)
        out.add(Frame(at(start), start))
        out.add(Frame(at(end), end))
        out.close()
    out = writer(tmp_path)
    out.add(Frame(at("09:20:00"), "of the same second, by another process"))
    out.add(Frame(at("09:40:00"), "after it"))
    out.close()
    folder = find(tmp_path, "live/2026-11-30")
    assert [file.name for file in parts(folder)] == [
        "090000.jsonl.gz", "092000.jsonl.gz", "092000-001.jsonl.gz"
    ]  # fmt: skip
    texts = [one.text for one in entries_of(folder) if isinstance(one, Frame)]
    assert texts == ["09:00:00", "09:10:00", "09:20:00", "09:30:00", "after it"]
    assert look(folder).gaps == ((at("09:10:00"), at("09:20:00")),)


def test_what_was_not_received_and_what_was_lost_are_gaps(tmp_path: Path) -> None:
    out = writer(tmp_path)
    out.add(Stream(at("09:01:00"), up=False, since=at("09:00:30")))
    out.add(Stream(at("09:02:00"), up=True, since=at("09:00:30")))
    out.add(Lost(at("09:05:00"), at("09:04:00"), 7))
    out.close()
    found = look(find(tmp_path, "2026-11-30"))
    assert found.gaps == (
        (at("09:00:30"), at("09:02:00")),
        (at("09:04:00"), at("09:05:00")),
    )
    assert found.lost == 7


def test_the_latest_days_are_kept_of_each_venue(tmp_path: Path) -> None:
    for n in range(5):
        out = writer(tmp_path, Bounds(days=3, size=10**9))
        out.add(Frame(at("09:00:00", DAY + timedelta(days=n)), "a"))
        out.close()
    out = writer(tmp_path, Bounds(days=3, size=10**9), "sim")
    out.add(Frame(at("09:00:00"), "a"))
    out.close()
    kept = [(venue, day) for venue, day, _ in days(tmp_path)]
    assert kept == [
        ("sim", DAY), *(("live", DAY + timedelta(days=n)) for n in (2, 3, 4))
    ]  # fmt: skip


def test_the_earliest_day_makes_room_and_then_nothing_more_is_written(tmp_path: Path) -> None:
    text = noise(100_000)
    bounds = Bounds(days=20, size=300_000)
    for n in range(2):
        out = writer(tmp_path, bounds)
        out.add(Frame(at("09:00:00", DAY + timedelta(days=n)), text))
        out.close()
    out = writer(tmp_path, bounds)
    last = DAY + timedelta(days=2)
    wrote = 0

    def write() -> None:
        nonlocal wrote
        out.add(Frame(at("09:00:00", last) + wrote, text))
        out.flush()
        wrote += 1

    write()
    assert [day for _, day, _ in days(tmp_path)] == [DAY, DAY + timedelta(days=1), last]
    write()
    assert [day for _, day, _ in days(tmp_path)] == [DAY + timedelta(days=1), last]
    with pytest.raises(NoRoom):
        deque(iter(write, "until it raises"), maxlen=0)
    assert out.drop() == (1, at("09:00:00", last) + wrote)
    assert [day for _, day, _ in days(tmp_path)] == [last]
    assert sum(file.stat().st_size for file in parts(find(tmp_path, f"{last}"))) <= 300_000
    assert look(find(tmp_path, f"{last}")).frames == wrote >= 3


def test_the_last_of_a_disk_is_left_to_the_ledger(tmp_path: Path) -> None:
    out = writer(tmp_path, Bounds(days=20, size=10**9, free=10**6), free=10**6)
    out.add(Frame(at("09:00:00"), "a"))
    with pytest.raises(OSError, match="space") as raised:
        out.flush()
    assert raised.value.errno == errno.ENOSPC
    assert out.drop() == (1, at("09:00:00"))
    assert parts(tmp_path / "live" / "2026-11-30") == []


def test_a_block_is_written_as_soon_as_it_is_full(tmp_path: Path) -> None:
    out = writer(tmp_path)
    out.add(Frame(at("09:00:00"), noise(BLOCK)))
    assert look(find(tmp_path, f"{DAY}")).frames == 1
    out.close()


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    out = writer(tmp_path)
    out.add(Frame(at("09:00:00"), "a"))
    out.close()
    folder = find(tmp_path, f"{DAY}")
    (folder / "100000.jsonl.gz").symlink_to("/dev/zero")
    (folder / "110000.jsonl.gz").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "120000.jsonl.gz")
    assert look(folder).frames == 1
    assert len(list(entries_of(folder))) == 2


def mask(line: bytes) -> bytes:
    return line.replace(b"secret", b"*")


def test_lines_lose_what_must_not_be_in_them(tmp_path: Path) -> None:
    hide: Callable[[bytes], bytes] = mask
    out = Writer(tmp_path, "live", PLENTY, hide, free=lambda _: 10**12)
    out.add(Frame(at("09:00:00"), "a secret here"))
    out.close()
    [frame] = [one for one in entries_of(find(tmp_path, f"{DAY}")) if isinstance(one, Frame)]
    assert frame.text == "a * here"


KILLED = """
import os, signal, sys
from pathlib import Path
from maemae.recordings.entries import Frame
from maemae.recordings.writer import Bounds, Writer

out = Writer(Path(sys.argv[1]), "live", Bounds(20, 10**9), free=lambda _: 10**12)
for n in range(100):
    out.add(Frame(int(sys.argv[2]) + n, f"{n}"))
    if n % 30 == 29:
        out.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_one_that_is_killed_leaves_what_was_written_as_whole_blocks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(at("09:00:00"))], check=False
    )
    assert done.returncode == -9
    frames = [one for one in entries_of(find(tmp_path, f"{DAY}")) if isinstance(one, Frame)]
    assert [one.text for one in frames] == [f"{n}" for n in range(90)]

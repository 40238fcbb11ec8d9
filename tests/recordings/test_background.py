"""The thread that writes: nothing it meets comes back to who hands something over."""

import errno
import threading
from pathlib import Path

from maemae.recordings import background
from maemae.recordings.background import Background
from maemae.recordings.entries import Entry, Frame, Lost
from maemae.recordings.writer import Bounds, NoRoom, Writer

START = 1_796_000_000_000_000


class Disk(Writer):
    """A writer whose disk fails as it is told; keeps what it took, block by block."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"), "live", Bounds(1, 1))
        self.taken: list[Entry] = []
        self.gathered: list[Entry] = []
        self.fails: BaseException | None = None

    def add(self, entry: Entry) -> None:
        self.gathered.append(entry)

    def flush(self) -> None:
        if self.gathered and self.fails is not None:
            raise self.fails
        self.taken += self.gathered
        self.gathered = []

    def drop(self) -> tuple[int, int]:
        gone = sum(not isinstance(one, Lost) for one in self.gathered)
        first = self.gathered[0].at if self.gathered else 0
        self.gathered = []
        return gone, first

    def close(self) -> None:
        self.flush()


class Bench:
    """A background whose turns are taken by hand, and a clock that is set."""

    def __init__(self) -> None:
        self.disk = Disk()
        self.said: list[tuple[str, str]] = []
        self.now = 0.0
        told = self.said
        self.out = Background(
            self.disk, lambda *said: told.append(said), lambda: self.now, look=0.0
        )
        self.count = 0

    def put(self, size: int = 10) -> Frame:
        entry = Frame(START + self.count, f"{self.count}")
        self.count += 1
        self.out.put(entry.at, lambda: [entry], size)
        return entry

    def turn(self, seconds: float = 0.0) -> None:
        self.now += seconds
        self.out._turn()

    def texts(self) -> list[str]:
        return [one.text for one in self.disk.taken if isinstance(one, Frame)]


def test_what_is_handed_over_is_written_in_order_and_within_seconds() -> None:
    bench = Bench()
    for _ in range(3):
        bench.put()
    bench.turn()
    assert bench.texts() == []
    bench.put()
    bench.turn(background.EVERY)
    assert bench.texts() == ["0", "1", "2", "3"]
    assert bench.said == []


def test_a_full_disk_is_said_once_tried_each_minute_and_said_when_it_is_over() -> None:
    bench = Bench()
    bench.disk.fails = OSError(errno.ENOSPC, "no space", "/x")
    for _ in range(3):
        bench.put()
    bench.turn(background.EVERY)
    for _ in range(3):
        bench.put()
        bench.turn(background.AGAIN + 1)
    assert bench.said == [("disk_full", "/x")]
    bench.put()
    bench.turn(1)
    bench.disk.fails = None
    bench.put()
    bench.turn(background.AGAIN)
    assert bench.said == [("disk_full", "/x"), ("", "7")]
    lost = [one for one in bench.disk.taken if isinstance(one, Lost)]
    assert [(one.count, one.since) for one in lost] == [(7, START)]
    assert bench.texts() == ["7"]
    bench.put()
    bench.turn(background.EVERY)
    assert bench.texts() == ["7", "8"]


def test_what_is_not_kept_is_not_lost_and_tries_no_disk() -> None:
    bench = Bench()
    bench.disk.fails = OSError(errno.ENOSPC, "no space", "/x")
    bench.put()
    bench.turn(background.EVERY)
    bench.disk.fails = None
    bench.out.put(START, list, 10)
    bench.turn(1)
    bench.out.put(START, list, 10)
    bench.turn(background.AGAIN)
    bench.put()
    bench.turn(1)
    assert bench.said == [("disk_full", "/x"), ("", "1")]


def test_other_refusals_have_their_own_names() -> None:
    for error, why in (
        (PermissionError(errno.EACCES, "denied", "/x"), ("unwritable", "/x")),
        (NoRoom(), ("bound", "")),
    ):
        bench = Bench()
        bench.disk.fails = error
        bench.put()
        bench.turn(background.EVERY)
        assert bench.said == [why]


def test_what_comes_faster_than_the_disk_takes_it_is_lost_and_counted() -> None:
    bench = Bench()
    for _ in range(5):
        bench.put(background.WAITING // 3)
    bench.turn(background.EVERY)
    assert bench.texts() == ["0", "1", "2"]
    assert bench.said == [("slow", "")]
    bench.put()
    bench.turn(background.EVERY)
    assert bench.said == [("slow", ""), ("", "2")]
    assert bench.texts() == ["0", "1", "2", "5"]
    [lost] = [one for one in bench.disk.taken if isinstance(one, Lost)]
    assert (lost.count, lost.since) == (2, START + 3)


def test_a_fault_of_ours_ends_the_recording_and_nothing_else() -> None:
    bench = Bench()
    bench.disk.fails = ZeroDivisionError()
    bench.put()
    bench.now = background.EVERY
    bench.out._run()
    assert bench.said == [("broken", "ZeroDivisionError")]
    bench.put()
    assert bench.texts() == []
    assert bench.out.close(0)


def test_the_end_writes_what_is_left() -> None:
    bench = Bench()
    bench.out.start()
    for _ in range(100):
        bench.put()
    assert bench.out.close(60)
    assert bench.texts() == [f"{n}" for n in range(100)]


def test_a_disk_that_hangs_keeps_nobody_from_ending() -> None:
    bench, let_go = Bench(), threading.Event()
    began = threading.Event()

    def hang() -> list[Entry]:
        began.set()
        let_go.wait()
        return []

    bench.out.put(START, hang, 1)
    bench.out.start()
    assert began.wait(60)
    bench.put()
    assert not bench.out.close(0)
    let_go.set()
    bench.out._thread.join(60)
    assert bench.texts() == ["0"]

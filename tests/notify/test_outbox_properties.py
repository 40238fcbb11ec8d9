"""What holds of the queue of a channel, whatever is put into it."""

from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from maemae.clock import KST
from maemae.notify.messages import Kind, message
from maemae.notify.outbox import Key, Outbox, Waiting

AT = datetime(2026, 11, 20, 9, tzinfo=KST)
PUTS = st.lists(st.tuples(st.sampled_from(Kind), st.text("ab", max_size=2)), max_size=40)


@given(PUTS, st.integers(1, 10))
def test_what_must_arrive_is_never_dropped_and_what_is_dropped_is_counted(
    puts: list[tuple[Kind, str]], limit: int
) -> None:
    outbox = Outbox(limit=limit)
    for now, (kind, text) in enumerate(puts):
        outbox.put(message(kind, AT, text), now)
    waiting = outbox.peek(len(puts))
    assert sum(entry.times for entry in waiting) + outbox.dropped == len(puts)
    must = [one for one in (message(k, AT, t) for k, t in puts) if one.must_arrive]
    kept = [entry for entry in waiting if entry.message.must_arrive]
    assert sum(entry.times for entry in kept) == len(must)
    assert len(waiting) - len(kept) <= limit


@given(PUTS, st.integers(1, 5), st.integers(1, 5))
def test_alarms_beyond_their_bound_are_counted_and_the_oldest_stay(
    puts: list[tuple[Kind, str]], limit: int, most: int
) -> None:
    outbox = Outbox(limit=limit, most=most)
    for now, (kind, text) in enumerate(puts):
        outbox.put(message(kind, AT, text), now)
    waiting = outbox.peek(len(puts))
    told = sum(entry.times for entry in waiting)
    assert told + outbox.dropped + outbox.more == len(puts)
    alarms = [entry.message.text for entry in waiting if entry.message.must_arrive]
    assert len(alarms) <= most
    came = [text for kind, text in puts if message(kind, AT, text).must_arrive]
    assert alarms[:1] == came[:1]


def test_putting_an_alarm_does_not_look_at_those_that_wait() -> None:
    """A channel that is away while a day goes wrong must not hold up the loop that sells."""
    looks = 0

    class Counted(OrderedDict[Key, Waiting]):
        def __iter__(self) -> Iterator[Key]:
            nonlocal looks
            looks += 1
            return super().__iter__()

        def items(self) -> Any:
            nonlocal looks
            looks += 1
            return super().items()

        def values(self) -> Any:
            nonlocal looks
            looks += 1
            return super().values()

    outbox = Outbox(limit=5, _waiting=Counted())
    for n in range(50):
        outbox.put(message(Kind.LOST, AT, f"{n}"), n / 100)
        outbox.put(message(Kind.FILLED, AT, f"{n}"), n / 100)
    assert looks == 0
    assert (len(outbox), outbox.dropped) == (55, 45)


@given(PUTS)
def test_what_is_told_again_within_its_time_is_held_back_and_then_told(
    puts: list[tuple[Kind, str]],
) -> None:
    outbox = Outbox(limit=1_000, repeat_after=60)
    for kind, text in puts:
        outbox.put(message(kind, AT, text), 0)
    first = outbox.peek(0)
    outbox.delivered(first, 0)
    assert outbox.peek(0) == []
    for kind, text in puts:
        outbox.put(message(kind, AT, text), 1)
    soon, late = outbox.peek(59), outbox.peek(60)
    assert len(soon) <= len(late)
    assert sum(entry.times for entry in late) == len(puts)

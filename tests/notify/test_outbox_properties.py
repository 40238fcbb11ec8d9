"""What holds of the queue of a channel, whatever is put into it."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from maemae.clock import KST
from maemae.notify.messages import Kind, message
from maemae.notify.outbox import Outbox

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

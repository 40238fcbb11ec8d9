"""What holds of the shell's small parts, whatever arrives."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from maemae.clock import KST
from maemae.desk.events import Event, Price, Timer
from maemae.desk.records import Halt
from maemae.kis import Ahead
from maemae.trader import clockcheck, haltfile
from maemae.trader.inbox import Inbox

NOW = datetime(2026, 11, 20, 9, tzinfo=KST)
EVENTS = st.lists(
    st.builds(Timer, at=st.just(NOW), name=st.text(max_size=3))
    | st.builds(
        Price,
        at=st.just(NOW),
        code=st.sampled_from(["005930", "000660"]),
        price=st.integers(1, 99),
        polled=st.booleans(),
    )
)
SPANS = st.tuples(st.floats(-99, 99), st.floats(0, 30)).map(
    lambda span: Ahead(timedelta(seconds=span[0]), timedelta(seconds=span[0] + span[1]), NOW)
)


@given(EVENTS)
def test_the_inbox_loses_nothing_but_outdated_prices(events: list[Event]) -> None:
    inbox = Inbox()
    for event in events:
        inbox.put(event)
    taken = []
    while (next_ := inbox.take()) is not None:
        taken.append(next_)
    told = [event for event in events if not isinstance(event, Price)]
    prices = [event for event in events if isinstance(event, Price)]
    latest = {(event.code, event.polled): event for event in prices}
    assert taken[: len(told)] == told
    left = [event for event in taken[len(told) :] if isinstance(event, Price)]
    assert {(event.code, event.polled): event for event in left} == latest
    assert {e.code: e for e in left} == {e.code: e for e in prices}
    assert inbox.dropped == len(events) - len(taken)


@given(st.text())
def test_a_halt_file_never_resumes_whatever_it_says(text: str) -> None:
    level = haltfile._level(text.strip().lower())
    assert level is not Halt.NONE
    assert level is Halt.ALL or level.value == text.strip().lower()


@given(st.lists(SPANS, min_size=1, max_size=3))
def test_the_clock_is_off_by_no_more_than_any_server_says(spans: list[Ahead]) -> None:
    off = clockcheck.agreed(spans)
    assert all(abs(off) <= abs(span.certain) for span in spans)
    assert any(off == span.certain for span in spans)
    if any(span.least <= timedelta(0) <= span.most for span in spans):
        assert off == timedelta(0)

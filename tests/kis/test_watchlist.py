import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kis.broker import Broker, FakeClock

from maemae.kis import Feed, KisClient, Watchlist, Wish


def wishes(*scores: float, feed: str = Feed.TICKS) -> list[Wish]:
    return [Wish(feed, f"{n:06d}", score=score) for n, score in enumerate(scores)]


async def test_the_most_wanted_are_streamed_and_the_rest_is_named(
    kis: KisClient, broker: Broker, clock: FakeClock
) -> None:
    await kis.stream.start()
    watch = Watchlist(kis.stream, clock)
    pinned = [Wish(Feed.NOTICES, "tester", pinned=True)]
    polled = await watch.assign(pinned + wishes(*range(50)))
    assert len(watch.streamed) == 41
    assert [wish.key for wish in polled] == [f"{n:06d}" for n in range(10)]
    assert ("H0STCNI0", "tester") in broker.registered


async def test_a_slightly_better_name_waits_and_a_position_does_not(
    kis: KisClient, broker: Broker, clock: FakeClock
) -> None:
    await kis.stream.start()
    watch = Watchlist(kis.stream, clock, capacity=2, hold=60)
    await watch.assign(wishes(1, 2))
    better = [*wishes(1, 2), Wish(Feed.TICKS, "000009", score=3)]
    polled = await watch.assign(better)
    assert [wish.key for wish in polled] == ["000009"], "both were streamed only just now"
    position = Wish(Feed.TICKS, "000008", pinned=True)
    polled = await watch.assign([*better, position])
    assert [wish.key for wish in polled] == ["000000", "000009"]
    await clock.sleep(120)
    await watch.assign([*better, position])
    assert {entry.key for entry in watch.streamed} == {"000008", "000009"}
    assert len(broker.registered) == 2


async def test_a_name_that_is_no_longer_wished_for_stays_until_its_place_is_needed(
    kis: KisClient, broker: Broker, clock: FakeClock
) -> None:
    await kis.stream.start()
    watch = Watchlist(kis.stream, clock, capacity=2, hold=60)
    await watch.assign(wishes(1, 2))
    heard = len(broker.heard)
    await watch.assign([])
    await watch.assign(wishes(1, 2))
    assert len(broker.heard) == heard, "no flapping"
    await watch.assign([Wish(Feed.TICKS, "000009")])
    assert {entry.key for entry in watch.streamed} == {"000001", "000009"}


async def test_more_pinned_than_there_is_room_is_an_error(kis: KisClient, clock: FakeClock) -> None:
    watch = Watchlist(kis.stream, clock, capacity=1)
    with pytest.raises(ValueError, match="2 pinned"):
        watch.choose([Wish(Feed.TICKS, "1", pinned=True), Wish(Feed.TICKS, "2", pinned=True)])


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.floats(0, 9)), max_size=60))
def test_never_more_than_there_is_room_and_pinned_first(
    rows: list[tuple[int, bool, float]],
) -> None:
    asked = {n: Wish(Feed.TICKS, str(n), pinned=pin and n < 40, score=s) for n, pin, s in rows}
    watch = Watchlist(None, FakeClock(), capacity=41)  # type: ignore[arg-type]
    chosen = watch.choose(asked.values())
    assert len(chosen) == min(41, len(asked))
    assert {w for w in asked.values() if w.pinned} <= set(chosen)
    left = [wish.score for wish in asked.values() if wish not in chosen]
    scores = [wish.score for wish in chosen if not wish.pinned]
    assert not left or not scores or max(left) <= min(scores)

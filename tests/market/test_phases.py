from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.clock import KST
from maemae.errors import DataError
from maemae.market.calendar import krx
from maemae.market.order_kinds import (
    Duration,
    Pricing,
    find_order_kind,
    lives_until,
    order_kind,
    order_kinds,
)
from maemae.market.phases import PhaseKind, Venue, first_start, last_end, phases

NOW, BEFORE = date(2026, 11, 20), date(2026, 9, 11)
EXAM_2025, EXAM_2026, FIRST = date(2025, 11, 13), date(2026, 11, 19), date(2026, 1, 2)

sessions = st.sampled_from(krx().sessions(date(2010, 1, 4), date(2027, 12, 30)))


def spans(day: date, venue: Venue) -> dict[str, tuple[str, str]]:
    return {
        phase.kind.value: (f"{phase.start:%H:%M:%S}", f"{phase.end:%H:%M:%S}")
        for phase in phases(krx().session(day), venue)
    }


def test_an_ordinary_day_since_the_after_market() -> None:
    assert spans(NOW, Venue.KRX) == {
        "pre_close_price": ("08:30:00", "08:40:00"),
        "opening_auction": ("08:30:00", "09:00:00"),
        "continuous": ("09:00:00", "15:20:00"),
        "closing_auction": ("15:20:00", "15:30:00"),
        "post_close_price": ("15:40:00", "16:00:00"),
        "after_market": ("16:00:00", "20:00:00"),
    }
    assert spans(NOW, Venue.NXT) == {
        "pre_market": ("08:00:00", "08:50:00"),
        "continuous": ("09:00:30", "15:20:00"),
        "after_market": ("15:40:00", "20:00:00"),
    }


def test_the_off_hours_single_price_ended_with_the_after_market() -> None:
    assert spans(BEFORE, Venue.KRX)["single_price"] == ("16:00:00", "18:00:00")
    assert "after_market" not in spans(BEFORE, Venue.KRX)
    assert "single_price" not in spans(date(2026, 9, 14), Venue.KRX)


def test_exam_day() -> None:
    day = spans(EXAM_2025, Venue.KRX)
    assert day["pre_close_price"] == ("09:30:00", "09:40:00")
    assert day["closing_auction"] == ("16:20:00", "16:30:00")
    assert day["post_close_price"] == ("16:40:00", "17:00:00")
    assert day["single_price"] == ("17:00:00", "18:00:00")
    assert spans(EXAM_2025, Venue.NXT) == {
        "continuous": ("10:00:30", "16:20:00"),
        "after_market": ("16:40:00", "20:00:00"),
    }
    doubtful = [p.kind for p in phases(krx().session(EXAM_2026), Venue.KRX) if not p.certain]
    assert doubtful == [PhaseKind.AFTER_MARKET]


def test_first_day_of_the_year() -> None:
    day = spans(FIRST, Venue.KRX)
    assert day["continuous"] == ("10:00:00", "15:20:00")
    assert day["post_close_price"] == ("15:40:00", "16:00:00")
    assert "pre_market" not in spans(FIRST, Venue.NXT)


def test_nxt_opened_on_2025_03_04() -> None:
    assert spans(date(2025, 2, 28), Venue.NXT) == {}
    assert spans(date(2025, 3, 4), Venue.NXT)


def test_sor_is_no_place() -> None:
    with pytest.raises(ValueError, match="SOR"):
        phases(krx().session(NOW), Venue.SOR)


@given(sessions)
def test_phases_follow_each_other(day: date) -> None:
    for venue in (Venue.KRX, Venue.NXT):
        found = phases(krx().session(day), venue)
        trading = [p for p in found if p.kind is not PhaseKind.PRE_CLOSE_PRICE]
        for phase in found:
            assert phase.orders_from <= phase.start < phase.end
        for before, after in pairwise(trading):
            assert before.end <= after.start


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        (time(8, 59, 59), PhaseKind.OPENING_AUCTION),
        (time(9), PhaseKind.CONTINUOUS),
        (time(15, 20), PhaseKind.CLOSING_AUCTION),
        (time(15, 30), None),
        (time(19, 59), PhaseKind.AFTER_MARKET),
        (time(20), None),
    ],
)
def test_a_start_belongs_to_its_phase_and_an_end_does_not(at: time, kind: PhaseKind | None) -> None:
    moment = datetime.combine(NOW, at, KST)
    of_the_day = phases(krx().session(NOW), Venue.KRX)
    assert next((p.kind for p in of_the_day if p.start <= moment < p.end), None) == kind


def test_orders_are_taken_before_the_phase_trades() -> None:
    post = phases(krx().session(NOW), Venue.KRX)[4]
    assert post.orders_from <= post.start - timedelta(minutes=5)


def codes(phase: PhaseKind, venue: Venue, on: date) -> list[str]:
    return [kind.code for kind in order_kinds(phase, venue, on)]


def test_order_kinds_by_phase() -> None:
    assert codes(PhaseKind.OPENING_AUCTION, Venue.KRX, NOW) == ["00", "01", "02"]
    assert codes(PhaseKind.CLOSING_AUCTION, Venue.KRX, NOW) == ["00", "01"]
    assert codes(PhaseKind.AFTER_MARKET, Venue.KRX, NOW) == [str(n) for n in range(41, 48)]
    assert codes(PhaseKind.AFTER_MARKET, Venue.KRX, BEFORE) == []
    assert codes(PhaseKind.SINGLE_PRICE, Venue.KRX, BEFORE) == ["07"]
    assert codes(PhaseKind.SINGLE_PRICE, Venue.KRX, NOW) == []
    assert codes(PhaseKind.PRE_MARKET, Venue.NXT, NOW) == ["00", "27", "28", "29"]
    assert codes(PhaseKind.AFTER_MARKET, Venue.NXT, NOW) == ["00"]
    assert "21" not in codes(PhaseKind.CONTINUOUS, Venue.KRX, date(2025, 2, 28))
    assert "21" in codes(PhaseKind.CONTINUOUS, Venue.KRX, NOW)


def test_no_immediate_orders_in_an_auction() -> None:
    for phase in (PhaseKind.OPENING_AUCTION, PhaseKind.CLOSING_AUCTION):
        assert {k.duration for k in order_kinds(phase, Venue.KRX, NOW)} == {Duration.DAY}


def test_an_order_kind_by_code() -> None:
    assert order_kind("01").pricing is Pricing.MARKET
    assert not order_kind("01").needs_price
    assert order_kind("02").needs_price
    with pytest.raises(DataError, match="no order kind '99'"):
        order_kind("99")


@pytest.mark.parametrize(
    "text", ["06", "post-close", "Post_Close", "장후 시간외종가", "장후시간외종가"]
)
def test_an_order_kind_as_people_call_it(text: str) -> None:
    assert find_order_kind(text).code == "06"


def test_an_order_kind_that_nobody_knows() -> None:
    with pytest.raises(DataError, match=r"'?overnight.*post-close \(06\)"):
        find_order_kind("overnight")


def test_words_of_order_kinds_are_not_alike() -> None:
    kinds = [
        order_kind(f"{n:02}")
        for n in (*range(8), *range(11, 17), *range(21, 25), *range(27, 30), *range(41, 48))
    ]
    assert len({kind.word for kind in kinds}) == len({kind.name for kind in kinds}) == len(kinds)
    assert {kind.code for kind in kinds if kind.on_virtual} == {"00", "01", "02", "03", "04"}


def until(code: str, venue: Venue, at: time, day: date = NOW) -> time | None:
    moment = datetime.combine(day, at, KST)
    found = lives_until(order_kind(code), venue, krx().session(day), moment)
    return None if found is None else found.time()


@pytest.mark.parametrize(
    ("code", "venue", "at", "end"),
    [
        ("00", Venue.KRX, time(8, 30), time(15, 30)),
        ("00", Venue.KRX, time(8, 29, 59), None),
        ("00", Venue.KRX, time(15, 30), None),
        ("00", Venue.NXT, time(8), time(20)),
        ("00", Venue.NXT, time(8, 50), None),
        ("00", Venue.NXT, time(15, 30), time(20)),
        ("00", Venue.SOR, time(8, 10), time(20)),
        ("00", Venue.SOR, time(20), None),
        ("01", Venue.SOR, time(10), time(15, 30)),
        ("01", Venue.NXT, time(10), None),
        ("06", Venue.KRX, time(15, 30), time(16)),
        ("06", Venue.KRX, time(15, 29), None),
        ("41", Venue.KRX, time(16), time(20)),
        ("41", Venue.NXT, time(16), None),
        ("07", Venue.KRX, time(16, 30), None),
        ("27", Venue.NXT, time(8, 49), time(8, 50)),
    ],
)
def test_until_when_an_order_lives(code: str, venue: Venue, at: time, end: time | None) -> None:
    assert until(code, venue, at) == end


def test_the_single_price_before_the_after_market() -> None:
    assert until("07", Venue.KRX, time(16, 30), BEFORE) == time(18)
    assert until("41", Venue.KRX, time(16, 30), BEFORE) is None


def test_the_first_and_the_last_session_of_a_day() -> None:
    session = krx().session(NOW)
    assert (first_start(session).time(), last_end(session).time()) == (time(8), time(20))
    early = krx().session(date(2022, 6, 2))
    assert (first_start(early).time(), last_end(early).time()) == (time(8, 30), time(18))

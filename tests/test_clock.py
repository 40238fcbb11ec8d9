from datetime import datetime, timedelta

import pytest

from maemae.clock import KST, ScaledClock, SystemClock


def test_a_scaled_clock_starts_where_told_and_runs_faster() -> None:
    start = datetime(2026, 11, 20, 9, 0, tzinfo=KST)
    clock = ScaledClock(start, speed=1e6)
    while clock.monotonic() < 3600:
        pass
    assert clock.now() - start >= timedelta(hours=1)


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_clock_cannot_stand_still_or_go_back(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        ScaledClock(datetime(2026, 11, 20, tzinfo=KST), speed)


def test_a_clock_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        ScaledClock(datetime(2026, 11, 20), 1)  # noqa: DTZ001 - the mistake under test


def test_the_system_clock_speaks_korean_time() -> None:
    assert SystemClock().now().utcoffset() == timedelta(hours=9)

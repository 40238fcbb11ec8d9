"""How long dated files are kept: days, weeks, months, and the last of all in any case."""

from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from maemae.clock import KST
from maemae.trader.keep_settings import KeepSettings, outlived
from maemae.trader.watchdog import open_watchdog

TODAY = date(2026, 11, 30)
LAST = datetime(2026, 11, 30, 16, tzinfo=KST)
MOMENTS = st.integers(0, 1_000).map(lambda hours: LAST - timedelta(hours=hours * 23))


def named(at: datetime) -> Path:
    return Path(f"maemae-{at:%Y%m%d-%H%M%S}.zip")


def test_a_year_of_nights_leaves_days_weeks_and_months() -> None:
    nights = [LAST - timedelta(days=n) for n in range(400)]
    gone = outlived([named(at) for at in nights], KeepSettings(), TODAY)
    left = [at for at in nights if named(at) not in gone]
    assert left[:14] == nights[:14]
    assert [f"{at:%m-%d}" for at in left[14:]] == [
        "11-15", "11-08", "11-01", "10-31", "10-25", "10-18", "09-30", "08-31", "07-31",
        "06-30", "05-31", "04-30", "03-31", "02-28", "01-31", "12-31",
    ]  # fmt: skip
    assert gone == sorted(gone)


@given(
    st.lists(MOMENTS, unique=True),
    st.builds(KeepSettings, days=st.integers(0, 30), weeks=st.integers(0, 9),
              months=st.integers(0, 9)),
)  # fmt: skip
def test_the_last_is_kept_and_once_is_enough(moments: list[datetime], keep: KeepSettings) -> None:
    files = [named(at) for at in moments]
    gone = outlived(files, keep, TODAY)
    left = [file for file in files if file not in gone]
    assert bool(left) is bool(files)
    if files:
        assert max(files) in left
    assert outlived(left, keep, TODAY) == []
    first = f"{TODAY - timedelta(days=keep.days):%Y%m%d}"
    recent = [file for file in files if file.name[7:15] > first]
    assert not keep.days or set(recent) <= set(left)
    assert keep.days or not gone


def test_what_has_no_date_in_its_name_is_left_alone() -> None:
    mine = [Path("maemae-old.zip"), Path("maemae-20200101-160000.zip.part"), Path("notes.txt"),
            Path("maemae-20209999-160000.zip")]  # fmt: skip
    dated = [named(datetime(2020, 1, day, tzinfo=KST)) for day in (1, 2)]
    gone = outlived([*mine, *dated], KeepSettings(weeks=0, months=0), TODAY)
    assert gone == dated[:1]


def test_what_hung_traders_left_goes_by_the_same_rule(tmp_path: Path) -> None:
    for day in range(1, 29):
        (tmp_path / f"stacks-202001{day:02}-100000.txt").touch()
    with open_watchdog({}, tmp_path, None, KeepSettings(weeks=0, months=1)):
        pass
    assert [one.name for one in tmp_path.glob("stacks-*.txt")] == ["stacks-20200128-100000.txt"]

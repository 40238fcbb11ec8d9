"""Profiles are read as they were written, and what is none is refused with its place."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.errors import DataError
from maemae.profile.facts import NUMBERS, Fact, How, Known
from maemae.profile.file import parse_profile, read_profile, shared, text_of, write_profile
from maemae.profile.observed import Observed, Time, codes_in, read_observed, write_observed

DAY = date(2026, 12, 1)


@st.composite
def facts(draw: st.DrawFn) -> dict[tuple[Fact, How], Known]:
    chosen = {}
    for fact in draw(st.sets(st.sampled_from(Fact))):
        how = draw(st.sampled_from(How))
        value = draw(st.integers(1, 3_600) if fact in NUMBERS else st.booleans())
        seconds = draw(st.none() | st.integers(0, 3_600))
        chosen[fact, how] = Known(value, how, draw(st.dates()), seconds)
    return chosen


@given(given_facts=facts())
def test_what_is_written_is_read(given_facts: dict[tuple[Fact, How], Known]) -> None:
    assert parse_profile(text_of("virtual", given_facts), "x") == ("virtual", given_facts)


ROW = '[[fact]]\nname = "silence"\nvalue = 45\nhow = "probed"\nsince = 2026-12-01\n'
HEAD = 'format = 1\npersonality = "real"\n'


@pytest.mark.parametrize(
    "text",
    [
        "", 'format = 2\npersonality = "real"\n', 'format = 1\npersonality = "live"\n',
        HEAD + "fact = 1\n", HEAD + "more = 1\n",
        HEAD + ROW.replace("silence", "noise"), HEAD + ROW.replace("45", "true"),
        HEAD + ROW.replace("45", "0"), HEAD + ROW.replace("45", "1.5"),
        HEAD + ROW.replace("probed", "guessed"), HEAD + ROW.replace("2026-12-01", '"today"'),
        HEAD + ROW + "seconds = -1\n", HEAD + ROW + 'token = "x"\n',
        HEAD + ROW.replace("silence", "notices-come"),
    ],
)  # fmt: skip
def test_what_is_no_profile_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="place"):
        parse_profile(text, "place")


def test_a_shared_profile_accepts_nothing_for_others(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    one = Known(True, How.ACCEPTED, DAY, 1)
    write_profile(path, "real", {(Fact.LIST_PROMPT, How.ACCEPTED): one})
    assert read_profile(path)[1] == {(Fact.LIST_PROMPT, How.ACCEPTED): one}
    assert shared(path).beliefs().granted == {}
    assert path.stat().st_mode & 0o077 == 0


def test_seen_three_times_is_known_and_seen_both_ways_is_a_no() -> None:
    seen = Observed()
    for _ in range(2):
        seen.saw(Fact.NOTICES_COME, DAY, holds=True)
    assert seen.known() == {}
    seen.saw(Fact.NOTICES_COME, DAY, holds=True, seconds=2)
    assert seen.known() == {Fact.NOTICES_COME: Known(True, How.OBSERVED, DAY, 2)}
    seen.saw(Fact.NOTICES_COME, DAY, holds=False)
    assert seen.known() == {}
    for _ in range(2):
        seen.saw(Fact.NOTICES_COME, DAY, holds=False)
    assert seen.known() == {Fact.NOTICES_COME: Known(False, How.OBSERVED, DAY, 2)}


def test_what_was_seen_is_kept(tmp_path: Path) -> None:
    seen = Observed()
    seen.saw(Fact.LIST_PROMPT, DAY, holds=False, seconds=9, weight=3)
    for n in range(600):
        seen.timed(Time.REPLY, n)
    seen.coded("APBK0013")
    path = tmp_path / "folder" / "seen.json"
    assert read_observed(path) == Observed()
    write_observed(path, seen)
    assert read_observed(path) == seen
    assert seen.part(Time.REPLY, 0.5) == 350
    assert seen.part(Time.REPLY, 1.0) == 599
    assert seen.part(Time.GAP, 0.5) is None
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("{")
    with pytest.raises(DataError, match=r"seen\.json"):
        read_observed(path)


def test_codes_are_told_from_words() -> None:
    said = ["EGW00201 초당 거래건수를 초과", "40330000: x", "TIMEOUTS later", "HTTP 500", ""]
    assert codes_in(said) == ["EGW00201", "40330000"]

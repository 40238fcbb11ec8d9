"""A profile becomes more careful by itself, and less careful by its owner alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.profile.facts import NUMBERS, TABLE, TWELVE, Careful, Fact, How, Known
from maemae.profile.profile import Profile
from maemae.profile.words import denials, hows, meanings

DAY = date(2026, 12, 1)
EVIDENCE = (How.PROBED, How.OBSERVED)


def found(value: bool | int, how: How = How.PROBED, day: date = DAY, n: int | None = None) -> Known:
    return Known(value, how, day, n)


def test_every_fact_is_in_the_table_and_has_its_words() -> None:
    assert set(TABLE) == set(Fact) == set(meanings())
    assert set(hows()) == set(How)
    assert set(denials()) <= set(Fact)
    assert len(set(TWELVE)) == 12
    for fact, about in TABLE.items():
        assert (about.careful is Careful.NO) == (fact not in NUMBERS) or fact in (
            Fact.CALLS_PER_SECOND, Fact.REGISTRATIONS, Fact.SILENCE, Fact.TOKEN_INTERVAL,
        )  # fmt: skip


def test_what_is_shipped_is_only_assumed() -> None:
    profile = Profile("real")
    assert profile.in_force(Fact.SELLABLE_SHRINKS).how is How.ASSUMED
    assert profile.beliefs().granted == {}
    assert profile.beliefs().denied == {}
    assert profile.number(Fact.CALLS_PER_SECOND) == 18
    assert Profile("virtual").number(Fact.CALLS_PER_SECOND) == 1
    assert not any(profile.shown(fact) for fact in TWELVE)


@pytest.mark.parametrize("how", EVIDENCE)
def test_a_no_counts_at_once(how: How) -> None:
    seen = {Fact.LIST_PROMPT: found(False, how, n=9)}
    profile = Profile("real", kept=seen) if how is How.PROBED else Profile("real", observed=seen)
    assert profile.beliefs().denied == {Fact.LIST_PROMPT: 9}
    assert profile.offered(Fact.LIST_PROMPT) is None


def test_a_yes_waits_for_the_owner() -> None:
    probed = {Fact.SELLABLE_SHRINKS: found(True, n=2)}
    profile = Profile("virtual", kept=probed)
    assert profile.in_force(Fact.SELLABLE_SHRINKS).how is How.PROBED
    assert profile.shown(Fact.SELLABLE_SHRINKS)
    assert profile.beliefs().granted == {}
    assert profile.offered(Fact.SELLABLE_SHRINKS) == probed[Fact.SELLABLE_SHRINKS]
    said = {Fact.SELLABLE_SHRINKS: found(True, How.ACCEPTED, n=2)}
    after = Profile("virtual", kept=probed, accepted=said)
    assert after.beliefs().granted == {Fact.SELLABLE_SHRINKS: 2}
    assert after.offered(Fact.SELLABLE_SHRINKS) is None


def test_more_room_than_the_broker_says_is_offered_and_less_is_taken() -> None:
    more = Profile("real", kept={Fact.REGISTRATIONS: found(60)})
    assert more.number(Fact.REGISTRATIONS) == 41
    assert more.offered(Fact.REGISTRATIONS) == found(60)
    assert Profile("real", kept={Fact.REGISTRATIONS: found(20)}).number(Fact.REGISTRATIONS) == 20
    accepted = {Fact.REGISTRATIONS: found(60, How.ACCEPTED)}
    assert Profile("real", accepted=accepted).number(Fact.REGISTRATIONS) == 60


def test_what_is_found_after_the_owners_word_is_heeded_and_before_it_is_not() -> None:
    accepted = {Fact.SELLABLE_SHRINKS: found(True, How.ACCEPTED, n=2)}

    def denied(day: date) -> bool:
        seen = {Fact.SELLABLE_SHRINKS: found(False, How.OBSERVED, day)}
        profile = Profile("real", accepted=accepted, observed=seen)
        return Fact.SELLABLE_SHRINKS in profile.beliefs().denied

    assert denied(DAY)
    assert denied(DAY + timedelta(days=1))
    assert not denied(DAY - timedelta(days=1))


KNOWN = st.dictionaries(
    st.sampled_from(sorted(set(Fact) - NUMBERS)),
    st.builds(
        Known, st.booleans(), st.just(How.PROBED),
        st.dates(DAY - timedelta(days=9), DAY), st.none() | st.integers(1, 60),
    ),
)  # fmt: skip


@given(kept=KNOWN, observed=KNOWN)
def test_no_evidence_makes_it_less_careful_than_shipped(
    kept: dict[Fact, Known], observed: dict[Fact, Known]
) -> None:
    for personality in ("real", "virtual"):
        profile = Profile(personality, kept=kept, observed=observed)
        assert profile.beliefs().granted == {}
        for fact, about in TABLE.items():
            assert not about.less_careful(profile.in_force(fact), about.shipped(personality))
            if any(one.get(fact) and one[fact].value is False for one in (kept, observed)):
                assert profile.in_force(fact).value is False

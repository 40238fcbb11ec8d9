"""What a profile says of a server is what its client goes by."""

from datetime import date

from maemae.kis import REAL_SERVER, VIRTUAL_SERVER
from maemae.profile.facts import Fact, How, Known
from maemae.profile.profile import Profile


def found(value: bool | int, how: How = How.PROBED) -> Known:
    return Known(value, how, date(2026, 12, 1))


def test_without_a_profile_a_server_is_as_shipped() -> None:
    assert REAL_SERVER.known(Profile("real")) == REAL_SERVER
    assert VIRTUAL_SERVER.known(Profile("virtual")) == VIRTUAL_SERVER
    assert (REAL_SERVER.lists_orders, VIRTUAL_SERVER.lists_orders) == (True, False)


def test_limits_are_those_of_the_profile() -> None:
    kept = {Fact.CALLS_PER_SECOND: found(5), Fact.REGISTRATIONS: found(20), Fact.SILENCE: found(30)}
    limits = REAL_SERVER.known(Profile("real", kept=kept)).limits
    assert (limits.calls_per_second, limits.registrations, limits.silence) == (5, 20, 30)


def test_a_list_is_believed_to_be_whole_only_by_the_owners_word() -> None:
    kept = {Fact.LISTS_ORDERS: found(True)}
    assert not VIRTUAL_SERVER.known(Profile("virtual", kept=kept)).lists_orders
    accepted = {Fact.LISTS_ORDERS: found(True, How.ACCEPTED)}
    assert VIRTUAL_SERVER.known(Profile("virtual", accepted=accepted)).lists_orders
    assert not REAL_SERVER.known(
        Profile("real", kept={Fact.LISTS_ORDERS: found(False)})
    ).lists_orders

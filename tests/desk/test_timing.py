"""How late an order may leave, be answered and be taken for ours: the rooms must agree."""

from datetime import timedelta

from maemae.desk import evidence, inquiry, listlag, tracking
from maemae.kis import caller
from maemae.kis.server import Limits


def seconds(given: float) -> timedelta:
    return timedelta(seconds=given)


def test_whatever_the_client_may_still_have_sent_is_taken_for_ours() -> None:
    limits = Limits()
    answered = caller.LATEST + seconds(limits.connect_timeout + limits.reply_timeout)
    assert answered + tracking.CLOCK_SLACK <= tracking.ARRIVES_WITHIN


def test_an_order_given_up_may_turn_up_for_longer_than_it_can_arrive() -> None:
    assert tracking.ARRIVES_WITHIN < tracking.REVIVED


def test_balances_call_nothing_absent_sooner_than_an_order_list_does() -> None:
    assert listlag.LOOK_UNTIL <= evidence.LATEST < evidence.TELL_AFTER


def test_an_unknown_order_is_looked_for_often_enough_to_be_resolved_in_five_seconds() -> None:
    last_look = listlag.LOOK_UNTIL + inquiry.LOOK_AFTER
    assert last_look < seconds(5)
    assert inquiry.ASK_AGAIN < listlag.LOOK_UNTIL

"""What each fact of the profile says, in the words of a person."""

from collections.abc import Mapping

from maemae.i18n import _
from maemae.profile.facts import Fact, How, Known, Value
from maemae.profile.observed import Time


def meanings() -> Mapping[Fact, str]:
    """Return what each fact says where it holds."""
    return {
        Fact.SELLABLE_SHRINKS: _("open sales shrink the sellable shares"),
        Fact.POWER_SHRINKS: _("open purchases shrink the buying power"),
        Fact.FIGURES_PROMPT: _("both shrink at once"),
        Fact.MARKET_TAKES_UPPER: _(
            "a purchase at market takes its shares at the upper limit price out of the buying power"
        ),
        Fact.LIST_PROMPT: _("the order list has an order at once"),
        Fact.AMOUNT_PROMPT: _("the order list has the amount of an execution with its shares"),
        Fact.REMAINING_STATED: _("a living order in the list states what remains of it"),
        Fact.CANCEL_BY_NUMBER: _("a cancel needs the order number alone"),
        Fact.NOTICES_COME: _("execution notices come"),
        Fact.SOLD_OUT_SHOWN: _(
            "a name that was sold out today stays in the balance with no shares"
        ),
        Fact.REFUSAL_FINAL: _("an order that a reply refuses is not there"),
        Fact.BALANCE_PROMPT: _("the balance has an execution as soon as it was told"),
        Fact.AMEND_RENUMBERS: _("an amendment moves the rest of an order to a new number"),
        Fact.LISTS_ORDERS: _("the server lists the orders of the day"),
        Fact.BALANCE_WHOLE: _("a balance shows shares and cash of one moment"),
        Fact.LIST_OLDEST_FIRST: _("the order list has the oldest order first, as it is asked to"),
        Fact.TIMES_AGREE: _("the order list states the time at which an order was taken"),
        Fact.NOTICES_ONCE: _("each execution is told once"),
        Fact.NOTHING_LEFT_SAID: _("a cancel of an order that is over is refused as such"),
        Fact.CALLS_PER_SECOND: _("calls that an app key may make in a second"),
        Fact.TOKEN_INTERVAL: _("seconds between two access tokens"),
        Fact.REGISTRATIONS: _("feeds that an app key may register for"),
        Fact.SILENCE: _("seconds of silence after which a stream counts as dead"),
    }


def denials() -> Mapping[Fact, str]:
    """Return what the simulated broker does where a fact is denied."""
    return {
        Fact.SELLABLE_SHRINKS: _("those stay all that is held"),
        Fact.POWER_SHRINKS: _("it stays all the cash"),
        Fact.FIGURES_PROMPT: _("only when an order is 5 seconds old"),
        Fact.MARKET_TAKES_UPPER: _("at the last price"),
        Fact.LIST_PROMPT: _("15 seconds later"),
        Fact.AMOUNT_PROMPT: _("5 seconds later"),
        Fact.REMAINING_STATED: _("that is blank"),
        Fact.CANCEL_BY_NUMBER: _("one without the right organisation number is refused"),
        Fact.NOTICES_COME: _("none ever does"),
        Fact.SOLD_OUT_SHOWN: _("it is gone from it"),
        Fact.REFUSAL_FINAL: _("half of those that are refused for no reason are taken"),
        Fact.BALANCE_PROMPT: _("5 seconds later, too"),
        Fact.AMEND_RENUMBERS: _("it keeps its number"),
        Fact.LISTS_ORDERS: _("the list has no rows"),
        Fact.BALANCE_WHOLE: _("the shares are those of now, the cash is 5 seconds old"),
        Fact.LIST_OLDEST_FIRST: _("the newest is first"),
        Fact.TIMES_AGREE: _("20 seconds earlier"),
        Fact.NOTICES_ONCE: _("twice"),
        Fact.NOTHING_LEFT_SAID: _("it is refused for another reason"),
    }


def hows() -> Mapping[How, str]:
    """Return the words for how a fact is known."""
    return {
        How.ASSUMED: _("assumed"),
        How.DOCUMENTED: _("documented"),
        How.RECORDED: _("recorded"),
        How.OBSERVED: _("observed"),
        How.PROBED: _("probed"),
        How.ACCEPTED: _("accepted by you"),
    }


def times() -> Mapping[Time, str]:
    """Return the words for what is timed."""
    return {
        Time.REPLY: _("reply to an order"),
        Time.NOTICE: _("first notice of an order"),
        Time.LISTED: _("order list that has it, after the reply"),
        Time.BALANCE: _("balance that has an execution"),
        Time.GAP: _("stream gone"),
    }


def said(value: Value) -> str:
    """Return a value in words."""
    if value is True:
        return _("yes")
    return _("no") if value is False else f"{value:,}"


def value_of(known: Known) -> str:
    """Return a value with how soon it holds, or how late it is."""
    if known.seconds is None:
        return said(known.value)
    within = _("{value}, within {n} s") if known.value else _("{value}, {n} s late")
    return within.format(value=said(known.value), n=known.seconds)

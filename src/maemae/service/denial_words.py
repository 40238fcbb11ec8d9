"""Why the risk check denies an order, with the figures and with what to do about it."""

from maemae.desk.records import Declined
from maemae.i18n import N_, _
from maemae.service.rule_words import rule
from maemae.service.words import won

_WON = {
    "off_grid": N_("the price is not on the tick grid: order at {value} or {bound}"),
    "collar": N_("the price is too far from the last trade at {value}: order within {bound}"),
    "daily_loss": N_(
        "the day's loss of {value} has reached its limit of {bound}: look into it, then resume"
    ),
    "book_loss": N_(
        "the book's loss of {value} has reached its limit of {bound}: look into it, then resume"
    ),
    "order_value": N_("the order is worth {value}, above {bound} for one order: order less"),
    "book_order_value": N_(
        "the order is worth {value}, above {bound} for one order of the book: order less"
    ),
    "name_exposure": N_("{value} would be in one name, above {bound}: order less"),
    "book_name_exposure": N_("{value} of the book would be in one name, above {bound}: order less"),
    "total_exposure": N_("{value} would be invested in all, above {bound}: order less, or sell"),
    "capital": N_("it needs {value}, and {bound} of the book's capital is left: order less"),
    "cash": N_("it needs {value}, and the buying power is {bound}: order less"),
}
"""Rules whose figures are won."""

_COUNTED = {
    "stale_quote": N_("the last price is {value} seconds old, above {bound}: wait for another"),
    "order_quantity": N_("{value} shares are above {bound} for one order: order fewer"),
    "positions": N_("no more than {value} names may be held: sell one first"),
    "entries_per_name": N_("it would be entry {value} of the name today, above {bound}"),
    "orders_per_minute": N_("no more than {value} orders a minute: try again in a minute"),
    "refusals": N_("{value} orders in a row were refused, above {bound}: see why, then resume"),
    "not_held": N_("more than is held: {value} shares can be sold"),
}
"""Rules whose figures are counts."""


def denial(record: Declined) -> str:
    """Say why the risk check denies an order, and what to do about it."""
    said = _WON.get(record.rule) or _COUNTED.get(record.rule)
    if said is None or not record.figures:
        return _advised(record.rule)
    put = won if record.rule in _WON else "{:,}".format
    value, bound = (*map(put, record.figures), "")[:2]
    return _(said).format(value=value, bound=bound)


def shares_at(record: Declined) -> str:
    """Put how many shares at what price an order was for; what old ledgers hold as it is."""
    if not record.quantity:
        return record.detail
    price = won(record.price) if record.price else _("market price")
    return _("{quantity:,} shares at {price}").format(quantity=record.quantity, price=price)


def _advised(name: str) -> str:
    """Put a rule without figures together with what to do."""
    advice = {
        "kill_switch": _("resume first (maemae resume)"),
        "halted": _("resume first (maemae resume)"),
        "unit": _("say what they are now (maemae book convert)"),
        "no_quantity": _("order one share or more"),
        "bad_price": _("order at a price above zero"),
        "outside_session": _("wait for the session"),
        "order_kind": _("look at the table of order kinds (docs/by-hand.md)"),
        "duplicate": _("cancel the other order, or wait for it"),
        "no_price": _("try again when the broker answers"),
        "currency": _("trade it in a book of that currency"),
    }.get(name)
    return f"{rule(name)}: {advice}" if advice else rule(name)

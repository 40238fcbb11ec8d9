"""The rules of the guard in words."""

from maemae.i18n import _


def rule(word: str) -> str:
    """Say which rule forbids an order; a rule that maemae does not know is left as it is."""
    known = {
        "kill_switch": _("everything is halted"),
        "halted": _("entries are halted"),
        "unit": _("its shares may have been converted overnight"),
        "other_unit": _("a share is another than at the close that decided (split, rights)"),
        "no_quantity": _("no shares"),
        "bad_price": _("a price must be above zero"),
        "no_price": _("no price can be had"),
        "not_held": _("more than is held"),
        "outside_session": _("outside the session"),
        "order_kind": _("there is no such order on that exchange, or its price does not fit"),
        "duplicate": _("another order of the name is working"),
        "currency": _("quoted in another currency than its book has"),
        "off_grid": _("the price is not on the tick grid"),
        "collar": _("the price is too far from the last trade"),
        "stale_quote": _("the last price is too old"),
        "daily_loss": _("the day's loss limit"),
        "book_loss": _("the loss limit of the book"),
        "order_value": _("more won than one order may be worth"),
        "book_order_value": _("more won than one order of the book may be worth"),
        "order_quantity": _("more shares than one order may have"),
        "name_exposure": _("too much in one name"),
        "book_name_exposure": _("too much of the book in one name"),
        "total_exposure": _("too much invested in all"),
        "capital": _("more than the capital of its book"),
        "positions": _("too many names"),
        "entries_per_name": _("the name was entered too often today"),
        "stopped_today": _(
            "its stop loss sold the name today; rebuy_after_stop = true lets the book buy it again"
        ),
        "orders_per_minute": _("too many orders within a minute"),
        "refusals": _("too many refused orders"),
        "cash": _("not enough cash"),
        "buying_power": _("not enough cash"),
    }
    return known.get(word, word)

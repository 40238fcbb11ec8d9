"""What an incident is in plain words, and what the owner can do about it."""

from maemae.i18n import _


def what(kind: str) -> str:
    """Name a kind of incident; one that is not known is named as it is."""
    known = {
        "close_unreconciled": _("the books still differ after the close"),
        "exit_refused": _("a sale was refused"),
        "restarted": _("the trader was started again after it hung, crashed or was killed"),
        "position_lost": _("the broker shows fewer shares than a book should hold"),
        "late_arrival": _("an order turned up that seemed never to have arrived"),
        "amended_elsewhere": _("an order was changed elsewhere"),
        "fill_without_execution": _("a fill notice that the broker's list does not show"),
        "clock": _("this machine's clock is wrong"),
        "plan_failed": _("a plan could not be prepared"),
        "plan_changed": _("a plan is not the one that was begun"),
        "interrupted": _("the session is interrupted and tried again"),
        "sold_more_than_held": _("more was sold than a book was known to hold"),
    }
    return known.get(kind, kind)


def todo(kind: str) -> str:
    """Say what to do."""
    known = {
        "close_unreconciled": _("Compare the balance in your broker's app with /balance."),
        "exit_refused": _(
            "The sale is tried again. If it stays refused, sell in your broker's app."
        ),
        "position_lost": _(
            "New entries are halted. If you sold the shares yourself, answer /resume."
        ),
        "late_arrival": _("It is watched again as an order of its book; see /orders."),
        "amended_elsewhere": _("maemae follows it; let only one of you change its orders."),
        "restarted": _("It goes on from its ledger. See /status, and stacks-*.txt beside the log."),
        "clock": _(
            "Let the system set its clock (timedatectl set-ntp true). If entries were halted, "
            "answer /resume when it is right."
        ),
        "token_trouble": _(
            "Check the app key and its secret (환경변수, keyring), and at KIS whether they are "
            "still valid. It is tried again by itself."
        ),
        "fill_without_execution": _("The books were not changed. Compare /balance with the app."),
    }
    return known.get(kind, _("Look at /status and /log, and at your broker's app."))

"""How numbers and states are put for people, on every face: 원 with separators, ▲ up and ▼ down.

Red is up and blue is down, as everywhere in Korea; a face without colours of its own (a
messenger) uses the red and the blue circle.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from maemae.desk.orders import OrderState
from maemae.desk.records import (
    ARMED,
    BOOK_FAILED,
    EMPTY_LEDGER,
    FIRST_RUN,
    Blinded,
    Halt,
    SeenAgain,
)
from maemae.desk.sights import Sight
from maemae.i18n import _, language
from maemae.market.refusals import RefusalKind

FEW = 5
"""Codes that are named one by one; of more the number is said."""

_CODE = re.compile(r"\b(?:[A-Z]{3,4}\d{4,5}|\d{8}|HTTP \d{3})\b")
"""A message code of the broker."""


def won(amount: int) -> str:
    """`1234567` → `1,234,567원` (`₩1,234,567` in English)."""
    if language() == "ko":
        return f"{amount:,}원"
    return f"-₩{-amount:,}" if amount < 0 else f"₩{amount:,}"


def marked_won(amount: int) -> str:
    """Put a gain or a loss in won: `▲ 1,200원`, `▼ 1,200원`."""
    return _marked(won(abs(amount)), amount)


def marked_percent(rate: Decimal) -> str:
    """Put a rate of return: `0.0123` → `▲ 1.23%`."""
    return _marked(f"{abs(rate) * 100:.2f}%", rate)


def dot(value: int | Decimal) -> str:
    """Return the circle in the colour of a change: red up, blue down, white neither."""
    return "🔴" if value > 0 else "🔵" if value < 0 else "⚪"


def side(word: str) -> str:
    """Name buy or sell."""
    return _("buy") if word == "buy" else _("sell")


def order_state(state: OrderState) -> str:
    """Name the state of an order."""
    return {
        OrderState.INTENDED: _("sending"),
        OrderState.UNKNOWN: _("outcome unknown"),
        OrderState.WORKING: _("working"),
        OrderState.FILLED: _("filled"),
        OrderState.CANCELLED: _("cancelled"),
        OrderState.EXPIRED: _("expired"),
        OrderState.REFUSED: _("refused"),
        OrderState.NEVER_ARRIVED: _("never arrived"),
    }[state]


def command(word: str) -> str:
    """Name what a person commanded."""
    known = {
        "pause": _("stop entries"),
        "resume": _("go on"),
        "halt": _("level"),
        "flatten": _("sell everything"),
        "order": _("order"),
        "move": _("move"),
        "convert": _("convert"),
        "clean_up": _("clean up"),
        "cancel": _("cancel"),
        "amend": _("amend"),
    }
    return known.get(word, word)


def answered(state: str) -> str:
    """Say how far a command has come."""
    if state in {one.value for one in OrderState}:
        return order_state(OrderState(state))
    return {"done": _("done"), "sent": _("sent")}.get(state, state)


def halt(level: Halt) -> str:
    """Name what the desk may do."""
    return {
        Halt.NONE: _("trading"),
        Halt.ENTRIES: _("no entries"),
        Halt.EXITS_ONLY: _("exits only"),
        Halt.ALL: _("everything off"),
    }[level]


def reason(word: str) -> str:
    """Name why an order was made; a word that maemae does not know is left as it is."""
    known = {
        "candidate": _("candidate"),
        "take_profit": _("take profit"),
        "stop_loss": _("stop loss"),
        "trailing_stop": _("trailing stop"),
        "flatten": _("flatten"),
        "time_of_day": _("time of day"),
        "max_holding": _("holding period over"),
        "by_hand": _("by hand"),
        "exit_rule": _("exit rule"),
        "plan": _("plan"),
    }
    return known.get(word, word)


def because(word: str) -> str:
    """Put the reason of a halt or a correction into words."""
    known = {
        "position_lost": _("shares are missing"),
        "position_returned": _("the missing shares are back"),
        "owner_traded": _("you traded yourself"),
        "costs": _("fees and taxes"),
        "refusals": _("too many refused orders"),
        "daily_loss": _("the day's loss limit"),
        "book_loss": _("the loss limit of the book"),
        "clock": _("this machine's clock is wrong"),
        BOOK_FAILED: _("its own code failed"),
        ARMED: _('start = "armed" in the settings'),
        EMPTY_LEDGER: _(
            "the ledger is empty, but this account has traded: nothing is bought until you confirm "
            "(maemae confirm, or resume)"
        ),
        FIRST_RUN: _("first run: nothing is bought until you confirm (maemae confirm, or resume)"),
    }
    return known.get(word) or reason(word)


def refusal(kind: RefusalKind) -> str:
    """Say what a kind of refusal means; blank for any other no."""
    return {
        RefusalKind.THROTTLED: _("too many requests; it goes again at once"),
        RefusalKind.TOKEN: _("the access token was not accepted; another is issued by itself"),
        RefusalKind.UNSENT: _("it has not left this machine; it goes again at once"),
        RefusalKind.CASH: _("not enough buying power"),
        RefusalKind.SHARES: _("not enough shares to sell"),
        RefusalKind.SESSION: _("the market does not take this order now"),
        RefusalKind.HALTED: _("it is not traded now"),
        RefusalKind.UNKNOWN_CODE: _("the broker knows no such instrument"),
        RefusalKind.PRICE: _("the price is off the grid or beyond the day's limits"),
        RefusalKind.QUANTITY: _("the number of shares is not accepted"),
        RefusalKind.OTHER: "",
    }[kind]


def refused(message: str, kind: RefusalKind) -> str:
    """Put the broker's own text of a refusal together with what it means."""
    if kind is RefusalKind.UNSENT:
        message = ""  # It is ours, not the broker's: for the log.
    return ": ".join(part for part in (message, refusal(kind)) if part)


def incident(kind: str) -> str:
    """Name something that the owner should know about; an unknown kind is left as it is."""
    known = {
        "day_opened": _("the day opens"),
        "day_closed": _("the day is closed"),
        "declined": _("the guard declined"),
        "halted": _("level changed"),
        "flatten_begun": _("flatten begun"),
        "refused": _("refused"),
        "lost": _("outcome unknown"),
        "never_arrived": _("never arrived"),
        "late_arrival": _("an order turned up that seemed never to have arrived"),
        "order_undecided": _("it cannot be told yet whether an order is at the broker"),
        "order_without_number": _("an order rests at the broker under an unknown number"),
        "amended_elsewhere": _("an order was changed elsewhere"),
        "cancel_failed": _("cancel failed"),
        "amend_failed": _("the new price of an order was not taken"),
        "cancel_impossible": _("nothing to cancel"),
        "amend_impossible": _("nothing to change"),
        "entry_unfilled": _("nobody sells: a purchase at market is cancelled"),
        "exit_refused": _("a sale was refused"),
        "exit_delayed": _("a sale does not get through to the broker"),
        "code_unknown": _("the broker knows no such instrument"),
        "price_refused": _("the broker refused the price of an order"),
        "fill_without_execution": _("a fill notice that the broker's list does not show"),
        "fill_estimated": _("the price of a fill is estimated"),
        "sold_more_than_held": _("more was sold than a book was known to hold"),
        "position_lost": _("the broker shows fewer shares than a book should hold"),
        "shares_missing": _("a book stands since shares of it were sold elsewhere"),
        "position_moved": _("moved to another book"),
        "unit_changed": _("shares became others overnight; they are converted"),
        "rights_detached": _("rights have left the shares; exits count from the new base price"),
        "unit_there_again": _(
            "shares that seemed to be gone overnight are there; their exits go on"
        ),
        "unit_unclear": _("what became of shares overnight is not clear; their exits wait for you"),
        "search_cut": _("a search may have found more than the broker shows"),
        "target_unit": _("a share of the list is another since the list was saved"),
        "purchase_unproven": _("a purchase has no execution to show for it"),
        "owner_traded": _("the owner traded"),
        "cash_stated": _("cash follows the broker"),
        "price_wrong": _("a price that cannot be true"),
        "price_right": _("prices are right again"),
        "price_missing": _("a name that is held has no price"),
        "price_back": _("a name that is held has a price again"),
        "loss_near": _("the day's loss nears its limit"),
        "daily_loss": _("the day's loss has reached its limit"),
        "book_loss": _("a book's loss has reached its limit"),
        "balance_stale": _("the broker shows old books"),
        "books_disputed": _("the broker's balance differs and no trade explains it"),
        "books_agree": _("the broker's balance agrees with the books again"),
        "position_returned": _("shares that were written off are back in their book"),
        "close_unreconciled": _("the books still differ after the close"),
        "warmup": _("a strategy lacks price history and waits for it"),
        "blinded": _("it cannot be seen"),
        "seen_again": _("it can be seen again"),
        "stream_down": _("the stream is down"),
        "notice_unread": _("an execution notice could not be read; the broker is asked instead"),
        "key_in_use": _("another program uses the same app key"),
        "token_trouble": _("the broker does not accept the keys"),
        "clock": _("this machine's clock is wrong"),
        "venue_stands": _("the simulated exchange stands still"),
        "venue_runs": _("the simulated exchange stood still and runs again"),
        "venue_anew": _("the simulated exchange was started anew, with fresh accounts"),
        "venue_jumped": _("the time of the simulated exchange has jumped"),
        "calendar": _("the broker's trading days differ from our calendar, and are followed"),
        "calendar_unchecked": _("our calendar could not be held against the broker's"),
        "restarted": _("the trader was started again after it hung, crashed or was killed"),
        "ledger_away": _("the database of the ledger is away: nothing is sent until it is back"),
        "ledger_back": _("the database of the ledger is back after it was away"),
        EMPTY_LEDGER: _("the ledger is empty, but this account has traded"),
        "interrupted": _("the session is interrupted and tried again"),
        BOOK_FAILED: _("a book is off, for its own code failed"),
        "strategy": _("a strategy cannot be followed"),
        "plan_failed": _("a plan could not be prepared"),
        "plan_changed": _("a plan is not the one that was begun"),
    }
    return known.get(kind, kind)


def sight(kind: Sight) -> str:
    """Name what maemae asks for or listens to."""
    return {
        Sight.SEARCH: _("candidates"),
        Sight.POWER: _("buying power"),
        Sight.PRICE: _("last prices"),
        Sight.BALANCE: _("the balance"),
        Sight.EXECUTIONS: _("the list of orders"),
        Sight.QUOTES: _("quotes"),
        Sight.MASTERS: _("the master files"),
        Sight.STREAM: _("the live stream"),
    }[kind]


def unseen(record: Blinded | SeenAgain) -> str:
    """Say what cannot be seen, or can be again: what, whose, which, since when, with what code.

    The reason in full is for the log: it may be in the words of a library.
    """
    said = [sight(record.sight)]
    if record.book:
        said.append(record.book)
    if isinstance(record, Blinded):
        said += _some(record.keys)
        said += _CODE.findall(record.reason)[:1]
    return " ".join(said) + " " + _("since {at}").format(at=f"{record.since:%H:%M:%S}")


def _some(keys: Sequence[str]) -> list[str]:
    if len(keys) <= FEW:
        return list(keys)
    return [*keys[:FEW], _("and {n} more").format(n=len(keys) - FEW)]


def plan_state(word: str) -> str:
    """Say how far a plan has come, or why it or a line of it was not carried out."""
    known = {
        "prepared": _("prepared"),
        "under_way": _("under way"),
        "past": _("past"),
        "other_venue": _("it is for another venue"),
        "other_account": _("it is for another account"),
        "wrong_day": _("it is for another day"),
        "stale": _("it was not decided on the last close"),
        "done": _("carried out already"),
        "changed": _("it is not the plan that was prepared last"),
        "settings": _("the settings of its book were changed since; prepare it again"),
        "late": _("its time has passed"),
        "missed": _("its day has passed without maemae running"),
        "unprepared": _("no plan was prepared"),
        "broken": _("the file cannot be read"),
        "held": _("held already"),
        "not_held": _("not held"),
        "halted": _("entries are halted"),
        "too_late": _("no price or no answer in time"),
        "other_unit": _("a share is another than at the close that decided (split, rights)"),
        "buying_power": _("not enough cash"),
        "cash": _("not enough cash"),
        "capital": _("more than the capital of its book"),
    }
    return known.get(word, word)


def plan_line_state(word: str) -> str:
    """Say what became of a line of a plan: the state of its order, or why none was sent."""
    if word in {state.value for state in OrderState}:
        return order_state(OrderState(word))
    return plan_state(word)


def _marked(text: str, value: int | Decimal) -> str:
    if value > 0:
        return f"▲ {text}"
    if value < 0:
        return f"▼ {text}"
    return text

"""How numbers and states are put for people, on every face: 원 with separators, ▲ up and ▼ down.

Red is up and blue is down, as everywhere in Korea; a face without colours of its own (a
messenger) uses the red and the blue circle.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from maemae.desk.incidents import Severity
from maemae.desk.orders import OrderState
from maemae.desk.records import (
    ARMED,
    BOOK_FAILED,
    EMPTY_LEDGER,
    FIRST_RUN,
    GUESSED,
    LEDGER_BEHIND,
    OWNER,
    Blinded,
    Halt,
    SeenAgain,
)
from maemae.desk.sights import Figure, Sight
from maemae.i18n import _, language
from maemae.market.order_kinds import order_kind
from maemae.market.phases import Venue
from maemae.market.refusals import RefusalKind
from maemae.service.rule_words import rule

FEW = 5
"""Codes that are named one by one; of more the number is said."""

_CODE = re.compile(r"\b(?:[A-Z]{3,4}\d{4,5}|\d{8}|HTTP \d{3})\b")
"""A message code of the broker."""

_ORDERED = re.compile(r"(?P<by>telegram|file|SIG)(?P<what>.*)")
"""Who or what ordered a halt, as the ledger holds it."""


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


def order_title(way: str, name: str, quantity: int) -> str:
    """Name an order by what it does, for a person who knows no numbers."""
    return _("{side} {name}, {n} shares").format(side=side(way), name=name, n=f"{quantity:,}")


def order_way(kind: str, exchange: str) -> str:
    """Name the kind and the exchange of an order; nothing for an ordinary one of KRX."""
    parts = []
    if kind:
        known = order_kind(kind)
        parts.append(known.name if language() == "ko" else known.word)
    if exchange != Venue.KRX:
        parts.append(exchange)
    return " ".join(parts)


def with_way(text: str, kind: str, exchange: str) -> str:
    """Put the kind and the exchange of an order behind a text, where they say something."""
    way = order_way(kind, exchange)
    return f"{text} ({way})" if way else text


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
        "halt": _("halt"),
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
    """Name why an order was made or cancelled, by a preset's title; other words are left."""
    known = {
        "candidate": _("candidate"),
        "take_profit": _("take profit"),
        "stop_loss": _("stop loss"),
        "trailing_stop": _("trailing stop"),
        "flatten": _("flatten"),
        "time_of_day": _("time of day"),
        "max_holding": _("holding period over"),
        "by_hand": _("by hand"),
        "by hand": _("by hand"),
        "exit_rule": _("exit rule"),
        "plan": _("plan"),
        "target": _("list of names"),
        "breakout": _("breakout"),
        "auction": _("before the closing auction"),
        "unfilled": _("nobody sells"),
        "waited": _("not filled in time"),
        "exit": _("the name is being sold"),
        "again": _("cancelled once more"),
        "doubled": _("the balance has a name twice"),
        "repriced": _("what executions came to is known now"),
    }
    return known[word] if word in known else _strategy(word)


def _strategy(word: str) -> str:
    """Name a preset whose rule was the reason by its title; any other word is left as it is."""
    from maemae.strategy.presets import PRESETS  # noqa: PLC0415 - few words are none of ours

    found = PRESETS.get(word)
    return _(found.title) if found is not None else word


def because(word: str) -> str:
    """Put into words why something was decided, and by whom; what a person wrote is left."""
    known = {
        "position_lost": _("shares are missing"),
        "position_returned": _("the missing shares are back"),
        "owner_traded": _("you traded yourself"),
        "costs": _("fees and taxes"),
        "confirmed": _("confirmed by you"),
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
        LEDGER_BEHIND: _(
            "the ledger is an older copy and lacks the last facts of this account: nothing is "
            "bought until you confirm (maemae confirm, or resume)"
        ),
        FIRST_RUN: _("first run: nothing is bought until you confirm (maemae confirm, or resume)"),
    }
    if word in known:
        return known[word]
    ordered = _ORDERED.fullmatch(word)
    if ordered is not None:
        return _ordered(ordered["by"], ordered["what"].strip())
    named = reason(word)
    return rule(word) if named == word else named


def _ordered(by: str, what: str) -> str:
    said = {
        "telegram": _("Telegram, {what}"),
        "file": _("the file {what}"),
        "SIG": _("the signal SIG{what}"),
    }
    return said[by].format(what=what)


def with_reason(text: str, why: str) -> str:
    """Put a reason behind a text, where there is one."""
    return f"{text} ({why})" if why else text


def source(word: str) -> str:
    """Name where something about an order is known from."""
    known = {
        "reply": _("answer to the order"),
        "notice": _("execution notice"),
        "inquiry": _("list of orders"),
        "balance": _("balance"),
        GUESSED: _("balance, price estimated"),
    }
    return known.get(word, word)


def figure(word: str) -> str:
    """Name the broker's figure that orders shrink, or their list."""
    known = {
        Figure.SELLABLE.value: _("shares that can be sold"),
        Figure.POWER.value: _("buying power"),
        Figure.LIST.value: _("list of orders"),
    }
    return known.get(word, word)


def book(name: str) -> str:
    """Name a book; what maemae did not buy is in the owner's own."""
    return {OWNER: _("yourself"), "*": _("all books")}.get(name, name)


def face(word: str) -> str:
    """Name where a command came from."""
    known = {
        "cli": _("command line"),
        "web": _("web page"),
        "http": _("control API"),
        "telegram": _("Telegram"),
        "notify": _("messenger"),
        "trader": _("trader"),
    }
    return known.get(word, word)


def impossible(word: str) -> str:
    """Say why an order can be neither cancelled nor amended."""
    if word in {state.value for state in OrderState}:
        state = order_state(OrderState(word))
        return _("nothing of it is left to change: {state}").format(state=state)
    known = {
        "no_such_order": _("there is no such order"),
        "changing": _("a cancel or an amendment of it is under way"),
        "at_market": _("a market order has no price"),
    }
    return known.get(word, word)


def undone(word: str) -> str:
    """Say why it is not known what became of something, or why it was not done.

    The ledger holds a word of ours, a kind of refusal, or what the broker and the network said.
    """
    known = {
        "restart": _("maemae was started again before the answer came"),
        "no answer": _("there was no answer"),
        "timeout": _("the answer did not come in time"),
        "shares moved": _("it seemed gone, but the balance shows its shares"),
        "set aside": _("it seemed gone, but the broker has set its shares aside"),
        RefusalKind.OTHER.value: _("the broker did not say why"),
    }
    if word in {kind.value for kind in RefusalKind} - known.keys():
        return refusal(RefusalKind(word))
    return known.get(word, word)


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
        RefusalKind.GONE: _("nothing of the order is left"),
        RefusalKind.OTHER: "",
    }[kind]


def refused(message: str, kind: RefusalKind) -> str:
    """Put the broker's own text of a refusal together with what it means."""
    if kind is RefusalKind.UNSENT:
        message = ""  # It is ours, not the broker's: for the log.
    return ": ".join(part for part in (message, refusal(kind)) if part)


def severity(level: Severity) -> str:
    """Say how much something matters."""
    return {
        Severity.INFO: _("notice"),
        Severity.WARNING: _("attention"),
        Severity.ERROR: _("trouble"),
    }[level]


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

"""What really happened on the account, as the exchange itself tells it, over all days."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from maemae.desk.records import OWNER
from maemae.errors import InvariantError
from maemae.exchange.actions import ActionKind, Booked
from maemae.exchange.orders import Happening, Order, OrderEvent
from maemae.market.kinds import Side
from maemae.proof.entitled import Entitled


class Truth:
    """Whose every order and every share is.

    Args:
        holdings: shares on the account before the first day; they are the owner's.
        listed: whether the broker lists orders, so that everybody's can be told apart.
    """

    def __init__(self, holdings: Counter[str], *, listed: bool = True) -> None:
        self.listed = listed
        self.sent: Counter[str] = Counter()
        """How often an intent's order was put on the wire."""
        self.taken_up: Counter[str] = Counter()
        """How often the broker took an intent's order."""
        self.books: dict[str, str] = {}
        """The book of each intent."""
        self.numbers: dict[int, str] = {}
        """The intents behind the order numbers."""
        self.ours: Counter[tuple[str, str]] = Counter()
        """Shares that a book's orders have bought and not sold, by book and code."""
        self.owners: Counter[str] = Counter(holdings)
        """The owner's shares by code; below zero where the owner has sold some of ours."""
        self.owned_before: dict[str, int] = {}
        """The owner's shares by code before a night made others of them, in the unit they had."""
        self.taken: Counter[str] = Counter()
        """Shares of ours that the owner has sold, by code."""
        self.given_up: Counter[tuple[str, str]] = Counter()
        """Shares by book and code that the desk has written off and not taken back."""
        self.very_late: set[str] = set()
        """Codes of which a sale arrived when it had been given up, and may have been sent anew."""
        self.oversold: Counter[str] = Counter()
        """Shares by code that such sales took from the owner or from another book."""
        self.became: dict[tuple[str, date], dict[str, int]] = {}
        """Shares by name that those of a name became in the night before a day; none where all
        were paid out."""
        self.parts: dict[tuple[str, date], Fraction] = {}
        """The part of a share of a name that a night has paid out, by the day after it."""
        self.paid_out: Counter[str] = Counter()
        """Shares by code for which a night gave won: they came to parts of a share."""
        self.strangers: set[str] = set()
        """Codes that the owner has traded."""
        self.rounded: Counter[str] = Counter()
        """Shares by code that may be one holder's or another's, since a night cut them in parts."""
        self.entitled = Entitled()
        """Whose new shares are that are still to come."""
        self.alike = 0
        """How often an intent was given an order that nobody can tell apart from its own."""

    def send(self, intent: str) -> None:
        """Note that an intent's order goes out.

        Raises:
            InvariantError: it did before.
        """
        self.sent[intent] += 1
        if self.sent[intent] > 1:
            raise InvariantError(f"the order of {intent} was sent twice")

    def accept(self, intent: str, number: int) -> None:
        """Note that the broker took an intent's order under a number."""
        self.taken_up[intent] += 1
        if self.taken_up[intent] > 1:
            raise InvariantError(f"the broker took the order of {intent} twice")
        self.numbers[number] = intent

    def on_order(self, event: OrderEvent) -> None:
        """Book a fill on whoever's order it was."""
        if event.what is not Happening.FILLED:
            return
        order = event.order
        intent = self.intent_of(order)
        change = event.quantity if order.side is Side.BUY else -event.quantity
        if intent is not None and self.books[intent] != OWNER:
            self._change_ours(intent, order.code, change)
            return
        self.strangers.add(order.code)
        before = max(0, self.owners[order.code])
        self.owners[order.code] += change
        if -change > before:
            self.taken[order.code] += -change - before

    def move(self, origin: str, book: str, code: str, shares: int) -> None:
        """Follow shares that a person put from one book into another.

        More than there are can be moved before it is heard that some were sold: they are missing
        where they go to then.
        """
        if origin == OWNER:
            self.taken[code] += max(0, shares - max(0, self.owners[code]))
            self.owners[code] -= shares
            part = Fraction(0)
        else:
            part = self.entitled.change((origin, code), self.ours[origin, code], -shares)
            self.ours[origin, code] -= shares
            self._overdraw((origin, code))
        if book == OWNER:
            self.owners[code] += shares
        else:
            self.entitled.put((book, code), part)
            self.ours[book, code] += shares

    def take_out(self, code: str) -> None:
        """Follow all shares of a name out of the account; those of our books are the owner's, too.

        What they are short of is counted as taken, as if he had sold it by phone.
        """
        self.taken[code] += self.held(code)
        self.owners[code] = min(0, self.owners[code]) - self.held(code)
        self.strangers.add(code)

    def become(self, booked: Booked) -> None:
        """Follow shares that became others overnight; parts of a share are paid out."""
        code, before = booked.action.code, booked.before
        if self.entitled.whole(code):
            self._arrive(code, booked.after[code] - before)
            return
        whole = before * booked.action.share_factor
        self.parts[code, booked.action.booked] = whole - booked.after.get(code, 0)
        spun = booked.action.kind is ActionKind.SPIN_OFF
        left_of = {target: after for target, after in booked.after.items() if after}
        self.became[code, booked.action.booked] = left_of
        holders = {key: n for key, n in self.ours.items() if key[1] == code and n}
        owned = self.owned_before[code] = self.owners.pop(code, 0)
        left = sum(booked.after.values())
        if spun or not left:
            self.paid_out[code] += max(0, before - left)
        shrunk = {name: counter.pop(code, 0) for name, counter in self._taken().items()}
        if not booked.after.get(code):
            # What is written off of it is counted in the unit that it had.
            for name, counter in self._taken().items():
                counter[code] += shrunk[name]
        self._become_given_up(booked)
        for book, _ in holders:
            del self.ours[book, code]
        for target, after in booked.after.items():
            theirs = spun and target != code  # Whose they are is for the owner to say.
            for (book, _), shares in holders.items():
                part = shares * after // before
                if theirs:
                    self.owners[target] += part
                else:
                    self.ours[book, target] += part
            self.owners[target] += owned * after // before
            self.rounded[target] += self.rounded[code] * after // before + len(holders) + 1
            for name, counter in self._taken().items():
                counter[target] += -(-shrunk[name] * after // before)
            if code in self.strangers:
                self.strangers.add(target)
            if code in self.very_late:
                self.very_late.add(target)

    def _become_given_up(self, booked: Booked) -> None:
        code, before = booked.action.code, booked.before
        lost = {book: n for (book, held), n in self.given_up.items() if held == code}
        for book, shares in lost.items():
            if booked.after.get(code):
                del self.given_up[book, code]
            for target, after in booked.after.items():
                self.given_up[book, target] += -(-shares * after // before)

    def _arrive(self, code: str, new: int) -> None:
        """Book new shares that come later than their rights left."""
        whole = self.entitled.whole(code)
        given, unsure = self.entitled.arrive(code, new)
        for book, shares in given.items():
            self.ours[book, code] += shares
        self.owners[code] += new - sum(given.values())
        self.rounded[code] += unsure + 1
        for counter in (self.taken, self.oversold):
            counter[code] += -(-counter[code] * new // whole)

    def came(self, code: str, since: date) -> int:
        """Return the shares of a name that those of others became in nights, from one day's on."""
        nights = self.became.items()
        return sum(
            into.get(code, 0) for (origin, day), into in nights if day >= since and origin != code
        )

    def _taken(self) -> dict[str, Counter[str]]:
        return {"taken": self.taken, "oversold": self.oversold}

    def can_be_told(self, code: str) -> bool:
        """Whether anybody could tell whose shares of a name are whose.

        Nobody can by balances alone, once the owner has traded what we trade.
        """
        return self.listed or code not in self.strangers

    def held(self, code: str) -> int:
        """Return the shares of a name that orders of our books have bought and not sold."""
        return sum(shares for (_, held), shares in self.ours.items() if held == code)

    def _change_ours(self, intent: str, code: str, change: int) -> None:
        key = self.books[intent], code
        self.entitled.change(key, self.ours[key], change)
        self.ours[key] += change
        if (
            self.ours[key] < -self.rounded[code]
            and code not in self.very_late
            and self.can_be_told(code)
        ):
            raise InvariantError(f"{intent} sold {-self.ours[key]} more of {code} than we had")
        self._overdraw(key)

    def intent_of(self, order: Order) -> str | None:
        """Return the intent behind an order of the account, also one that the owner amended."""
        intent = self.numbers.get(order.number)
        if intent is None and order.original is not None and not order.is_cancel:
            intent = self.numbers.get(order.original)
            if intent is not None:
                self.numbers[order.number] = intent
        return intent

    def swap(self, intent: str, taken: Order, orders: Mapping[int, Order]) -> None:
        """Let an intent have an order that nobody can tell apart from its own.

        Whoever had that order, another intent or the owner, has the intent's own for it.
        """
        self.alike += 1
        other = self.numbers.get(taken.number)
        own = [orders[n] for n, name in self.numbers.items() if name == intent and n in orders]
        for order in (taken, *own):
            self._count(order, -1)
        self.numbers[taken.number] = intent
        for order in own:
            if other is None:
                del self.numbers[order.number]
            else:
                self.numbers[order.number] = other
        for order in (taken, *own):
            self._count(order, 1)
        key = self.books[intent], taken.code
        self._overdraw(key)

    def _overdraw(self, key: tuple[str, str]) -> None:
        """Let a book that sold more than it had stand at nothing: the shares were another's.

        What the desk has written off was not there to be sold: a sale that came too late and went
        beyond what was left of the book has taken it from another, too.
        """
        least = max(0, self.given_up[key]) if key[1] in self.very_late else 0
        if self.ours[key] < least:
            self.oversold[key[1]] += least - self.ours[key]
            self.ours[key] = least

    def written_off(self, code: str) -> int:
        """Return the shares of a name that the desk has written off and not taken back."""
        return sum(shares for (_, held), shares in self.given_up.items() if held == code)

    def _count(self, order: Order, times: int) -> None:
        """Add an order's fills so far to whoever's it is, or take them off again."""
        intent = self.numbers.get(order.number)
        shares = times * (order.filled if order.side is Side.BUY else -order.filled)
        if intent is not None and self.books[intent] != OWNER:
            self.ours[self.books[intent], order.code] += shares
        else:
            self.owners[order.code] += shares

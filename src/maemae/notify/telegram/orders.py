"""Commands that change something. What moves money is confirmed first."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from maemae.clock import Clock
from maemae.desk.orders import LIVE
from maemae.desk.records import Halt
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.notify.telegram.confirm import Action, Confirmations
from maemae.notify.telegram.reply import Asked, Button, Reply
from maemae.service import operations as op
from maemae.service import words
from maemae.service.answers import Receipt
from maemae.service.service import Caller, Service
from maemae.service.status import OrderLine, PositionLine

FACE = "telegram"
YES, NO = "y:", "n:"
"""What the data of a button begins with: do it, forget it."""


@dataclass(frozen=True, slots=True)
class Orders:
    """The commands of one owner.

    Args:
        speak: the service in somebody's name, so that every command is recorded with it.
        confirmations: what waits for a second word.
        clock: wall time.
        live: whether real money moves, so that orders need a code.
    """

    speak: Callable[[Caller], Service]
    confirmations: Confirmations
    clock: Clock
    live: bool

    def table(self) -> dict[str, Callable[[Asked], Awaitable[Reply]]]:
        """Return each command with what carries it out."""
        return {
            "pause": self.pause,
            "resume": self.resume,
            "halt": self.halt,
            "flatten": self.flatten,
            "sell": self.sell,
            "cancel": self.cancel,
        }

    async def pause(self, asked: Asked) -> Reply:
        """Stop entries, at once: it only ever makes things safer."""
        await self._as(asked).ask(op.Pause(reason=_by(asked)))
        return Reply("⏸️ " + _("No new entries; exits go on. /resume lets them go on."))

    async def resume(self, asked: Asked) -> Reply:
        """Let entries go on."""

        async def act() -> str:
            await self._as(asked).ask(op.Resume(reason=_by(asked)))
            return "▶️ " + _("Trading goes on.")

        return self._button(asked, _("Let the strategies buy again?"), act)

    async def halt(self, asked: Asked) -> Reply:
        """Choose how much the desk may still do; a level that is named works at once."""
        levels = {level.value: level for level in (Halt.ENTRIES, Halt.EXITS_ONLY, Halt.ALL)}
        if not asked.args:
            text = _("What is still allowed? With everything off no stop loss is sent either.")
            rows = tuple((self._level(asked, level),) for level in levels.values())
            return Reply("⛔ " + text, rows)
        if asked.args[0] not in levels:
            return Reply(_("Say one of {levels}.").format(levels=", ".join(levels)))
        return Reply(await self._halt(asked, levels[asked.args[0]]))

    async def flatten(self, asked: Asked) -> Reply:
        """Cancel and sell everything of a book, or of all books."""
        book = asked.args[0] if asked.args else None

        async def act() -> str:
            await self._as(asked).ask(op.Flatten(book=book, reason=_by(asked)))
            return "⛔ " + _("Selling has begun.")

        where = book if book is not None else _("all books")
        question = _("Cancel all buys and sell everything: {where}?").format(where=where)
        return self._code(asked, question, act)

    async def sell(self, asked: Asked) -> Reply:
        """Sell a position, or some shares of it, at market."""
        if not asked.args:
            return Reply(_("Say what: /sell 005930, or /sell 005930 10."))
        code = asked.args[0].upper()
        held = [p for p in (await self._as(asked).ask(op.GetStatus())).positions if p.code == code]
        if not held:
            return Reply(_("{code} is not held.").format(code=code))
        position = held[0]
        quantity = _shares(asked.args[1:], position)
        if quantity is None:
            return Reply(_("Say 1 to {most} shares.").format(most=f"{position.quantity:,}"))

        async def act() -> str:
            wanted = op.PlaceOrder(book=position.book, side=Side.SELL, code=code, quantity=quantity)
            return _answer(await self._as(asked).ask(wanted))

        question = _("Sell {quantity} shares of {name} at market?").format(
            quantity=f"{quantity:,}", name=f"{position.name or ''} {code}".strip()
        )
        return self._code(asked, question, act) if self.live else self._button(asked, question, act)

    async def cancel(self, asked: Asked) -> Reply:
        """Cancel what is left of an order, named by its number in /orders."""
        wanted = asked.args[0].lstrip("#") if asked.args else ""
        now = await self._as(asked).ask(op.GetStatus())
        found = [line for line in now.orders if _is(line, wanted)]
        if not found:
            return Reply(_("Say which: /cancel 3, with a number from /orders."))
        order = found[0]
        if order.state not in LIVE:
            state = words.order_state(order.state)
            return Reply(_("Nothing of it is left to cancel: {state}.").format(state=state))

        async def act() -> str:
            return _answer(await self._as(asked).ask(op.CancelOrder(intent=order.intent)))

        question = _("Cancel the {side} of {name}, {rest} shares left?").format(
            side=words.side(order.side),
            name=order.name or order.code,
            rest=f"{order.remaining:,}",
        )
        return self._button(asked, question, act)

    def _as(self, asked: Asked) -> Service:
        return self.speak(Caller(asked.who, FACE))

    async def _halt(self, asked: Asked, level: Halt) -> str:
        await self._as(asked).ask(op.HaltTo(level=level, reason=_by(asked)))
        return f"⛔ {words.halt(level)}"

    def _level(self, asked: Asked, level: Halt) -> Button:
        async def act() -> str:
            return await self._halt(asked, level)

        token = self.confirmations.ask(asked.chat, act, self.clock.monotonic())
        return Button(words.halt(level), YES + token)

    def _button(self, asked: Asked, question: str, act: Action) -> Reply:
        token = self.confirmations.ask(asked.chat, act, self.clock.monotonic())
        row = (Button(_("Yes"), YES + token), Button(_("No"), NO + token))
        return Reply("❓ " + question, (row,))

    def _code(self, asked: Asked, question: str, act: Action) -> Reply:
        token, code = self.confirmations.ask_code(asked.chat, act, self.clock.monotonic())
        how = _("Send {code} within {seconds} seconds to confirm.").format(
            code=code, seconds=f"{self.confirmations.seconds:g}"
        )
        return Reply(f"🔐 {question}\n{how}", ((Button(_("No"), NO + token),),))


def _by(asked: Asked) -> str:
    return f"telegram {asked.who}"


def _shares(args: tuple[str, ...], position: PositionLine) -> int | None:
    if not args:
        return position.quantity
    text = args[0].replace(",", "")
    return int(text) if text.isdigit() and 0 < int(text) <= position.quantity else None


def _is(line: OrderLine, wanted: str) -> bool:
    serial = line.intent.rsplit("-", 1)[-1].lstrip("0")
    return bool(wanted) and wanted in (line.intent, serial)


def _answer(receipt: Receipt) -> str:
    return "✔️ " + _("Done ({state}).").format(state=words.answered(receipt.state))

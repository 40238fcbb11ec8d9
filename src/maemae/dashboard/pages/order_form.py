"""An order by hand: what is bought or sold, at what price, from what money, before it is sent."""

from nicegui import ui

from maemae.dashboard.board import WHO, Board
from maemae.dashboard.dialogs import confirm
from maemae.dashboard.frame import Frame
from maemae.desk.records import OWNER
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.service import operations as op
from maemae.service import words
from maemae.service.ticket import Ticket, change, named, order_words, ticket


class OrderForm:
    """The form; `build` makes it.

    Args:
        board: of the page.
        frame: of the page.
        code: what it begins with, blank for nothing.
    """

    def __init__(self, board: Board, frame: Frame, code: str = "") -> None:
        self._board = board
        self._frame = frame
        self._code = code
        self._ticket: Ticket | None = None

    def build(self) -> None:
        """Build it inside the current element."""
        with ui.row().classes("items-end gap-3 w-full"):
            self._side = ui.toggle(
                {"buy": _("buy"), "sell": _("sell")}, value="buy", on_change=self._restyle
            ).props(f'aria-label="{_("side")}"')
            self._what = ui.input(_("code, name or initials (ㅅㅅㅈㅈ)"), value=self._code)
            self._what.classes("w-64").on("keydown.enter", self._find).on("blur", self._find)
            self._quantity = ui.number(_("shares"), min=1, precision=0, on_change=self._sum)
            self._quantity.classes("w-28")
            self._price = ui.number(
                _("limit price, blank for market"), min=1, precision=0, on_change=self._sum
            ).classes("w-48")
            self._book = ui.select(
                self._books(), value=OWNER, label=_("book"), on_change=self._reask
            ).classes("w-36")
            self._send = ui.button("", on_click=self._ask)
        with ui.row().classes("items-baseline gap-4 w-full").props('role="status"'):
            self._name = ui.label("").classes("font-bold")
            self._last = ui.label("").classes("number")
            self._power = ui.label("").classes("number soft")
            self._total = ui.label("").classes("number font-bold")
        self._restyle()
        if self._code:
            ui.timer(0.0, self._find, once=True)

    def _books(self) -> dict[str, str]:
        now = self._board.source.snapshot
        books = now.status.books if now is not None else []
        return {OWNER: _("own account")} | {book: book for book in books}

    @property
    def _way(self) -> Side:
        return Side(str(self._side.value))

    def _restyle(self) -> None:
        buys = self._way is Side.BUY
        self._send.text = _("Send buy order") if buys else _("Send sell order")
        self._send.classes(remove="buys sells", add="buys" if buys else "sells")
        self._side.classes(remove="side-buy side-sell", add="side-buy" if buys else "side-sell")
        self._sum()

    async def _reask(self) -> None:
        self._ticket = None
        await self._find()

    async def _find(self) -> None:
        text = str(self._what.value or "").strip()
        if not text:
            return
        known = self._ticket
        if known is not None and text in (known.code, known.title, known.name):
            return
        try:
            service = self._board.source.service(WHO)
            meant = await named(service, text)
            self._ticket = await ticket(service, meant, str(self._book.value))
        except MaemaeError as error:
            self._ticket = None
            ui.notify(str(error), type="warning")
        else:
            self._what.value = self._ticket.title if self._ticket.name else self._ticket.code
        self._sum()

    def _sum(self) -> None:
        """Show what the order comes to."""
        shown = self._ticket
        self._name.text = shown.title if shown else ""
        self._last.text, self._power.text, self._total.text = "", "", ""
        if shown is None:
            return
        moved = change(shown.price, shown.before)
        self._last.text = "–" if shown.price is None else words.won(shown.price)
        colour = "up" if (moved or 0) > 0 else "down" if (moved or 0) < 0 else ""
        self._last.classes(replace=f"number {colour}")
        if moved is not None:
            self._last.text += f" ({moved * 100:+.2f}%)"
        lines = order_words(shown, self._way, int(self._quantity.value or 0), self._limit())
        self._power.text = lines[-1] if self._way is Side.SELL else _(
            "free to spend: {amount}"
        ).format(amount=words.won(shown.buying_power or 0))  # fmt: skip
        if self._quantity.value:
            self._total.text = next((line for line in lines[1:2]), "")

    def _limit(self) -> int | None:
        return int(self._price.value) if self._price.value else None

    async def _ask(self) -> None:
        await self._find()
        shown, quantity = self._ticket, int(self._quantity.value or 0)
        if shown is None or quantity < 1:
            ui.notify(_("Give an instrument and a number of shares."), type="warning")
            return
        side, limit, book = self._way, self._limit(), str(self._book.value)

        async def send(_reason: str) -> bool:
            wanted = op.PlaceOrder(
                book=book, side=side, code=shown.code, quantity=quantity, price=limit
            )
            return await self._board.command(self._frame.session, wanted)

        text = "\n".join(order_words(shown, side, quantity, limit))
        confirm(self._send.text, text, send, side=side)

"""The first page: money, positions, halts, health, what happened last."""

from collections.abc import Callable
from decimal import Decimal

from nicegui import ui

from maemae.dashboard.board import Board
from maemae.dashboard.dialogs import confirm
from maemae.dashboard.frame import Frame, framed
from maemae.dashboard.pages.positions import positions_table
from maemae.dashboard.shape import exposure
from maemae.dashboard.telling import event_texts
from maemae.desk.records import Halt
from maemae.desk.sights import Sight
from maemae.i18n import _
from maemae.service import glance, incidents, words
from maemae.service import operations as op
from maemae.service.answers import Health, Snapshot

EVENTS = 12


def register(board: Board) -> None:
    """Add the page."""

    @ui.page("/")
    def now() -> None:
        with framed(board, "/") as frame:
            unseen_lines(frame)
            _money(frame)
            _controls(board, frame)
            _books(board, frame)
            positions_table(board, frame)
            with ui.row().classes("w-full gap-3 items-stretch"):
                _events(frame)
                _health(frame)


def _tile(name: str, kind: str = "") -> ui.label:
    with ui.card().classes(f"tile {kind}").props("flat bordered"):
        ui.label(name).classes("k")
        return ui.label("–").classes("v")


def _money(frame: Frame) -> None:
    with ui.row().classes("first w-full gap-2"):
        today = _tile(_("result of the day"), "today")
        stake = _tile(_("if every stop fires"))
        limit = _tile(_("day's loss limit"))
    with ui.row().classes("w-full gap-2"):
        assets = _tile(_("total assets"))
        cash = _tile(_("cash (D+2)"))
        free = _tile(_("free to spend"))
        realised = _tile(_("realised today"))
        unrealised = _tile(_("unrealised"))
        costs = _tile(_("fees and taxes"))
        won_lost = _tile(_("won/lost"))
        exposed = _tile(_("exposure"))

    def draw(snapshot: Snapshot) -> None:
        now = snapshot.status
        assets.text = words.won(now.assets)
        cash.text = words.won(now.cash)
        free.text = words.won(now.free_cash)
        today.text = _unparted(glance.result(now))
        today.classes(replace=f"v {_colour(now.day_result)}")
        stake.text = _unparted(glance.at_stake(now))
        limit.text = glance.limit_used(now)
        _mark(realised, now.realised)
        _mark(unrealised, now.unrealised)
        costs.text = words.won(now.fees + now.taxes)
        won_lost.text = f"{now.wins} / {now.losses}"
        exposed.text = f"{exposure(now) * 100:.1f}%"

    frame.live(draw)


def unseen_lines(frame: Frame, *sights: Sight) -> None:
    """Show what is asked for and not had, above all else; of these kinds, or of any."""
    column = ui.column().classes("events gap-1 w-full").props('role="alert"')
    shown: list[str] = []

    def draw(snapshot: Snapshot) -> None:
        wanted = [one for one in snapshot.status.unseen if not sights or one.sight in sights]
        lines = [f"🙈 {incidents.title('blinded')}: {one.words}" for one in wanted]
        if lines == shown:
            return
        shown[:] = lines
        column.clear()
        with column:
            for line in lines:
                ui.label(line).classes("text-negative font-bold")

    frame.live(draw)


def _mark(label: ui.label, value: int | Decimal) -> None:
    label.text = words.marked_won(int(value))
    label.classes(replace=f"v {_colour(value)}")


def _unparted(text: str) -> str:
    """Keep a figure and its mark on one line."""
    return text.replace("▲ ", "▲\N{NO-BREAK SPACE}").replace("▼ ", "▼\N{NO-BREAK SPACE}")


def _colour(value: int | Decimal) -> str:
    return "up" if value > 0 else "down" if value < 0 else ""


def _controls(board: Board, frame: Frame) -> None:
    def halting(title: str, text: str, level: Halt, *, danger: bool = False) -> Callable[[], None]:
        async def act(reason: str) -> bool:
            return await board.command(frame.session, op.HaltTo(level=level, reason=reason))

        return lambda: confirm(title, text, act, danger=danger)

    async def flatten(reason: str) -> bool:
        return await board.command(frame.session, op.Flatten(reason=reason))

    pause, only, stop = _("Pause entries"), _("Exits only"), _("Halt everything")
    resume, sell = _("Resume"), _("Flatten all")
    with ui.row().classes("w-full gap-2").props(f'role="group" aria-label="{_("Controls")}"'):
        ui.button(resume, icon="play_arrow", on_click=halting(
            resume, _("Everything goes on, entries among it."), Halt.NONE)).props(
            "outline color=positive")  # fmt: skip
        ui.button(pause, icon="pause", on_click=halting(
            pause, _("No new entries; exits and orders by hand go on."), Halt.ENTRIES)).props(
            "outline")  # fmt: skip
        ui.button(only, icon="logout", on_click=halting(
            only, _("Nothing is sent but exits and cancels."), Halt.EXITS_ONLY)).props(
            "outline")  # fmt: skip
        ui.button(stop, icon="block", on_click=halting(
            stop, _("The kill switch: not even stop losses are sent."), Halt.ALL, danger=True)
            ).props("outline color=negative")  # fmt: skip
        ui.space()
        ui.button(sell, icon="exit_to_app", on_click=lambda: confirm(
            sell, _("Cancels all buys and sells every position of every book at the market."),
            flatten, danger=True, word="FLATTEN")).props("color=negative")  # fmt: skip


def _books(board: Board, frame: Frame) -> None:
    """Offer to stop the entries of one book, or to let them go on."""

    def asking(book: str, *, paused: bool) -> Callable[[], None]:
        async def act(reason: str) -> bool:
            if paused:
                return await board.command(frame.session, op.Resume(book=book, reason=reason))
            return await board.command(frame.session, op.Pause(book=book, reason=reason))

        title = _book_button(book, paused=paused)
        text = (
            _("Its entries go on.")
            if paused
            else _("It buys nothing more; its exits and all other books go on.")
        )
        return lambda: confirm(title, text, act)

    row = ui.row().classes("w-full gap-2").props(f'role="group" aria-label="{_("Books")}"')
    shown: list[tuple[str, bool]] = []

    def draw(snapshot: Snapshot) -> None:
        now = snapshot.status
        books = [(book, book in now.paused) for book in now.books]
        if books == shown:
            return
        shown[:] = books
        row.clear()
        with row:
            for book, paused in books:
                ui.button(
                    _book_button(book, paused=paused),
                    icon="play_arrow" if paused else "pause",
                    on_click=asking(book, paused=paused),
                ).props(f"flat dense no-caps {'color=positive' if paused else ''}")

    frame.live(draw)


def _book_button(book: str, *, paused: bool) -> str:
    return (_("{book}: go on") if paused else _("{book}: pause")).format(book=book)


def _events(frame: Frame) -> None:
    with ui.card().classes("grow").props("flat bordered").style("flex: 2 1 24rem"):
        ui.label(_("Last events")).classes("font-bold")
        column = ui.column().classes("events gap-1").props('role="log"')
    shown: list[str] = []

    def draw(snapshot: Snapshot) -> None:
        lines = event_texts(snapshot)[:EVENTS]
        if lines == shown:
            return
        shown[:] = lines
        column.clear()
        with column:
            for line in lines:
                ui.label(line)
            if not lines:
                ui.label(_("Nothing has happened yet.")).classes("opacity-60")

    frame.live(draw)


def _health(frame: Frame) -> None:
    with ui.card().classes("grow").props("flat bordered").style("flex: 1 1 18rem"):
        ui.label(_("Connection and budget")).classes("font-bold")
        lines = [ui.label("").classes("events") for _line in range(5)]

    def draw(snapshot: Snapshot) -> None:
        for label, said in zip(lines, health_lines(snapshot.health), strict=True):
            label.text = said

    frame.live(draw)


def health_lines(health: Health) -> list[str]:
    """Say how the trader and its connection are doing."""
    wire = health.wire
    stream = _("up") if wire.stream_up else _("DOWN")
    last = f"{health.last_step:%H:%M:%S}" if health.last_step else "–"
    return [
        _("stream {state}, {used} of {most} registrations").format(
            state=stream, used=wire.registered, most=wire.registrations
        ),
        _("requests {sent:,}, slowed down {slowed:,} times").format(
            sent=wire.granted, slowed=wire.throttled
        ),
        _("limit {limit:g} requests a second").format(limit=wire.calls_per_second),
        _("{steps:,} steps, the last at {last}").format(steps=health.steps, last=last),
        _("{waiting} waiting, {dropped:,} outdated prices skipped").format(
            waiting=health.waiting, dropped=health.dropped_prices
        ),
    ]

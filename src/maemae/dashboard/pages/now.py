"""The first page: what the day earns, what is held, what happened, what can be done."""

from decimal import Decimal

from nicegui import ui

from maemae.dashboard.board import Board
from maemae.dashboard.frame import Frame, framed
from maemae.dashboard.pages.controls import controls
from maemae.dashboard.pages.positions import positions_list
from maemae.dashboard.shape import exposure
from maemae.dashboard.telling import event_texts
from maemae.desk.sights import Sight
from maemae.i18n import _
from maemae.service import glance, incidents, words
from maemae.service.answers import Health, Snapshot

EVENTS = 12


def register(board: Board) -> None:
    """Add the page."""

    @ui.page("/")
    def now() -> None:
        with framed(board, "/") as frame:
            unseen_lines(frame)
            _money(frame)
            positions_list(board, frame)
            with ui.row().classes("w-full gap-3 items-stretch"):
                _events(frame)
                _account(frame)
                _health(frame)
            controls(board, frame)


def _figure(name: str, kind: str = "") -> ui.label:
    with ui.column().classes(f"figure gap-0 {kind}"):
        ui.label(name).classes("k")
        return ui.label("–").classes("v")


def _money(frame: Frame) -> None:
    with ui.element("div").classes("figures"):
        today = _figure(_("result of the day"), "today")
        parts = [_figure(name) for name in glance.part_names()]
        stake = _figure(_("if every stop fires"), "row")
        limit = _figure(_("day's loss limit"), "row")
        assets = _figure(_("total assets"))
        free = _figure(_("free to spend"))

    def draw(snapshot: Snapshot) -> None:
        now = snapshot.status
        assets.text = words.won(now.assets)
        free.text = words.won(now.free_cash)
        today.text = _unparted(glance.result(now))
        today.classes(replace=f"v {_colour(now.day_result)}")
        stake.text = _unparted(glance.at_stake(now))
        limit.text = glance.limit_used(now)
        for label, part in zip(parts, glance.parts(now), strict=True):
            _mark(label, part)

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
    label.text = _unparted(words.marked_won(int(value)))
    label.classes(replace=f"v {_colour(value)}")


def _unparted(text: str) -> str:
    """Keep a figure and its mark on one line."""
    return text.replace("▲ ", "▲\N{NO-BREAK SPACE}").replace("▼ ", "▼\N{NO-BREAK SPACE}")


def _colour(value: int | Decimal) -> str:
    return "up" if value > 0 else "down" if value < 0 else ""


def _events(frame: Frame) -> None:
    with ui.card().classes("grow").props("flat bordered").style("flex: 2 1 22rem"):
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
                ui.label(_("Nothing has happened yet.")).classes("soft")

    frame.live(draw)


def _account(frame: Frame) -> None:
    """Show what a glance does not need."""
    with ui.card().classes("grow").props("flat bordered").style("flex: 1 1 12rem"):
        ui.label(_("Account")).classes("font-bold")
        cash = _pair(_("cash (D+2)"))
        costs = _pair(_("fees and taxes"))
        won_lost = _pair(_("won/lost"))
        exposed = _pair(_("exposure"))

    def draw(snapshot: Snapshot) -> None:
        now = snapshot.status
        cash.text = words.won(now.cash)
        costs.text = words.won(now.fees + now.taxes)
        won_lost.text = f"{now.wins} / {now.losses}"
        exposed.text = f"{exposure(now) * 100:.1f}%"

    frame.live(draw)


def _pair(name: str) -> ui.label:
    with ui.row().classes("events w-full justify-between no-wrap"):
        ui.label(name).classes("soft")
        return ui.label("–").classes("number")


def _health(frame: Frame) -> None:
    with ui.card().classes("grow").props("flat bordered").style("flex: 1 1 15rem"):
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

"""Incidents, commands of people and the trader's log, with filters."""

from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.board import Board
from maemae.dashboard.frame import framed
from maemae.dashboard.tables import Table
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.service import incidents, words
from maemae.service import operations as op
from maemae.service.audit_words import commanded
from maemae.service.log_words import in_words

RELOAD_SECONDS = 2.0
LINES = 400


def register(board: Board) -> None:
    """Add the page."""

    @ui.page("/log")
    def log() -> None:
        with framed(board, "/log"):
            _told(board)
            _lines(board)


def _told(board: Board) -> None:
    with ui.tabs().props("dense align=left") as tabs:
        first = ui.tab("incidents", _("Incidents"))
        ui.tab("audit", _("Commands"))
    with ui.tab_panels(tabs, value=first).classes("w-full"):
        with ui.tab_panel("incidents").classes("q-pa-none"):
            happened = Table(
                [
                    grid.text("at", _("time"), 120),
                    grid.text("level", _("weight"), 65),
                    grid.text("kind", _("what"), 250),
                    grid.text("detail", _("detail"), 280),
                    grid.text("code", _("code"), 85),
                    grid.text("book", _("book"), 95),
                ],
                title="kind",
                label=_("Incidents"),
                empty=_("None."),
            )
        with ui.tab_panel("audit").classes("q-pa-none"):
            audit = Table(
                [
                    grid.text("at", _("time"), 120),
                    grid.text("command", _("command"), 110),
                    grid.text("who", _("who"), 90),
                    grid.text("face", _("from"), 80),
                    grid.text("detail", _("detail"), 400),
                ],
                title="command",
                label=_("Commands"),
                empty=_("None."),
            )

    async def load() -> None:
        try:
            told = await board.source.ask(op.GetIncidents(n=LINES))
            given = await board.source.ask(op.GetAudit(n=LINES))
        except MaemaeError:
            return  # The frame says that nothing answers.
        happened.show(
            [
                {"id": f"{n}", "at": f"{line.at:%m-%d %H:%M:%S}",
                 "level": words.severity(line.level), "kind": incidents.title(line.kind),
                 "code": line.code, "detail": line.detail, "book": words.book(line.book)}
                for n, line in enumerate(told)
            ]
        )  # fmt: skip
        audit.show(
            [
                {"id": f"{n}", "at": f"{line.at:%m-%d %H:%M:%S}", "who": line.who,
                 "face": words.face(line.face), "command": words.command(line.command),
                 "detail": commanded(line.command, line.detail)}
                for n, line in enumerate(given)
            ]
        )  # fmt: skip

    ui.timer(RELOAD_SECONDS, load, immediate=True)


def _lines(board: Board) -> None:
    with ui.row().classes("items-end gap-3"):
        ui.label(_("Log")).classes("text-lg font-bold")
        wanted = ui.input(_("contains")).props("clearable dense")
    shown = ui.log(max_lines=LINES).classes("w-full h-80 events")
    before: list[str] = []

    async def load() -> None:
        told = [(line, in_words(line)) for line in await board.source.log(LINES)]
        contains = wanted.value or ""
        found = [words for line, words in told if contains in line or contains in words]
        if found == before:
            return
        before[:] = found
        shown.clear()
        for line in found:
            shown.push(line)

    wanted.on_value_change(load)
    ui.timer(RELOAD_SECONDS, load, immediate=True)

"""Candidates: what the sources offer, what is held of it, and why something was not bought."""

from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.board import Board
from maemae.dashboard.frame import framed
from maemae.dashboard.shape import Row, candidate_rows
from maemae.dashboard.telling import incident_text
from maemae.i18n import _
from maemae.service.answers import Snapshot

MOVES = 40


def register(board: Board) -> None:
    """Add the page."""

    @ui.page("/candidates")
    def candidates() -> None:
        with framed(board, "/candidates") as frame:
            known = board.source.snapshot
            ui.label(_("Candidates")).classes("text-lg font-bold")
            table = grid.Grid(
                _columns(),
                rows=candidate_rows(known) if known else (),
                label=_("Candidates"),
                empty=_("No source offers anything at the moment."),
                height="24rem",
                on_row=lambda row: ui.navigate.to(f"/chart?code={row['code']}"),
            )
            with ui.row().classes("w-full gap-3 items-stretch"):
                with ui.card().props("flat bordered").style("flex: 1 1 20rem"):
                    ui.label(_("Who came and who left")).classes("font-bold")
                    moves = ui.log(max_lines=MOVES).classes("events h-56 w-full")
                with ui.card().props("flat bordered").style("flex: 1 1 20rem"):
                    ui.label(_("Why something was not bought")).classes("font-bold")
                    reasons = ui.log(max_lines=MOVES).classes("events h-56 w-full")
            present = {row["id"]: row for row in candidate_rows(known)} if known else {}
            told: set[tuple[object, str]] = set()

            def draw(snapshot: Snapshot) -> None:
                nonlocal present
                rows = candidate_rows(snapshot)
                table.show(rows)
                fresh = {row["id"]: row for row in rows}
                for line in moved(present, fresh):
                    moves.push(f"{snapshot.status.at:%H:%M:%S} {line}")
                present = fresh
                for incident in reversed(snapshot.incidents):
                    key = (incident.at, incident.code)
                    if incident.kind == "declined" and key not in told:
                        told.add(key)
                        reasons.push(incident_text(incident))

            frame.live(draw)


def moved(before: dict[str, Row], after: dict[str, Row]) -> list[str]:
    """Say who has come and who has left."""
    came = [f"▶ {row['name']} {row['code']}" for key, row in after.items() if key not in before]
    left = [f"◀ {row['name']} {row['code']}" for key, row in before.items() if key not in after]
    return came + left


def _columns() -> list[Row]:
    return [
        grid.text("name", _("name"), 170),
        grid.text("code", _("code"), 100),
        grid.number("price", _("price"), 110),
        grid.text("held", _("held"), 80),
        grid.text("why", _("declined because"), 260),
        grid.text("book", _("book"), 120),
    ]

"""Candidates: what sources offer, why something was not bought, and rankings of the market."""

from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.board import WHO, Board
from maemae.dashboard.frame import framed
from maemae.dashboard.pages.now import unseen_lines
from maemae.dashboard.shape import Row, candidate_rows, ranking_rows
from maemae.dashboard.tables import Table
from maemae.dashboard.telling import incident_text
from maemae.desk.sights import Sight
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.service import glance
from maemae.service import operations as op
from maemae.service.answers import Snapshot
from maemae.service.market_view import Ranking

MOVES = 40
RANKING_SECONDS = 30.0


def register(board: Board) -> None:
    """Add the page."""

    @ui.page("/candidates")
    def candidates() -> None:
        with framed(board, "/candidates") as frame:
            known = board.source.snapshot
            ui.label(_("Candidates")).classes("text-lg font-bold")
            unseen_lines(frame, Sight.SEARCH, Sight.QUOTES, Sight.POWER, Sight.PRICE)
            waiting = ui.label("").classes("soft")
            table = Table(
                _columns(),
                title="name",
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
            _ranking(board)
            present = {row["id"]: row for row in candidate_rows(known)} if known else {}
            told: set[tuple[object, str]] = set()

            def draw(snapshot: Snapshot) -> None:
                nonlocal present
                rows = candidate_rows(snapshot)
                table.show(rows)
                said = [
                    _("{book}: no answer yet").format(book=book)
                    for book in snapshot.status.unanswered
                ]
                waiting.text = " · ".join(filter(None, [*said, glance.decisions(snapshot.status)]))
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


def _ranking(board: Board) -> None:
    names = {
        Ranking.VOLUME: _("volume"),
        Ranking.VALUE: _("traded value"),
        Ranking.RISE: _("risers"),
        Ranking.FALL: _("fallers"),
    }
    with ui.row().classes("w-full items-center gap-3"):
        ui.label(_("Ranking of the market")).classes("text-lg font-bold")
        chosen = ui.toggle(names, value=Ranking.VOLUME, on_change=lambda: load())  # noqa: PLW0108 - load comes below
        chosen.props(f'aria-label="{_("Ranking of the market")}"')
        problem = ui.label("").classes("soft")
    table = Table(
        _ranking_columns(),
        title="name",
        label=_("Ranking of the market"),
        empty=_("No ranking yet."),
        height="24rem",
        on_row=lambda row: ui.navigate.to(f"/chart?code={row['code']}"),
    )

    async def load() -> None:
        now = board.source.snapshot
        held = [line.code for line in now.status.positions] if now is not None else []
        try:
            lines = await board.source.service(WHO).ask(
                op.GetRanking(by=Ranking(str(chosen.value)))
            )
        except MaemaeError as error:
            problem.text = str(error)
            return
        problem.text = ""
        table.show(ranking_rows(lines, held))

    ui.timer(RANKING_SECONDS, load, immediate=True)


def moved(before: dict[str, Row], after: dict[str, Row]) -> list[str]:
    """Say who has come and who has left."""
    came = [f"▶ {row['name']} {row['code']}" for key, row in after.items() if key not in before]
    left = [f"◀ {row['name']} {row['code']}" for key, row in before.items() if key not in after]
    return came + left


def _columns() -> list[Row]:
    return [
        grid.text("name", _("name"), 125),
        grid.number("price", _("last price"), 90),
        grid.text("held", _("held"), 55),
        grid.text("why", _("declined because"), 260),
        grid.text("code", _("code"), 90),
        grid.text("book", _("book"), 110),
    ]


def _ranking_columns() -> list[Row]:
    return [
        grid.number("rank", _("rank"), 55),
        grid.text("name", _("name"), 115),
        grid.number("price", _("last price"), 85),
        grid.marked_rate("rate", _("change"), 95),
        grid.number("volume", _("volume"), 110),
        grid.text("held", _("held"), 70),
        grid.text("code", _("code"), 90),
    ]

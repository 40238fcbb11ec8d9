"""Plans: what was decided after a close, and what became of each line at the next open."""

from nicegui import ui

from maemae.dashboard import grid
from maemae.dashboard.board import Board
from maemae.dashboard.frame import framed
from maemae.dashboard.shape import Row, plan_item_rows, plan_rows
from maemae.dashboard.tables import Table
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.service import words
from maemae.service.answers import PlanLine

RELOAD_SECONDS = 5.0


def register(board: Board) -> None:
    """Add the page."""

    @ui.page("/plans")
    def plans() -> None:
        with framed(board, "/plans"):
            _Page(board).build()


class _Page:
    """One open page: the plans, and the lines of the one that is chosen."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._plans: dict[str, PlanLine] = {}
        self._chosen = ""
        """File of the plan that is shown; blank shows the latest."""

    def build(self) -> None:
        ui.label(_("Plans")).classes("text-lg font-bold")
        self._table = Table(
            _columns(),
            title="name",
            label=_("Plans"),
            empty=_("No plans yet."),
            height="16rem",
            on_row=self._choose,
        )
        self._title = ui.label("").classes("text-lg font-bold")
        self._detail = ui.label("").classes("soft")
        self._items = Table(
            _item_columns(),
            title="name",
            label=_("Lines of the plan"),
            empty=_("Nothing to buy and nothing to sell."),
            height="26rem",
            on_row=lambda row: ui.navigate.to(f"/chart?code={row['code']}"),
        )
        ui.timer(RELOAD_SECONDS, self._load, immediate=True)

    async def _load(self) -> None:
        try:
            found = await self._board.source.plans()
        except MaemaeError as error:
            self._detail.text = str(error)
            return
        self._plans = {line.file: line for line in found}
        self._table.show(plan_rows(found))
        self._show()

    def _choose(self, row: Row) -> None:
        self._chosen = str(row["id"])
        self._show()

    def _show(self) -> None:
        plan = self._plans.get(self._chosen) or next(iter(self._plans.values()), None)
        if plan is None:
            return
        self._title.text = f"{plan.name} {plan.day or plan.file} · {words.plan_state(plan.state)}"
        unjudged = _("Not judged: {n}").format(n=plan.errors) if plan.errors else ""
        self._detail.text = " · ".join(
            part for part in (plan.strategy, unjudged, plan.detail) if part
        )
        self._items.show(plan_item_rows(plan))


def _columns() -> list[Row]:
    return [
        grid.text("day", _("day"), 105),
        grid.text("name", _("book"), 100),
        grid.number("buys", _("buys"), 60),
        grid.number("sells", _("sells"), 60),
        grid.text("state", _("state"), 180),
        grid.text("strategy", _("trading rules"), 150),
        grid.number("value", _("value in won"), 130),
        grid.number("errors", _("errors"), 80),
    ]


def _item_columns() -> list[Row]:
    return [
        grid.side(_("side")),
        grid.text("name", _("name"), 115),
        grid.number("quantity", _("shares"), 85),
        grid.text("became", _("what became of it"), 120),
        grid.number("price", _("close"), 95),
        grid.number("filled", _("filled"), 80),
        grid.number("average", _("fill price"), 95),
        grid.marked_rate("gap", _("against the close"), 110),
        grid.text("reason", _("reason"), 180),
        grid.text("code", _("code"), 90),
    ]

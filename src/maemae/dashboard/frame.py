"""The frame around every page: venue, account, state, the way to stop, pages and settings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from nicegui import ui

from maemae.dashboard.board import Board
from maemae.dashboard.dialogs import confirm
from maemae.dashboard.shape import venue_word
from maemae.dashboard.style import apply_style
from maemae.desk.records import Halt
from maemae.i18n import _, language
from maemae.service import operations as op
from maemae.service import words
from maemae.service.answers import Snapshot

REFRESH_SECONDS = 0.25

PAGES = ("/", "/orders", "/chart", "/candidates", "/plans", "/profit", "/backtests", "/log")


def title_of(path: str) -> str:
    """Name a page in the language in force."""
    return {
        "/": _("Now"),
        "/orders": _("Orders"),
        "/chart": _("Chart"),
        "/candidates": _("Candidates"),
        "/plans": _("Plans"),
        "/profit": _("Profit"),
        "/backtests": _("Backtests"),
        "/log": _("Log"),
    }[path]


class Frame:
    """One open page: redraws when there is something new, and leaves when the session ends."""

    def __init__(self, board: Board, path: str) -> None:
        self._board = board
        self._path = path
        self._session = board.session()
        board.viewers.opened(self._session)
        self._seen = -1
        self._drawings: list[Callable[[Snapshot], None]] = []
        self._dark = ui.dark_mode(None)

    @property
    def session(self) -> str:
        """The session in which the page was opened."""
        return self._session

    def live(self, draw: Callable[[Snapshot], None]) -> None:
        """Draw now, if there is a state, and at every change of it."""
        self._drawings.append(draw)

    def start(self) -> None:
        """Begin to follow; called when the page is built."""
        self._refresh()
        ui.timer(REFRESH_SECONDS, self._refresh)

    def head(self) -> None:
        """Build the header: one row, on the phone too."""
        apply_style()
        ui.page_title(f"{title_of(self._path)} · maemae")
        with (
            ui.header(elevated=True).classes("head q-py-xs q-px-sm"),
            ui.row().classes("items-center w-full no-wrap gap-2"),
        ):
            ui.link("maemae", "/").classes("brand text-white text-lg font-bold no-underline")
            self._badge = ui.label("…").classes("badge badge-sim").props('role="status"')
            self._account = ui.label("").classes("account text-sm number")
            self._state = (
                ui.label("").classes("text-sm font-bold whitespace-nowrap").props('role="status"')
            )
            self._tick = ui.label("").classes("text-sm number")
            self._tick.tooltip(_("when the trader last dealt with something"))
            with (
                ui.row()
                .classes("pages gap-0 q-ml-md")
                .props(f'role="navigation" aria-label="{_("Pages")}"')
            ):
                for path in PAGES:
                    link = ui.link(title_of(path), path)
                    if path == self._path:
                        link.classes("here").props('aria-current="page"')
            ui.space()
            stop = ui.button(icon="block", on_click=self._ask_to_stop).props(
                f'unelevated dense aria-label="{_("Stop everything now")}"'
            )
            with stop.classes("solid-danger"):
                ui.label(_("Stop")).classes("wide q-mx-xs")
            self._menu()
        self._banner = (
            ui.label("")
            .classes("w-full q-pa-sm rounded bg-amber-3 text-black")
            .props('role="alert"')
        )
        self._banner.set_visibility(False)

    def _ask_to_stop(self) -> None:
        async def stop(reason: str) -> bool:
            wanted = op.HaltTo(level=Halt.ALL, reason=reason)
            return await self._board.command(self._session, wanted)

        text = _("The kill switch: not even stop losses are sent.")
        confirm(_("Halt everything"), text, stop, danger=True)

    def _menu(self) -> None:
        other = "English" if language() == "ko" else "한국어"

        def switch() -> None:
            self._board.viewers.choose(self._session, "en" if language() == "ko" else "ko")
            ui.navigate.reload()

        def leave() -> None:
            ui.run_javascript(
                "const f=document.createElement('form');f.method='post';f.action='/logout';"
                "document.body.append(f);f.submit()"
            )

        def shade() -> None:
            self._dark.value = not self._dark.value

        with (
            ui.button(icon="menu").props(f'flat dense color=white aria-label="{_("Menu")}"'),
            ui.menu().props('anchor="bottom right" self="top right"'),
        ):
            for path in PAGES:
                item = ui.menu_item(title_of(path), lambda path=path: ui.navigate.to(path))
                item.classes("pages-menu" + (" font-bold" if path == self._path else ""))
            ui.separator().classes("pages-menu")
            ui.menu_item(other, switch)
            ui.menu_item(_("Light or dark"), shade)
            ui.menu_item(_("Log out"), leave)

    def _refresh(self) -> None:
        source = self._board.source
        if not self._board.sessions.is_open(self._session):
            ui.navigate.to("/login")
            return
        if source.version == self._seen:
            return
        self._seen = source.version
        self._show_link()
        if source.snapshot is not None:
            if source.connected:
                self._show_head(source.snapshot)
            for draw in self._drawings:
                draw(source.snapshot)

    def _show_link(self) -> None:
        source = self._board.source
        self._banner.set_visibility(not source.connected)
        if not source.connected:
            last = source.snapshot.status.at if source.snapshot is not None else None
            self._banner.text = _gone(last, source.problem)
            # The last known state would say that it trades.
            self._state.text = "✖ " + _("no trader")
            self._state.classes("gone")
            self._tick.text = ""

    def _show_head(self, snapshot: Snapshot) -> None:
        health, now = snapshot.health, snapshot.status
        self._badge.text = venue_word(health)
        self._account.text = health.account
        self._badge.classes(replace=f"badge badge-{health.venue}")
        if health.venue == "live":
            ui.query("body").classes("venue-live")
        mark = "▶" if now.halt is Halt.NONE else "■"
        self._state.text = f"{mark} {words.halt(now.halt)}"
        self._state.classes(remove="gone")
        self._tick.text = f"{health.last_step or now.at:%H:%M:%S}"


def _gone(last: datetime | None, problem: str) -> str:
    if last is None:
        return _("No trader answers yet. {problem}").format(problem=problem)
    return _("The trader does not answer; this is how it was at {time}. {problem}").format(
        time=f"{last:%H:%M:%S}", problem=problem
    )


@contextmanager
def framed(board: Board, path: str) -> Iterator[Frame]:
    """Build a page inside the frame."""
    frame = Frame(board, path)
    frame.head()
    yield frame
    frame.start()

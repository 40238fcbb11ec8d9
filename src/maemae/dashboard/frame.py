"""The frame around every page: venue, halts, connection, navigation, language, light and dark."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from nicegui import ui

from maemae.dashboard.board import Board
from maemae.dashboard.dialogs import confirm
from maemae.dashboard.shape import venue_word
from maemae.desk.records import Halt
from maemae.i18n import _, language
from maemae.service import operations as op
from maemae.service import words
from maemae.service.answers import Snapshot

REFRESH_SECONDS = 0.25

_STYLE = """
:root{--up:#d6293e;--down:#1f6fd6}
body{font-family:system-ui,"Noto Sans KR","Noto Sans CJK KR",sans-serif}
.nicegui-content{max-width:1500px;margin:0 auto;padding:12px;gap:12px;width:100%}
.venue-live{box-shadow:inset 0 0 0 6px #d6001c}
.badge{white-space:nowrap;font-weight:700;
padding:3px 10px;border-radius:8px;color:#fff;letter-spacing:.03em}
.badge-sim{background:#5b6472}.badge-paper{background:#1d4ed8}.badge-live{background:#d6001c}
.tile{padding:10px 14px;border-radius:10px;min-width:9.5rem;flex:1 1 9.5rem}
.tile .k{font-size:.78rem;opacity:.75}.tile .v{font-size:1.22rem;font-weight:650;
font-variant-numeric:tabular-nums;white-space:nowrap}
.first .v{white-space:normal}.today .v{font-size:1.9rem;line-height:1.2}
.gone{background:#d6001c;color:#fff;padding:3px 10px;border-radius:8px}
.up{color:var(--up)}.down{color:var(--down)}
.body--dark .up{color:#ff6b7d}.body--dark .down{color:#6fb1ff}
.stale{opacity:.55}
.nav a{padding:8px 12px;border-radius:8px;text-decoration:none;color:inherit;white-space:nowrap}
.nav a:hover{background:#8882}
.nav a.here{background:#8883;font-weight:650}
.nav{overflow-x:auto;flex-wrap:nowrap}
@media (max-width:600px){.first .tile{flex-basis:100%}.account{display:none}
.nicegui-content{padding:8px}}
.q-btn{text-transform:none}.q-tab{text-transform:none}
*:focus-visible{outline:3px solid #f59e0b!important;outline-offset:1px}
.events{font-size:.87rem;font-variant-numeric:tabular-nums}
"""

PAGES: tuple[tuple[str, str], ...] = (
    ("/", "Now"),
    ("/orders", "Orders"),
    ("/chart", "Chart"),
    ("/candidates", "Candidates"),
    ("/plans", "Plans"),
    ("/profit", "Profit"),
    ("/backtests", "Backtests"),
    ("/log", "Log"),
)


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
        """Build the header."""
        ui.add_css(_STYLE)
        ui.page_title(f"{title_of(self._path)} · maemae")
        with (
            ui.header(elevated=True)
            .classes("q-py-xs q-px-md items-center")
            .style("background: #1b2430; color: #fff")
        ):
            with ui.row().classes("items-center w-full no-wrap gap-3"):
                ui.link("maemae", "/").classes("text-white text-lg font-bold no-underline")
                self._badge = ui.label("…").classes("badge badge-sim").props('role="status"')
                self._account = ui.label("").classes("account text-sm")
                self._halt = (
                    ui.label("")
                    .classes("text-sm font-bold whitespace-nowrap")
                    .props('role="status"')
                )
                ui.space()
                self._clock = ui.label("").classes("text-sm gt-xs tabular-nums")
                self._link = ui.label("").classes("text-sm gt-xs")
                self._buttons()
            with (
                ui.row()
                .classes("nav w-full gap-1")
                .props(f'role="navigation" aria-label="{_("Pages")}"')
            ):
                for path, _title in PAGES:
                    link = ui.link(title_of(path), path)
                    if path == self._path:
                        link.classes("here").props('aria-current="page"')
        self._banner = (
            ui.label("")
            .classes("w-full q-pa-sm rounded bg-amber-3 text-black")
            .props('role="alert"')
        )
        self._banner.set_visibility(False)

    def _buttons(self) -> None:
        other = "EN" if language() == "ko" else "한국어"

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

        async def stop(reason: str) -> bool:
            wanted = op.HaltTo(level=Halt.ALL, reason=reason)
            return await self._board.command(self._session, wanted)

        def ask() -> None:
            text = _("The kill switch: not even stop losses are sent.")
            confirm(_("Halt everything"), text, stop, danger=True)

        ui.button(icon="block", on_click=ask).props(
            f'unelevated dense color=negative aria-label="{_("Stop everything now")}"'
        )
        small = "flat dense color=white"
        ui.button(other, on_click=switch).props(small)
        ui.button(icon="contrast", on_click=shade).props(
            f'{small} aria-label="{_("Light or dark")}"'
        )
        ui.button(icon="logout", on_click=leave).props(f'{small} aria-label="{_("Log out")}"')

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
        if source.connected:
            self._link.text = "● " + _("connected")
        else:
            self._link.text = "○ " + _("no connection")
            last = source.snapshot.status.at if source.snapshot is not None else None
            self._banner.text = _gone(last, source.problem)
            # The last known state would say that it trades.
            self._halt.text = "✖ " + _("no trader")
            self._halt.classes("gone")

    def _show_head(self, snapshot: Snapshot) -> None:
        health, now = snapshot.health, snapshot.status
        self._badge.text = venue_word(health)
        self._account.text = health.account
        self._badge.classes(replace=f"badge badge-{health.venue}")
        if health.venue == "live":
            ui.query("body").classes("venue-live")
        self._clock.text = f"{now.at:%Y-%m-%d %H:%M:%S}"
        mark = "▶" if now.halt is Halt.NONE else "■"
        self._halt.text = f"{mark} {words.halt(now.halt)}"
        self._halt.classes(remove="gone")


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

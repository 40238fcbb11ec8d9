"""The buttons that change how much is done; only those that make sense now are there."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from nicegui import ui

from maemae.dashboard.board import Board
from maemae.dashboard.dialogs import confirm
from maemae.dashboard.frame import Frame
from maemae.desk.records import Halt
from maemae.i18n import _
from maemae.service import operations as op
from maemae.service.answers import Snapshot
from maemae.service.status import Status

Makes = Callable[[Status], bool]
"""Whether a button makes sense in a state."""


class _Change(NamedTuple):
    """A button to another level of halt."""

    level: Halt
    title: str
    text: str
    icon: str
    colour: str


def _changes() -> list[_Change]:
    return [
        _Change(Halt.NONE, _("Resume"), _("Everything goes on, entries among it."),
                "play_arrow", "positive"),
        _Change(Halt.ENTRIES, _("Pause entries"),
                _("No new entries; exits and orders by hand go on."), "pause", "primary"),
        _Change(Halt.EXITS_ONLY, _("Exits only"), _("Nothing is sent but exits and cancels."),
                "logout", "primary"),
        _Change(Halt.ALL, _("Halt everything"),
                _("The kill switch: not even stop losses are sent."), "block", "negative"),
    ]  # fmt: skip


def controls(board: Board, frame: Frame) -> None:
    """Build them."""
    label = _("Controls")
    row = ui.row().classes("w-full gap-2").props(f'role="group" aria-label="{label}"')
    known: list[Sequence[str]] = []
    buttons: list[tuple[ui.button, Makes]] = []

    def draw(snapshot: Snapshot) -> None:
        now = snapshot.status
        # Only what a state makes sensible is shown, but nothing is built anew for it: the click
        # on a button that has just been replaced would be nobody's.
        if known != [now.books]:
            known[:] = [now.books]
            row.clear()
            with row:
                buttons[:] = [*_levels(board, frame), *_books(board, frame, now.books)]
                ui.space()
                buttons.append(_flatten(board, frame))
        for button, makes_sense in buttons:
            button.set_visibility(makes_sense(now))

    frame.live(draw)


def _levels(board: Board, frame: Frame) -> Iterator[tuple[ui.button, Makes]]:
    def asking(change: _Change) -> Callable[[], None]:
        async def act(reason: str) -> bool:
            return await board.command(frame.session, op.HaltTo(level=change.level, reason=reason))

        danger = change.level is Halt.ALL
        return lambda: confirm(change.title, change.text, act, danger=danger)

    def other(change: _Change) -> Makes:
        return lambda now: change.level is not now.halt

    for change in _changes():
        button = ui.button(change.title, icon=change.icon, on_click=asking(change))
        yield button.props(f"outline color={change.colour}"), other(change)


def _books(board: Board, frame: Frame, books: Sequence[str]) -> Iterator[tuple[ui.button, Makes]]:
    for book in books:
        for paused in (False, True):
            yield _book(board, frame, book, paused=paused)


def _book(board: Board, frame: Frame, book: str, *, paused: bool) -> tuple[ui.button, Makes]:
    """Offer to stop the entries of one book, or to let them go on."""
    text = _("{book}: go on") if paused else _("{book}: pause")
    title = text.format(book=book)
    meaning = (
        _("Its entries go on.")
        if paused
        else _("It buys nothing more; its exits and all other books go on.")
    )

    async def act(reason: str) -> bool:
        wanted = op.Resume if paused else op.Pause
        return await board.command(frame.session, wanted(book=book, reason=reason))

    def makes_sense(now: Status) -> bool:
        # A halt of all entries is over them; one that is paused by itself can be let go.
        return paused if book in now.paused else not paused and now.halt is Halt.NONE

    button = ui.button(
        title,
        icon="play_arrow" if paused else "pause",
        on_click=lambda: confirm(title, meaning, act),
    ).props(f"flat dense {'color=positive' if paused else ''}")
    return button, makes_sense


def _flatten(board: Board, frame: Frame) -> tuple[ui.button, Makes]:
    async def flatten(reason: str) -> bool:
        return await board.command(frame.session, op.Flatten(reason=reason))

    title = _("Flatten all")
    text = _("Cancels all buys and sells every position of every book at the market.")
    button = ui.button(
        title,
        icon="exit_to_app",
        on_click=lambda: confirm(title, text, flatten, danger=True, word="FLATTEN"),
    ).classes("solid-danger")
    return button, lambda now: bool(now.positions)

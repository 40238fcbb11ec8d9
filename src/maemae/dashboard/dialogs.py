"""Questions before anything is done."""

from collections.abc import Awaitable, Callable

from nicegui import ElementFilter, ui

from maemae.i18n import _
from maemae.market.kinds import Side

_SIDES = {Side.BUY: "buys", Side.SELL: "sells"}

Act = Callable[[str], Awaitable[bool]]


class Question(ui.dialog):
    """A dialog of which a page has one at a time, open from the start and gone once answered.

    Nothing fades, and no earlier one stays below: the second of two clicks finds no button. Nor
    does it answer a question that came up under it in between: buttons take half a second to wake
    (`.question` of `maemae.dashboard.style`), and a click beside it is no answer.
    """

    def __init__(self) -> None:
        # Not inside what was clicked: a list that is drawn anew would take the question along,
        # and the question before this one, whose button asks, takes its own content along.
        page = ui.context.client.content
        for earlier in list(ElementFilter(kind=Question)):
            earlier.delete()
        with page:
            super().__init__(value=True)
        self.props("transition-duration=0 no-backdrop-dismiss").classes("question")
        self.on("hide", self.delete)


def confirm(
    title: str,
    text: str,
    act: Act,
    *,
    danger: bool = False,
    side: Side | None = None,
    word: str = "",
) -> None:
    """Ask for a reason, and for a word to be typed where much is at stake; then act.

    Args:
        title: what is about to happen.
        text: what that means.
        act: called with the reason; returns whether it was done.
        danger: colours the button as what does harm.
        side: colours the button as an order, red for a buy and blue for a sell.
        word: must be typed to go on; blank asks for none.
    """
    with Question() as question, ui.card().classes("w-96 max-w-full"):
        ui.label(title).classes("text-lg font-bold")
        ui.label(text).classes("whitespace-pre-line")
        reason = ui.input(_("Reason")).classes("w-full").props('maxlength="200"')
        typed = (
            ui.input(_("Type {word} to go on").format(word=word)).classes("w-full")
            if word
            else None
        )

        async def go() -> None:
            if typed is not None and (typed.value or "").strip() != word:
                ui.notify(_("Type {word} to go on").format(word=word), type="warning")
                return
            button.disable()  # What a second click would ask for has been asked for.
            done = await act(reason.value or "")
            if question.is_deleted:
                return
            if done:
                question.delete()
            else:
                button.enable()

        with ui.row().classes("w-full justify-end"):
            ui.button(_("Back"), on_click=question.delete).props("flat")
            button = ui.button(title, on_click=go).classes(
                _SIDES[side] if side is not None else "solid-danger" if danger else "solid"
            )

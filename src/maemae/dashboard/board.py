"""What every page of the dashboard stands on."""

from dataclasses import dataclass
from pathlib import Path

from nicegui import ui

from maemae.dashboard.backtests import Backtests
from maemae.dashboard.door import session_of
from maemae.dashboard.sessions import Sessions
from maemae.dashboard.source import Source
from maemae.dashboard.viewers import Viewers
from maemae.errors import MaemaeError
from maemae.i18n import _
from maemae.service import words
from maemae.service.operations import Command
from maemae.strategy.declare import Strategy
from maemae.strategy.find import search
from maemae.strategy.presets import PRESETS

WHO = "owner"
"""The name under which commands from the page are recorded."""


@dataclass(frozen=True)
class Board:
    """The source of all that is shown, and who is in."""

    source: Source
    sessions: Sessions
    folder: Path
    """Own strategies are found there, beside the presets."""
    backtests: Backtests
    viewers: Viewers

    def strategies(self) -> dict[str, Strategy]:
        """Return the strategies by name, one's own first; broken files are left out."""
        own = {name: strategy for name, (strategy, _) in search(self.folder).strategies.items()}
        return own | PRESETS

    def session(self) -> str:
        """Return the session of the page being built."""
        request = ui.context.client.request
        return session_of(request.headers.get("cookie", ""))

    async def command(self, session: str, command: Command) -> bool:
        """Carry out a command of a person and say what became of it; return whether it was done."""
        if not self.sessions.touch(session):
            ui.navigate.to("/login")
            return False
        try:
            receipt = await self.source.service(WHO).ask(command)
        except MaemaeError as error:
            ui.notify(str(error), type="negative", position="top", timeout=10_000)
            return False
        done = _("Done: {what}").format(what=receipt.detail or words.command(receipt.command))
        ui.notify(done, type="positive", position="top")
        return True

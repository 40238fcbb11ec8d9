"""In which language each viewer reads: one may read Korean while another reads English."""

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from nicegui import Client, ui
from nicegui.slot import Slot

from maemae.i18n import Language


@dataclass
class Viewers:
    """The sessions behind the open pages, and the language that each has chosen."""

    _sessions: WeakKeyDictionary[Client, str] = field(default_factory=WeakKeyDictionary)
    _chosen: dict[str, Language] = field(default_factory=dict)

    def opened(self, session: str) -> None:
        """Note who has opened the page that is being built."""
        self._sessions[ui.context.client] = session

    def choose(self, session: str, language: Language) -> None:
        """Let a session read in this language from its next page on."""
        self._chosen[session] = language

    def language(self) -> Language | None:
        """Return the language of the viewer for whom work is being done, None for nobody's."""
        # Not `ui.context.client`: where no page is at work before the server has started, that
        # makes one up.
        stack = Slot.get_stack()
        if not stack:
            return None
        try:
            client = stack[-1].parent.client
        except RuntimeError:  # NiceGUI's way of saying that the page is gone.
            return None
        return self._chosen.get(self._sessions.get(client, ""))

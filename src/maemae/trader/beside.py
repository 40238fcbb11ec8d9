"""What looks on beside trading: it learns how the server behaves, and predicts the orders."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Self

import structlog

from maemae.desk.events import Event
from maemae.desk.records import Listed
from maemae.desk.turn import Turn
from maemae.profile.observed import read_observed
from maemae.trader.compared import shadow_path
from maemae.trader.guarded import Guarded
from maemae.trader.passive import Passive, saving
from maemae.trader.server_profile import observed_path
from maemae.trader.settings import Settings
from maemae.trader.shadow import shadowing
from maemae.trader.venue import Venue, data_dir


class Beside:
    """Told of every event and what came of it; trading does not wait for it.

    Args:
        settings: all of them.
        venue: open.
        listed: what is known of instruments beforehand.
        log: takes what goes wrong here.
    """

    def __init__(
        self,
        settings: Settings,
        venue: Venue,
        listed: Mapping[str, Listed],
        log: structlog.stdlib.BoundLogger,
    ) -> None:
        self._settings, self._venue, self._listed, self._log = settings, venue, listed, log
        path = observed_path(data_dir(settings), settings.venue)
        passive = Passive(read_observed(path), saving(path, self._unwritten))
        self._passive = Guarded(passive, self._blind)
        self._shadow: Guarded | None = None
        self._stack = ExitStack()

    def __call__(self, event: Event, turn: Turn) -> None:
        """Take in an event and what came of it."""
        self._passive(event, turn)
        if self._shadow is not None:
            self._shadow(event, turn)

    async def __aenter__(self) -> Self:
        """Begin."""
        self._stack.callback(self._passive.close)
        if self._settings.shadow.enabled:
            file = shadow_path(data_dir(self._settings), self._venue.name)
            beside = shadowing(
                self._venue, self._listed,
                care=self._settings.shadow.care, file=file, report=self._failed,
            )  # fmt: skip
            self._shadow = self._stack.enter_context(beside)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Keep what was seen."""
        self._stack.close()

    def _unwritten(self, detail: str) -> None:
        self._log.error("profile of the server not written", detail=detail)

    def _blind(self, error: Exception) -> None:
        self._log.error("profile of the server left as it is", exc_info=error)

    def _failed(self, error: Exception) -> None:
        self._log.error("shadow switched off", exc_info=error)

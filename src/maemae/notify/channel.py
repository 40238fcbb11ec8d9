"""A way to the owner, and the two ways in which it can fail."""

from typing import Protocol


class NotDelivered(Exception):  # noqa: N818 - named for what happened
    """The channel is down or busy; the same message may be sent again later.

    Attributes:
        retry_after: seconds the channel asked us to wait, if it did.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class NotAccepted(Exception):  # noqa: N818 - named for what happened
    """The channel will never take this message, however often it is sent."""


class Channel(Protocol):
    """Sends texts to one place."""

    name: str
    text_limit: int
    """Characters in a message."""

    async def send(self, text: str, picture: bytes | None = None) -> None:
        """Send one text, with a PNG if there is one.

        Raises:
            NotDelivered: try again.
            NotAccepted: do not.
        """
        ...

"""Discord, Slack, e-mail, ntfy and a hundred other services, one way, through apprise."""

import logging
from tempfile import NamedTemporaryFile

import apprise

from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.notify.channel import NotDelivered

# Without a handler Python would print the library's warnings over the terminal view.
logging.getLogger("apprise").addHandler(logging.NullHandler())


class AppriseChannel:
    """One service that apprise knows. Its URL is a secret and is shown nowhere.

    Args:
        name: the channel's name in the settings.
        url: an apprise URL, such as `discord://webhook_id/webhook_token`.

    Raises:
        SettingsError: apprise does not understand the URL.
    """

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._service = apprise.Apprise()
        if not self._service.add(url):
            raise SettingsError(
                _(
                    "channel {name}: apprise does not understand its URL; see "
                    "https://github.com/caronc/apprise/wiki for the form of your service"
                ).format(name=name)
            )
        self.text_limit = int(self._service[0].body_maxlen)

    def __repr__(self) -> str:
        return f"AppriseChannel({self.name!r})"

    async def send(self, text: str, picture: bytes | None = None) -> None:
        """Send one text, with the picture attached where the service takes one.

        Raises:
            NotDelivered: the service did not take it; apprise does not tell why.
        """
        if not await self._send(text, picture):
            raise NotDelivered(_("the service did not take the message"))

    async def _send(self, text: str, picture: bytes | None) -> bool:
        if picture is None:
            return bool(await self._service.async_notify(body=text))
        # Some of the services only take a file, not bytes in memory.
        with NamedTemporaryFile(prefix="maemae-", suffix=".png") as file:
            file.write(picture)
            file.flush()
            return bool(await self._service.async_notify(body=text, attach=file.name))

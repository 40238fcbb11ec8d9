"""Whether execution notices (체결통보) are registered, on a stream opened for the moment."""

import asyncio

from maemae.errors import WireError
from maemae.i18n import _
from maemae.kis import Feed, KisClient, StreamDown, StreamEvent
from maemae.setup.doctor.finding import Finding, attention, fault, ok

_SECONDS = 15.0
_IN_USE = "OPSP8996"


async def notices(client: KisClient) -> Finding:
    """Open the stream, register for the notices, and close it again.

    The broker allows one connection an app key: never to be called while a trader has it.
    """
    troubles: asyncio.Queue[str] = asyncio.Queue()

    def hear(event: StreamEvent) -> None:
        if isinstance(event, StreamDown):
            troubles.put_nowait(event.reason)

    client.stream.listen(hear)
    await client.stream.subscribe(Feed.NOTICES)
    opening = asyncio.create_task(client.stream.start())
    trouble = asyncio.create_task(troubles.get())
    try:
        async with asyncio.timeout(_SECONDS):
            await asyncio.wait([opening, trouble], return_when=asyncio.FIRST_COMPLETED)
            if trouble.done():
                return _troubled(trouble.result())
            await opening
            await client.stream.unsubscribe(Feed.NOTICES)
    except TimeoutError:
        return fault("notices", _("no acknowledgement"), _address(client))
    except WireError as error:
        return fault("notices", str(error), _address(client))
    finally:
        for task in (opening, trouble):
            task.cancel()
        await asyncio.gather(opening, trouble, return_exceptions=True)
        await client.stream.stop()
    return ok("notices", _("registered and acknowledged, then released"))


def _troubled(reason: str) -> Finding:
    if _IN_USE in reason:
        return attention(
            "notices",
            _("another program holds the app key's only stream"),
            _("end that program, or give maemae an app key of its own"),
        )
    return fault("notices", reason, _("try again in a moment"))


def _address(client: KisClient) -> str:
    return _("see that {url} is not blocked by a firewall").format(url=client.server.ws_url)

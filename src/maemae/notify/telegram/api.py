"""The Bot API through python-telegram-bot: how it is opened, and what its errors mean."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

# The library's own way to choose its coming behaviour: waits are timedeltas, without warnings.
os.environ.setdefault("PTB_TIMEDELTA", "true")

from maemae.i18n import _
from maemae.notify.channel import NotAccepted, NotDelivered
from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

# httpx logs every address at INFO, and the bot's token is part of the address.
logging.getLogger("httpx").setLevel(logging.WARNING)
# Without a handler Python would print the library's warnings over the terminal view.
logging.getLogger("telegram").addHandler(logging.NullHandler())

SECONDS = 10.0
"""Real seconds that one call may take."""

POLL = 25
"""Seconds that the server may hold a question for updates."""

OWNER_MUST_ACT = 300.0
"""Seconds between attempts while the token or the chat is not accepted."""


@asynccontextmanager
async def open_bot(
    token: str, api_url: str, seconds: float = SECONDS, poll: int = POLL
) -> AsyncIterator[Bot]:
    """Open the Bot API. Nothing is asked yet, so it opens while Telegram is down.

    Args:
        token: the bot's secret.
        api_url: address of the server, `https://api.telegram.org`.
        seconds: what one call may take.
        poll: what a question for updates may take beyond that.
    """
    calls = HTTPXRequest(
        connection_pool_size=4,
        read_timeout=seconds,
        write_timeout=seconds,
        connect_timeout=seconds,
        pool_timeout=seconds,
        media_write_timeout=2 * seconds,
    )
    polls = HTTPXRequest(
        connection_pool_size=1,
        read_timeout=seconds + poll,
        write_timeout=seconds,
        connect_timeout=seconds,
        pool_timeout=seconds,
    )
    base = api_url.rstrip("/")
    try:
        yield Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=calls,
            get_updates_request=polls,
        )
    finally:
        await calls.shutdown()
        await polls.shutdown()


def said(error: TelegramError, token: str) -> str:
    """Return what an error says, without the token: the library quotes it in one of them."""
    return str(error).replace(token, "***")


def failure(error: TelegramError, token: str) -> NotDelivered | NotAccepted:
    """Tell whether a message may be sent again, and when."""
    reason = said(error, token)
    match error:
        case RetryAfter():
            wait = error.retry_after
            seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
            return NotDelivered(reason, retry_after=seconds)
        case InvalidToken() | Forbidden():
            return NotDelivered(
                _(
                    "{reason}: see that the bot's token is right and the chat has not blocked it"
                ).format(reason=reason),
                retry_after=OWNER_MUST_ACT,
            )
        case BadRequest() if "chat not found" in reason.lower():
            return NotDelivered(
                _("{reason}: write to the bot once, or correct telegram.chat_ids").format(
                    reason=reason
                ),
                retry_after=OWNER_MUST_ACT,
            )
        case BadRequest():
            return NotAccepted(reason)
        case _:
            return NotDelivered(reason)

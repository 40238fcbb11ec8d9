"""One chat as a channel for what nobody asked for."""

from maemae.notify.telegram.api import failure
from telegram import Bot
from telegram.error import TelegramError

CAPTION = 1000
"""Characters that fit under a picture; Telegram takes 1,024 UTF-16 units."""


class TelegramChannel:
    """Sends to one chat.

    Args:
        bot: opened by `open_bot`.
        chat_id: the chat.
    """

    text_limit = 3500  # Telegram takes 4,096 UTF-16 units; a symbol may be two of them.

    def __init__(self, bot: Bot, chat_id: int) -> None:
        self.name = f"telegram {chat_id}"
        self._bot = bot
        self._chat = chat_id

    async def send(self, text: str, picture: bytes | None = None) -> None:
        """Send one text; a text that is too long for a caption goes before its picture.

        Raises:
            NotDelivered: try again.
            NotAccepted: do not.
        """
        try:
            if picture is None or len(text) > CAPTION:
                await self._bot.send_message(self._chat, text)
            if picture is not None:
                caption = text if len(text) <= CAPTION else None
                await self._bot.send_photo(self._chat, picture, caption=caption)
        except TelegramError as error:
            raise failure(error, self._bot.token) from None

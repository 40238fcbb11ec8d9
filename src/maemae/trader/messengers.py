"""Settings of the messengers: what is told, to whom, how often. Secrets are not among them."""

from datetime import time
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from maemae.i18n import _

LevelName = Literal["detail", "info", "warning", "critical"]


class NotifySettings(BaseModel):
    """What is told on all channels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary_seconds: int = Field(
        3600, ge=30, description="venue seconds between two summaries of balance and profit"
    )
    weekly: bool = Field(True, description="a summary after the last session of a week")
    templates: Path | None = Field(
        None, description="file with message texts of your own", examples=["messages.toml"]
    )


class Delivery(BaseModel):
    """What every channel can be told about how it is used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: LevelName = Field("info", description="the least important kind that is sent")
    quiet_from: time | None = Field(
        None, description="start of the quiet hours, Korean time", examples=[time(22)]
    )
    quiet_until: time | None = Field(None, description="their end", examples=[time(7)])
    quiet_level: LevelName = Field(
        "critical", description="what is still sent in quiet hours; the rest waits for their end"
    )
    per_minute: int = Field(20, ge=1, le=60, description="messages in any minute")
    queue: int = Field(200, ge=10, description="messages kept while the channel is down")

    @model_validator(mode="after")
    def _both_ends(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError(_("quiet hours need both quiet_from and quiet_until"))
        return self


class TelegramSettings(Delivery):
    """The Telegram bot. Its token lives in the keyring or in MAEMAE_TELEGRAM_TOKEN."""

    chat_ids: tuple[int, ...] = Field((), description="chats in which it tells and is asked")
    user_ids: tuple[int, ...] = Field(
        (),
        description="persons who may ask and command there; without any, those of the private "
        "chats (a private chat has the number of its person)",
        examples=[(12345678,)],
    )
    reader_ids: tuple[int, ...] = Field(
        (), description="persons who may ask there and command nothing", examples=[(23456789,)]
    )
    api_url: str = Field("https://api.telegram.org", description="address of the Bot API server")
    code_seconds: int = Field(
        60, ge=10, le=600, description="how long a confirmation button or code is good"
    )

    @property
    def commanders(self) -> frozenset[int]:
        """Persons who may command: numbers of groups are below zero, and nobody's."""
        return frozenset(self.user_ids or (chat for chat in self.chat_ids if chat > 0))

    @property
    def readers(self) -> frozenset[int]:
        """Persons who may ask."""
        return self.commanders | frozenset(self.reader_ids)


class ChannelSettings(Delivery):
    """A one-way channel. Its address (an apprise URL) is a secret and lives with the keys.

    It is read from the keyring entry `channel_<name>` or MAEMAE_CHANNEL_<NAME>.
    """

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="a name of your choice", examples=["discord"]
    )

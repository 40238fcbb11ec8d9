"""What the bot answers, before it is put into Telegram's own form."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message; `data` comes back when it is pressed (64 bytes at most)."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as it arrived: where, by whom, with what."""

    chat: int
    who: str
    args: tuple[str, ...] = ()
    commands: bool = False
    """Whether this person may command."""

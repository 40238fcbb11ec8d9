"""What moves money is asked twice: by a button that works once, or by a code to be typed."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Action = Callable[[], Awaitable[str]]
"""Does it, and returns what to say."""

WRONG_CODES = 3
"""Wrong codes in a chat after which everything that waits there is forgotten."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Something that waits for its confirmation."""

    action: Action
    chat: int
    expires: float
    code: str | None


@dataclass(slots=True)
class Confirmations:
    """Waiting actions. A token or code is good for one use, in its own chat, for a while.

    Args:
        seconds: how long.
    """

    seconds: float
    _waiting: dict[str, Pending] = field(default_factory=dict)
    _wrong: dict[int, int] = field(default_factory=dict)

    def ask(self, chat: int, action: Action, now: float) -> str:
        """Let an action wait for a button; return the token of the button."""
        return self._add(chat, action, now, None)

    def ask_code(self, chat: int, action: Action, now: float) -> tuple[str, str]:
        """Let an action wait for a code; return the token of its cancel button, and the code."""
        code = f"{secrets.randbelow(10**6):06d}"
        return self._add(chat, action, now, code), code

    def press(self, chat: int, token: str, now: float) -> Action | None:
        """Take out the action of a button, or None if it is over or needs a code."""
        self._forget(now)
        pending = self._waiting.get(token)
        if pending is None or pending.chat != chat or pending.code is not None:
            return None
        return self._waiting.pop(token).action

    def type(self, chat: int, code: str, now: float) -> Action | None:
        """Take out the action of a code, or None if there is none."""
        self._forget(now)
        for token, pending in self._waiting.items():
            if pending.chat == chat and pending.code == code:
                self._wrong.pop(chat, None)
                return self._waiting.pop(token).action
        self._wrong[chat] = self._wrong.get(chat, 0) + 1
        if self._wrong[chat] >= WRONG_CODES:
            self._wrong.pop(chat)
            self._waiting = {t: p for t, p in self._waiting.items() if p.chat != chat}
        return None

    def cancel(self, chat: int, token: str) -> None:
        """Forget an action."""
        pending = self._waiting.get(token)
        if pending is not None and pending.chat == chat:
            del self._waiting[token]

    def _add(self, chat: int, action: Action, now: float, code: str | None) -> str:
        self._forget(now)
        token = secrets.token_urlsafe(9)
        self._waiting[token] = Pending(action, chat, now + self.seconds, code)
        return token

    def _forget(self, now: float) -> None:
        self._waiting = {t: p for t, p in self._waiting.items() if p.expires > now}

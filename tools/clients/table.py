"""What a client's program does, operation by operation; runs with nothing but the standard library.

Its argument is a JSON object: the customers of both servers, and the instrument to trade.
"""

import json
import os
import sys
import threading
import time
from typing import Any

PAUSE = 0.3
"""Seconds between two operations: the exchange counts calls as KIS does."""


class Table:
    """The outcome of each operation: blank where it did what it is for, else what went wrong."""

    def __init__(self) -> None:
        self.given: dict[str, Any] = json.loads(sys.argv[1])
        self.code: str = self.given["code"]
        self.outcomes: dict[str, str] = {}

    def do(self, name: str, act: Any) -> Any:
        """Carry out an operation; an exception, nothing or a refusal is a failure."""
        try:
            found = act()
            self.outcomes[name] = _wrong(found)
        except Exception as error:  # noqa: BLE001 - whatever a client raises is its outcome
            found = None
            self.outcomes[name] = f"{type(error).__name__}: {error}"[:300]
        time.sleep(PAUSE)
        return found

    def show(self) -> None:
        """Print the outcomes as the last line, and end without waiting for the client's threads."""
        sys.stdout.write("\n" + json.dumps({"outcomes": self.outcomes}, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        os._exit(0)


class Heard:
    """Something that comes by the stream: waits until it was there."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def hear(self, *_: Any, **__: Any) -> None:
        """Note that it came."""
        self._event.set()

    def wait(self, seconds: float = 40.0) -> str:
        """Wait for it.

        Raises:
            TimeoutError: it did not come.
        """
        if not self._event.wait(seconds):
            raise TimeoutError("nothing came")
        return "heard"


def _wrong(found: Any) -> str:
    if found is None:
        return "answered nothing"
    if isinstance(found, dict) and str(found.get("rt_cd", "0")) != "0":
        return f"{found.get('msg_cd')} {found.get('msg1')}".strip()
    return ""

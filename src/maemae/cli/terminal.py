"""Writing to a terminal that may not be reading: Ctrl-S, a hung connection, a closed lid.

A write to such a terminal waits until somebody reads, and the loop that sells when the price falls
must not wait with it.
"""

import queue
import threading
from typing import TextIO

_AHEAD = 4
"""Writes that may wait; what comes then is dropped, and the next whole frame shows everything."""

_PATIENCE = 1.0
"""Real seconds that a terminal gets at the end to take what is left."""


class Patient:
    """A text file that never makes its writer wait: a thread of its own does the writing.

    It is what `rich.console.Console` wants of a file. A write is taken whole or dropped whole.

    Args:
        terminal: where it goes.
    """

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._waiting: queue.Queue[str | None] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=self._write, name="terminal", daemon=True)
        self._thread.start()
        self.dropped = 0

    @property
    def encoding(self) -> str:
        """The terminal's encoding."""
        return self._terminal.encoding

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._terminal.isatty()

    def fileno(self) -> int:
        """Return the terminal's descriptor, for its size."""
        return self._terminal.fileno()

    def write(self, text: str) -> int:
        """Take a text to be written, or drop it where too much waits already."""
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self.dropped += 1
        return len(text)

    def flush(self) -> None:
        """Do nothing: the thread flushes what it writes."""

    def close(self) -> None:
        """Let the terminal take what is left, for a moment; a terminal that does not is left."""
        try:
            self._waiting.put(None, timeout=_PATIENCE)
        except queue.Full:
            return
        self._thread.join(_PATIENCE)

    def _write(self) -> None:
        while (text := self._waiting.get()) is not None:
            try:
                self._terminal.write(text)
                self._terminal.flush()
            except (OSError, ValueError):
                return  # The terminal is gone; trading goes on without it.

"""A lock on an open file, held for microseconds: what every request passes.

`filelock` opens and closes a file per use, which costs more than the whole rest of a request's
bookkeeping (94 µs against 2 µs); it is used where a lock is held for long.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # Windows locks bytes, and a locked byte cannot be read: lock one past the end.

    @contextmanager
    def exclusive(file: IO[bytes]) -> Iterator[None]:
        """Hold the file against all other processes and all other openings in this one."""
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            file.seek(_FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    @contextmanager
    def exclusive(file: IO[bytes]) -> Iterator[None]:
        """Hold the file against all other processes and all other openings in this one."""
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

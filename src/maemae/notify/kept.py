"""What must arrive waits on the disk too, so that a restart does not lose it."""

import os
from pathlib import Path
from threading import Lock

import msgspec

from maemae.errors import DataError
from maemae.i18n import _
from maemae.notify.messages import Message

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[Message])


class Kept:
    """The messages of one channel that must arrive and have not yet.

    Args:
        file: where they are; readable by its owner alone.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = Lock()
        self._newest = 0

    def load(self) -> list[Message]:
        """Return the messages an earlier run could not deliver.

        Raises:
            DataError: the file cannot be read or understood.
        """
        try:
            return _decoder.decode(self.file.read_bytes())
        except FileNotFoundError:
            return []
        except (OSError, msgspec.MsgspecError, RecursionError) as error:
            raise DataError(
                _(
                    "{file} with messages that were not delivered cannot be read: {error}; "
                    "look into it and move it away"
                ).format(file=self.file, error=error)
            ) from error

    def save(self, messages: list[Message], version: int) -> None:
        """Replace what is kept, unless a newer version is on the disk already. Blocking.

        Raises:
            OSError: it is not on the disk.
        """
        with self._lock:
            if version <= self._newest:
                return
            self.file.parent.mkdir(parents=True, exist_ok=True)
            temporary = self.file.with_suffix(".new")
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(_encoder.encode(messages))
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(self.file)
            self._newest = version

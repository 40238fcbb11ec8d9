"""Where a setting comes from: command line, environment, line of the file, or default."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from maemae.i18n import _
from maemae.trader.setting_keys import PREFIX
from maemae.trader.setting_lines import Place, find_place, line_of


@dataclass(frozen=True)
class Origins:
    """The sources of one reading of the settings.

    Attributes:
        file: the settings file; None: there is none.
        text: its text.
        data: what it says.
        flags: values given on the command line, nested as the file is.
    """

    file: Path | None
    text: str
    data: Mapping[str, Any]
    flags: Mapping[str, Any]

    def of(self, place: Place) -> str:
        """Return the source of a value: command line, variable, `file:line`; blank: default."""
        if _has(self.flags, place):
            return _("command line")
        names = [str(part) for part in place]
        for end in range(len(names), 0, -1):
            variable = PREFIX + "__".join(names[:end]).upper()
            if variable in self._environment:
                return variable
        return self._line(place) if _has(self.data, place) else ""

    def where(self, loc: Place) -> str:
        """Return the source of what a validation error is about; of the table, if it lacks it."""
        place = find_place(self.data, loc)
        return self.of(place) or self._line(place)

    def line(self, loc: Place) -> int:
        """Return the line of the file that a validation error is about; 0 where it has none."""
        return line_of(self.text, find_place(self.data, loc)) or 0

    @cached_property
    def _environment(self) -> set[str]:
        return {name.upper() for name in os.environ if name.upper().startswith(PREFIX)}

    def _line(self, place: Place) -> str:
        if self.file is None:
            return ""
        line = line_of(self.text, place)
        return f"{self.file}:{line}" if line is not None else str(self.file)


def _has(data: Any, place: Place) -> bool:
    for part in place:
        if isinstance(data, Mapping) and part in data:
            data = data[str(part)]
        elif isinstance(data, list | tuple) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return False
    return True

"""Outcomes of simulations in a file, a line a seed, from which a run that was cut off goes on."""

from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec

from maemae.errors import DataError
from maemae.proof.answers import Listing
from maemae.proof.simulate import Outcome


class KeptOutcomes:
    """The outcomes of one plan, appended as they come.

    Args:
        path: the file; made when the first outcome comes.
        plan: what was simulated, in a word: outcomes of another plan are refused.

    Raises:
        DataError: the file is of another plan, or no such file at all.
    """

    def __init__(self, path: Path, plan: str) -> None:
        self._path = path
        self._plan = plan
        self.outcomes: dict[int, Outcome] = dict(self._read()) if path.exists() else {}

    def add(self, outcome: Outcome) -> None:
        """Append an outcome, unless it was read from the file."""
        if outcome.seed in self.outcomes:
            return
        self.outcomes[outcome.seed] = outcome
        line = msgspec.json.encode({"plan": self._plan, "outcome": outcome})
        with self._path.open("ab") as file:
            file.write(line + b"\n")

    def _read(self) -> list[tuple[int, Outcome]]:
        found = []
        text = self._path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]  # The last line may have been cut off.
        if whole != text:
            self._path.write_bytes(whole)
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                kept = msgspec.json.decode(line, type=dict[str, Any])
                outcome = _outcome(kept["outcome"])
            except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
                raise DataError(f"{self._path}:{number}: {error}") from error
            if kept.get("plan") != self._plan:
                raise DataError(f"{self._path}:{number}: {kept.get('plan')} ≠ {self._plan}")
            found.append((outcome.seed, outcome))
        return found


def _outcome(kept: dict[str, Any]) -> Outcome:
    counts = {one.name for one in fields(Outcome) if one.default_factory is Counter}
    values: dict[str, Any] = {
        name: Counter(value) if name in counts else value for name, value in kept.items()
    }
    values["listing"] = Listing(values["listing"])
    return Outcome(**values)

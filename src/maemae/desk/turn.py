"""One step of the desk in the making: what it has decided so far, applied as it is decided."""

from dataclasses import dataclass, field
from datetime import datetime

from maemae.desk.commands import Command
from maemae.desk.records import Record
from maemae.desk.state import State


@dataclass(slots=True)
class Turn:
    """What one event leads to.

    A record changes the state at once, so that later decisions of the same step see it; the
    shell makes all records of the step durable before it carries out any command.
    """

    state: State
    at: datetime
    records: list[Record] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def record(self, record: Record) -> None:
        """State a fact."""
        self.state.apply(record)
        self.records.append(record)

    def do(self, command: Command) -> None:
        """Want something done once the facts are durable."""
        self.commands.append(command)

"""A terminal that does not read must not hold anybody up."""

import io
import threading

from rich.console import Console

from maemae.cli.terminal import Patient


class Stalled(io.StringIO):
    """A terminal that somebody has stopped with Ctrl-S."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()

    def write(self, text: str) -> int:
        self.goes_on.wait(30)
        return super().write(text)


def test_a_stalled_terminal_holds_nobody_up_and_misses_frames() -> None:
    stalled = Stalled()
    patient = Patient(stalled)
    console = Console(file=patient, color_system=None, width=40)  # type: ignore[arg-type]
    for number in range(100):
        console.print(f"frame {number}")  # Returns at once, or the test would time out.
    assert patient.dropped > 90
    stalled.goes_on.set()
    patient.close()
    assert stalled.getvalue().startswith("frame 0\n")


def test_what_is_written_arrives_in_order() -> None:
    text = io.StringIO()
    patient = Patient(text)
    for part in ("a", "b", "c"):
        patient.write(part)
    patient.close()
    assert text.getvalue() == "abc"


def test_a_terminal_that_is_gone_is_no_error() -> None:
    gone = io.StringIO()
    patient = Patient(gone)
    gone.close()
    for _ in range(10):
        patient.write("x")
    patient.close()

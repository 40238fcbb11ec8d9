"""What is being got ready, shown while it is: something moves from the first moment on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.progress import Progress


class Preparing:
    """Parts that are got ready, several at once; on a terminal each with a spinner and its time.

    Args:
        progress: draws them; None where nobody looks at a terminal.
    """

    def __init__(self, progress: "Progress | None") -> None:
        self._progress = progress

    def say(self, text: str, *, err: bool = False) -> None:
        """Print a line that stays; where nobody looks at a terminal, it may be an error's."""
        if self._progress is None:
            typer.echo(text, err=err)
        else:
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Show that a part is being got ready, and that it is."""
        if self._progress is None:
            yield
            return
        task = self._progress.add_task(name, total=1)
        yield
        self._progress.update(task, completed=1)


@contextmanager
def preparing(*, drawn: bool) -> Iterator[Preparing]:
    """Show what is got ready until the context is left; then it goes, and what was said stays.

    Args:
        drawn: whether there is a terminal.
    """
    if not drawn:
        yield Preparing(None)
        return
    # Not at the top: to draw is a tenth of a second that a pipe need not wait for.
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(finished_text="✓"), TextColumn("{task.description}"),
               TimeElapsedColumn())  # fmt: skip
    with Progress(*columns, transient=True) as progress:
        yield Preparing(progress)

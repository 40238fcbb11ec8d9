"""Wrapped lines of Korean in a terminal: rich counts letters where it must count cells.

At the end of each wrapped line `rich.text.Text.rstrip_end` takes the blank off that no longer
fits, but by the number of letters (rich 15.0). A Korean letter takes two cells: the blank stayed,
the line was one cell too long, and its last syllable became an ellipsis.
"""

from typing import Any


def mend_wrapping() -> None:
    """Let rich strip the ends of lines by their cells."""
    from rich.text import Text

    theirs: Any = Text

    def rstrip_end(text: Text, size: int) -> None:
        excess = text.cell_len - size
        blanks = len(text.plain) - len(text.plain.rstrip())
        if excess > 0 and blanks:
            text.right_crop(min(blanks, excess))

    theirs.rstrip_end = rstrip_end

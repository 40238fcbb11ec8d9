"""Compiled loops are compiled anew when anything that went into them changes.

numba keeps a compiled function until the file it stands in changes, and does not look at the files
of functions that it calls, nor at numbers imported from elsewhere. An upgrade could so go on with
loops of the version before. So each file states, by a digest, what came from the others.
"""

from hashlib import blake2b
from pathlib import Path

import pytest

from maemae.backtest import book, kernel
from maemae.backtest.terms import AT_CLOSE, AT_OPEN, CLASSES

FOLDER = Path(kernel.__file__).parent
USED = {"book": ("rules",), "kernel": ("book", "entries", "rules")}
STATED = {"book": book.BUILT_WITH, "kernel": kernel.BUILT_WITH}


@pytest.mark.parametrize("name", USED)
def test_a_change_elsewhere_changes_the_file(name: str) -> None:
    texts = [(FOLDER / f"{other}.py").read_text(encoding="utf-8") for other in USED[name]]
    texts.append(f"{AT_OPEN} {AT_CLOSE} {CLASSES}")
    digest = blake2b("\0".join(texts).encode(), digest_size=6).hexdigest()
    assert STATED[name] == digest, f'write BUILT_WITH = "{digest}" into {name}.py'

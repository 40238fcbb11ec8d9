"""How what was measured of strategies is shown side by side: the doubts first."""

from collections.abc import Sequence

from maemae.backtest.notes import Note
from maemae.backtest.words import brief, words
from maemae.i18n import _
from maemae.strategy.measured import Measured
from maemae.strategy.universes import UNIVERSES, named


def head(lines: Sequence[Measured]) -> list[str]:
    """Say what goes for all figures alike: what to doubt of them, and what they are of."""
    full, kinds = _shared(lines)
    said = list(full)
    if kinds:
        names = ", ".join(brief(kind) for kind in kinds)
        said.append(_("Of all of them: {doubts}.").format(doubts=names))
    spans = sorted({span(line) for line in lines})
    if len(spans) == 1:
        said.append(_("Over your own bars, {span}; fees and taxes are taken off.").format(
            span=spans[0]
        ))  # fmt: skip
    elif spans:
        said.append(_("Over your own bars; fees and taxes are taken off."))
    return said


def own_doubts(line: Measured, lines: Sequence[Measured]) -> str:
    """Name what is to be doubted of a strategy's figures beyond what `head` says of all."""
    full, kinds = _shared(lines)
    return ", ".join(
        brief(note.kind)
        for note in _notes(line)
        if words(note) not in full and note.kind not in kinds
    )


def span(line: Measured) -> str:
    """Say over which days and names something was measured."""
    names = named(line.universe) if line.universe in UNIVERSES else line.universe
    return f"{line.first:%Y-%m} ~ {line.last:%Y-%m} · {names}"


def _shared(lines: Sequence[Measured]) -> tuple[list[str], list[str]]:
    """Return the doubts of all lines in full where they read alike, and the kinds of the others."""
    found = [{words(note): note.kind for note in _notes(line)} for line in lines]
    if not found:
        return [], []
    full = [text for text in found[0] if all(text in one for one in found)]
    rest = [kind for text, kind in found[0].items() if text not in full]
    return full, [kind for kind in rest if all(kind in one.values() for one in found)]


def _notes(line: Measured) -> list[Note]:
    return [Note(**{**one, "names": tuple(one["names"])}) for one in line.notes]

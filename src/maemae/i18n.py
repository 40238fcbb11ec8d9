"""User-facing words: English in the code, Korean from the gettext catalogues.

Each room keeps its own catalogue, `locale/ko/<room>.po`. They are read as they are (polib turns
them into gettext's binary form in memory), so that no compiled file can fall out of date.
"""

import gettext
import io
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Literal

import polib

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")

_state: dict[str, Language] = {"language": "ko"}
_readers: list[Callable[[], Language | None]] = []


def set_language(language: Language) -> None:
    """Choose the language of all words that follow."""
    _state["language"] = language


def let_readers_choose(chosen: Callable[[], Language | None]) -> None:
    """Ask for the language of whoever is being served, in a process that serves several.

    Args:
        chosen: returns it, or None where the language of the process holds.
    """
    _readers[:] = [chosen]


def language() -> Language:
    """Return the language in force."""
    for chosen in _readers:
        own = chosen()
        if own is not None:
            return own
    return _state["language"]


def _(message: str) -> str:
    """Translate an English message into the language in force; blank stays blank."""
    # A catalogue keeps its own head under the blank message.
    return _translations(language()).gettext(message) if message else ""


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a message that is translated where it is used, not where it stands."""
    return message


def ngettext(singular: str, plural: str, n: int) -> str:
    """Translate a message that depends on a number."""
    return _translations(language()).ngettext(singular, plural, n)


@cache
def _translations(language: Language) -> gettext.NullTranslations:
    catalogue = polib.POFile()
    folder = resources.files("maemae").joinpath("locale", language)
    if not folder.is_dir():
        return gettext.NullTranslations()
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".po"):
            part = polib.pofile(file.read_text(encoding="utf-8"))
            catalogue.metadata |= part.metadata
            catalogue.extend(part)
    return gettext.GNUTranslations(io.BytesIO(catalogue.to_binary()))

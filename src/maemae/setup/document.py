"""Writing into a settings file without touching what a person has written there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel
from tomlkit.items import AoT, Table

from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.reading import SETTINGS, parse_toml, read_text
from maemae.setup.values import as_toml
from maemae.trader.setting_keys import keys

BOOK = "book"
WAY = "condition"
NAMES = {WAY: "scalper"}
"""What a new book is called where not by its way."""

Values = Mapping[str, Any]
"""Settings by full name; None takes one out.

`book.amount` is of the only book with the way that `book.way` says, `condition` where nothing does.
"""


def edited(text: str, values: Values, model: type[BaseModel]) -> str:
    """Return a settings file with some values set; everything else stays as it is.

    A key that was not there gets its meaning as a comment, in the language in force.

    Raises:
        SettingsError: a table of the file is something else, or there is not one book to edit.
    """
    parse_toml(text, "maemae.toml", SettingsError)
    document = tomlkit.parse(text)
    if not text.strip():
        for line in _head():
            document.add(tomlkit.comment(line))
    word = str(values.get(f"{BOOK}.way", WAY))
    meanings = {
        key.path: key.meaning for key in keys(model) if key.section.choice in (None, ("way", word))
    }
    of_book = {name: value for name, value in values.items() if name.startswith(f"{BOOK}.")}
    for name, value in values.items():
        if name not in of_book:
            _set(document, name.split("."), value, meanings.get(name, ""))
    if of_book:
        book = _book(document, word)
        of_book.pop(f"{BOOK}.way", None)
        for name, value in of_book.items():
            _put(book, name.partition(".")[2], value, meanings.get(name, ""))
    return tomlkit.dumps(document)


def edit_file(path: Path, values: Values, model: type[BaseModel]) -> None:
    """Set values in a settings file, which is made when missing.

    Raises:
        SettingsError: the file cannot be read or written, or its layout does not allow it.
    """
    text = read_text(path, SETTINGS, SettingsError) if path.is_file() else ""
    try:
        path.write_text(edited(text, values, model), encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            _("{path} cannot be written: {why}").format(path=path, why=error.strerror)
        ) from error


def _head() -> tuple[str, ...]:
    return (
        _("Settings of maemae. What is left out has its default."),
        _("All of them: maemae config template. What one means: maemae config explain KEY."),
        _("App keys never stand here: maemae init keeps them in the system's keyring."),
    )


def _set(document: tomlkit.TOMLDocument, path: list[str], value: Any, meaning: str) -> None:
    table: Any = document
    for part in path[:-1]:
        if part not in table:
            table[part] = tomlkit.table()
        table = table[part]
        if not isinstance(table, Table):
            raise SettingsError(_("{name} is no table in the settings").format(name=part))
    _put(table, path[-1], value, meaning)


def _put(table: Any, name: str, value: Any, meaning: str) -> None:
    if value is None:
        if name in table:
            del table[name]
        return
    item = tomlkit.value(as_toml(value))
    if name in table:
        table[name] = item  # Keeps the comment behind it.
        return
    if meaning:
        item.comment(meaning)
    if isinstance(table, tomlkit.TOMLDocument):
        _put_on_top(table, name, item)
    else:
        table.add(name, item)


def _put_on_top(document: tomlkit.TOMLDocument, name: str, item: Any) -> None:
    """Add a key outside any table, behind the others of its kind."""
    plain = [key for key, one in document.items() if not isinstance(one, Table | AoT)]
    if plain:
        document._insert_after(plain[-1], name, item)  # noqa: SLF001 - there is no public way
    else:
        document.add(name, item)


def _book(document: tomlkit.TOMLDocument, word: str) -> Any:
    books = document.get(BOOK)
    if books is None:
        book = tomlkit.table()
        book.add("name", NAMES.get(word, word))
        book.add("way", word)
        books = tomlkit.aot()
        books.append(book)
        document.add(BOOK, books)
        return document[BOOK][0]
    found = [one for one in books if one.get("way") == word]
    if len(found) != 1:
        said = _('the settings do not have exactly one book with way = "{way}"')
        raise SettingsError(said.format(way=word))
    return found[0]

"""Every user-facing word has its Korean; every Korean entry is still in use."""

import ast
import string
from importlib import resources
from pathlib import Path

import polib
import pytest

import maemae
from maemae import i18n
from maemae.trader.setting_keys import keys, sections
from maemae.trader.settings import Settings

SOURCE = Path(maemae.__file__).parent
FUNCTIONS = {"_": 1, "ngettext": 2, "N_": 1}


def messages() -> dict[str, str]:
    """All messages of the source, with the place of one use each."""
    found = {}
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                for part in node.args[: FUNCTIONS.get(node.func.id, 0)]:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        found[part.value] = f"{file.relative_to(SOURCE)}:{node.lineno}"
    return found


def entries() -> list[tuple[str, polib.POEntry]]:
    folder = resources.files("maemae").joinpath("locale", "ko")
    return [
        (file.name, entry)
        for file in sorted(folder.iterdir(), key=lambda f: f.name)
        for entry in polib.pofile(file.read_text(encoding="utf-8"))
    ]


def test_every_message_has_its_korean() -> None:
    known = {entry.msgid for _, entry in entries() if entry.msgstr or entry.msgstr_plural}
    missing = {text: place for text, place in messages().items() if text not in known}
    assert not missing


def test_every_setting_and_table_has_its_korean() -> None:
    known = {entry.msgid for _, entry in entries() if entry.msgstr}
    said = {key.field.description for key in keys(Settings)}
    tables = {(one.model.__doc__ or "").partition("\n")[0] for one in sections(Settings)}
    assert said | tables <= known | {None}


def test_no_korean_is_kept_for_what_nobody_says_any_more() -> None:
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in SOURCE.rglob("*.py")]
    parts = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    said = {part.value.partition("\n")[0] for part in parts if isinstance(part.value, str)}
    said |= {part.value for part in parts if isinstance(part.value, str)}
    # What bars were refused for is kept with them, whole, and told in another language later
    # (`aside.in_words`): texts that are put together are entries of that catalogue.
    dead = [(file, entry.msgid) for file, entry in entries() if entry.msgid not in said]
    assert [one for one in dead if one[0] != "bars.po"] == []


def test_no_message_is_translated_in_two_ways() -> None:
    seen: dict[str, str] = {}
    for file, entry in entries():
        assert seen.setdefault(entry.msgid, entry.msgstr) == entry.msgstr, (file, entry.msgid)


def test_placeholders_survive_translation() -> None:
    for file, entry in entries():
        names = {name for _, name, _, _ in string.Formatter().parse(entry.msgid) if name}
        theirs = {name for _, name, _, _ in string.Formatter().parse(entry.msgstr) if name}
        assert names == theirs or entry.msgid_plural, (file, entry.msgid)


@pytest.mark.parametrize(("language", "word"), [("ko", "매수"), ("en", "buy")])
def test_the_language_can_be_chosen(language: i18n.Language, word: str) -> None:
    before = i18n.language()
    i18n.set_language(language)
    try:
        assert i18n._("buy") == word
    finally:
        i18n.set_language(before)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_blank_text_stays_blank(language: i18n.Language) -> None:
    before = i18n.language()
    i18n.set_language(language)
    try:
        assert i18n._("") == ""
    finally:
        i18n.set_language(before)

"""Words: complete in Korean, replaceable by the owner, with samples of all of them."""

import ast
import string
from pathlib import Path

import polib
import pytest
from tests.notify.props import at

import maemae
from maemae.errors import SettingsError
from maemae.i18n import set_language
from maemae.notify.messages import LEVELS, Kind, Level, message
from maemae.notify.samples import samples
from maemae.notify.texts import TEXTS, Texts, load_texts

SOURCES = Path(maemae.__file__).parent


def fields(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


def korean() -> dict[str, str]:
    folder = SOURCES / "locale" / "ko"
    return {
        entry.msgid: entry.msgstr for file in folder.glob("*.po") for entry in polib.pofile(file)
    }


def test_every_kind_has_a_text() -> None:
    assert set(TEXTS) == set(Kind)


FILES = [*sorted((SOURCES / "notify").rglob("*.py")), SOURCES / "cli" / "notify.py"]


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.stem}/{f.stem}")
def test_every_word_is_there_in_korean_with_the_same_fields(file: Path) -> None:
    known = korean()
    said = [
        node.args[0].value
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "_"
        and isinstance(node.args[0], ast.Constant)
    ]
    if file.stem == "texts":
        said += list(TEXTS.values())
    for text in map(str, said):
        assert known.get(text), f"{text} is not in locale/ko"
        assert fields(known[text]) == fields(text)


def test_samples_show_every_kind_with_all_of_its_fields() -> None:
    told = samples(Texts(), at(), None)
    assert {one.kind for one in told} == set(Kind)
    assert all("{" not in one.text for one in told)


def test_own_texts_replace_ours(tmp_path: Path) -> None:
    file = tmp_path / "messages.toml"
    file.write_text('reconciled = "alles gut, {cash}"\n', encoding="utf-8")
    texts = load_texts(file)
    assert texts.say(Kind.RECONCILED, cash="1") == "alles gut, 1"
    set_language("ko")
    assert texts.say(Kind.RECONCILED, cash="1") == "alles gut, 1"
    assert texts.say(Kind.STOPPED, reason="x") == "⏹️ maemae 종료: x"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("fillled = 'x'", "there is no message fillled"),
        ("filled = '{shares}'", "filled has no field shares; it has dot"),
        ("filled = '{'", "filled: "),
        ("filled = 3", "filled must be a text"),
        ("filled =", "not a TOML file"),
    ],
)
def test_a_fault_of_own_texts_is_named(tmp_path: Path, text: str, wanted: str) -> None:
    file = tmp_path / "messages.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=wanted):
        load_texts(file)


def test_what_needs_the_owner_must_arrive() -> None:
    critical = {kind for kind, level in LEVELS.items() if level is Level.CRITICAL}
    assert critical >= {Kind.HALTED, Kind.INCIDENT, Kind.ERROR, Kind.STREAM_GAP, Kind.FLATTEN}
    assert message(Kind.HALTED, at(), "x").must_arrive
    assert not message(Kind.FILLED, at(), "x").must_arrive

"""The pages say the same in both languages, as far as a machine can see.

Neither may fall behind: the same headings, rows, commands and names, and as much prose. What the
sentences mean is for people to judge.
"""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [
    page
    for page in (*sorted(DOCS.glob("*.md")), *sorted(ROOT.glob("*.md")))
    if not page.stem.endswith(".ko") and page.stem != "CHANGELOG"
]
each_page = pytest.mark.parametrize("english", PAGES, ids=lambda page: page.stem)

SYLLABLES = 1.4
"""Korean syllables for an English word; faithful pages have 1.5 to 2."""

WORDED = ("architecture", "notify", "tutorial")
"""Pages whose blocks hold words: a drawing, messages, a reason that is typed."""

COMMANDS = ("maemae ", "make ", "pip ", "python ")
FENCE = re.compile(r"(?ms)^```.*?^```")
SPAN = re.compile(r"`([^`]+)`")
NAME = re.compile(r"[\w./*-]*[_./-][\w./*-]*")
"""A name of the program: a setting, an incident, a module, a file."""


def korean_of(english: Path) -> Path:
    return english.with_name(f"{english.stem}.ko.md")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def code(page: Path) -> list[str]:
    """The commands and files of a page, without remarks."""
    found, inside = [], False
    for line in read(page).splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside:
            found.append(re.sub(r"\s+#.*$", "", line).rstrip())
    return [line for line in found if line and not line.startswith("#")]


def headings(page: Path) -> list[int]:
    """The levels of the headings, in their order."""
    return [len(marks) for marks in re.findall(r"(?m)^(#+) ", FENCE.sub("", read(page)))]


def rows(page: Path) -> list[list[str]]:
    """The cells of all tables."""
    return [
        [cell.strip() for cell in row.strip("|").split(" | ")]
        for row in re.findall(r"(?m)^\|.*\|$", FENCE.sub("", read(page)))
    ]


def prose(page: Path) -> str:
    return SPAN.sub("", FENCE.sub("", read(page)))


@each_page
def test_a_page_is_there_in_korean_and_as_deep(english: Path) -> None:
    words = len(re.findall("[A-Za-z]+", prose(english)))
    syllables = len(re.findall("[가-힣]", prose(korean_of(english))))
    assert syllables > SYLLABLES * words


@each_page
def test_it_has_the_same_parts(english: Path) -> None:
    assert headings(english) == headings(korean_of(english))


@each_page
def test_its_tables_have_the_same_rows_and_figures(english: Path) -> None:
    here, there = rows(english), rows(korean_of(english))
    assert [len(row) for row in here] == [len(row) for row in there]
    for row, other in zip(here, there, strict=True):
        for cell, its in zip(row, other, strict=True):
            if re.fullmatch(r"[-+\d.,/: ]+", cell):
                assert cell == its


@each_page
def test_it_shows_the_same_commands_and_files(english: Path) -> None:
    here, there = code(english), code(korean_of(english))
    if english.stem in WORDED:
        here, there = (
            [re.sub('"[^"]*"', '""', line) for line in one if line.startswith(COMMANDS)]
            for one in (here, there)
        )
    assert here == there


@each_page
def test_it_names_whatever_the_english_one_names(english: Path) -> None:
    there = re.sub(r"\s+", " ", read(korean_of(english))).replace(".ko.md", ".md")
    named = {name for name in SPAN.findall(FENCE.sub("", read(english))) if NAME.fullmatch(name)}
    missing = [name for name in sorted(named) if name.replace(".ko.md", ".md") not in there]
    assert missing == []


def test_what_is_left_out_would_be_seen(tmp_path: Path) -> None:
    english = DOCS / "operations.md"
    korean = read(korean_of(english))
    (tmp_path / "operations.md").write_text(read(english), encoding="utf-8")
    whole = {
        test_a_page_is_there_in_korean_and_as_deep: korean[: len(korean) // 2],
        test_it_has_the_same_parts: korean.replace("\n## ", "\n", 1),
        test_its_tables_have_the_same_rows_and_figures: re.sub(r"(?m)^\|.*\|\n", "", korean),
        test_it_shows_the_same_commands_and_files: korean.replace("sudo systemctl", "systemctl", 1),
        test_it_names_whatever_the_english_one_names: korean.replace("order_value", ""),
    }
    for check, fewer in whole.items():
        (tmp_path / "operations.ko.md").write_text(fewer, encoding="utf-8")
        with pytest.raises(AssertionError):
            check(tmp_path / "operations.md")


def test_the_tutorial_is_typed_alike_in_both_languages() -> None:
    blocks = runpy.run_path(str(ROOT / "tools" / "tutorial.py"))["blocks"]
    english, korean = (
        list(blocks((DOCS / name).read_text(encoding="utf-8")))
        for name in ("tutorial.md", "tutorial.ko.md")
    )
    assert [(one.terminal, len(one.lines)) for one in english] == [
        (one.terminal, len(one.lines)) for one in korean
    ]
    assert [len(one.answers) for one in english] == [len(one.answers) for one in korean]
    assert sum(len(one.answers) for one in english) == 7


def test_pages_that_are_written_from_the_code_are_korean_too() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "reference.py"))
    pages = tool["site_pages"]()  # A line without Korean is a KeyError.
    korean = "\n".join(text for page, text in pages.items() if page.name.endswith(".ko.md"))
    assert [word for word in tool["korean"]().values() if word not in korean] == []

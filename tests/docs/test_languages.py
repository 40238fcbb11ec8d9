"""The pages say the same in both languages, as far as a machine can see."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
TRANSLATED = sorted(page for page in DOCS.glob("*.md") if (DOCS / f"{page.stem}.ko.md").exists())


def code(page: Path) -> list[str]:
    """The commands and files of a page, without remarks."""
    found, inside = [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside:
            found.append(re.sub(r"\s+#.*$", "", line).rstrip())
    return [line for line in found if line and not line.startswith("#")]


def headings(page: Path) -> int:
    return len(re.findall(r"(?m)^## ", page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["safety", "operations", "cookbook", "tutorial", "contributing"])
def test_a_guide_has_the_same_parts_in_both_languages(name: str) -> None:
    english, korean = DOCS / f"{name}.md", DOCS / f"{name}.ko.md"
    assert headings(english) == headings(korean)
    if name != "tutorial":  # Where one says "lunch" and the other 점심.
        assert code(english) == code(korean)


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: page.stem)
def test_a_korean_page_is_korean_and_no_stub(page: Path) -> None:
    text = (DOCS / f"{page.stem}.ko.md").read_text(encoding="utf-8")
    prose = re.sub(r"(?s)```.*?```|`[^`]*`", "", text)
    assert len(re.findall("[가-힣]", prose)) > 200


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
    assert sum(len(one.answers) for one in english) == 10

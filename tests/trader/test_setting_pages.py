"""Pages written from the models are up to date; else run `python tools/reference.py`."""

import re
import runpy
from pathlib import Path

import pytest
import tomlkit

from maemae.setup.template import template
from maemae.trader.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
PAGES = runpy.run_path(str(ROOT / "tools" / "reference.py"))["pages"]()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_generated_page_is_up_to_date(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == PAGES[page]


def test_the_template_says_what_holds_without_a_file(tmp_path: Path) -> None:
    file = tmp_path / "maemae.toml"
    file.write_text(template(Settings), encoding="utf-8")
    assert load_settings(file).model_dump() == load_settings().model_dump()


def test_every_example_of_the_template_can_be_used(tmp_path: Path) -> None:
    text = re.sub(r"^# (\[|\w+ = )", r"\1", template(Settings), flags=re.MULTILINE)
    document = tomlkit.parse(text)
    # A book says how it trades in one of the ways shown; one after the other they are several.
    for number, book in enumerate(document.get("book", [])):
        book["name"] = f"book-{number}"
    file = tmp_path / "maemae.toml"
    file.write_text(tomlkit.dumps(document), encoding="utf-8")
    settings = load_settings(file)
    assert settings.limits.daily_loss == 300_000
    assert settings.channel[0].name == "discord"

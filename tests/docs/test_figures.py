"""What the pages count and list is what the code has."""

import re
from pathlib import Path

import pytest
from tests.test_defects import tool

from maemae import catalogue
from maemae.strategy.presets import PRESETS
from maemae.strategy.ranking import by_traded_value

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "maemae"


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["docs/kis.md", "docs/kis.ko.md", "CHANGELOG.md"])
def test_the_catalogue_is_as_large_as_is_said(page: str) -> None:
    said = text(page)
    rest = re.search(r"(\d+) REST endpoints|REST (\d+)개", said)
    feeds = re.search(r"(\d+) WebSocket feeds|웹소켓 (\d+)개", said)
    codes = re.search(r"(\d+)\smessage codes|응답코드 (\d+)개", said)
    assert [int(found[found.lastindex or 0]) for found in (rest, feeds, codes) if found] == [
        len(catalogue.all_rest()), len(catalogue.all_streams()), len(catalogue.all_codes())
    ]  # fmt: skip


@pytest.mark.parametrize("page", ["docs/strategy.ko.md", "CHANGELOG.md"])
def test_there_are_as_many_presets_as_is_said(page: str) -> None:
    counted = re.search(r"(\d+) presets|기본 전략 (\d+)개", text(page))
    assert counted is not None
    assert int(counted[counted.lastindex or 0]) == len(PRESETS)


@pytest.mark.parametrize("page", ["docs/backtest.md", "docs/backtest.ko.md"])
def test_as_many_presets_rank_by_traded_value_as_is_said(page: str) -> None:
    counted = re.search(r"(\d+) presets choose|기본 전략 (\d+)개는", text(page))
    assert counted is not None
    ranked = sum(map(by_traded_value, PRESETS.values()))
    assert int(counted[counted.lastindex or 0]) == ranked


@pytest.mark.parametrize(
    ("page", "heading"),
    [("docs/proof.md", "## Planted defects"), ("docs/proof.ko.md", "## 심어 놓은 결함")],
)
def test_as_many_planted_defects_were_seen_as_is_said(page: str, heading: str) -> None:
    defects = tool()
    every = defects.read(defects.CATALOGUE / "catalogue.toml")
    kept = defects.kept(defects.CATALOGUE / "verdicts.jsonl")
    planted = [one for one in every if one.name in kept]
    seen = [one for one in planted if kept[one.name].seen]
    visible = [one for one in planted if one in seen or not one.explained]
    figures = map(len, (every, planted, visible, seen))
    said = text(page).partition(heading)[2].partition("\n## ")[0]
    assert {*figures, len(every) - len(planted)} <= {int(one) for one in re.findall(r"\d+", said)}
    assert f"{100 * len(seen) // len(visible)}" in re.findall(r"(\d+) ?%", said)


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/architecture.ko.md"])
def test_every_room_and_every_part_of_the_desk_is_on_the_map(page: str) -> None:
    named = set(re.findall(r"`(\w+)`", text(page)))
    rooms = {one.stem for one in SOURCE.iterdir() if not one.name.startswith(("_", "py."))}
    parts = {one.stem for one in (SOURCE / "desk").glob("[a-z]*.py")}
    assert rooms - named == set()
    assert parts - named == set()


ROOMS = (
    "Trading", "Orders and broker", "Risk", "Exchange", "Proof", "Backtest", "Strategy", "Faces",
    "Operations", "Data",
)  # fmt: skip
LONGEST = 700
"""Characters of an entry: what is longer tells of several things."""


def test_the_changelog_has_one_short_entry_for_one_thing_under_its_room() -> None:
    unreleased = text("CHANGELOG.md").partition("## Unreleased")[2].partition("\n## ")[0]
    entries = re.findall(r"(?m)^- .*$", unreleased)
    assert [entry[:60] for entry in entries if len(entry) > LONGEST] == []
    assert len(set(entries)) == len(entries)
    for part in unreleased.split("\n### ")[1:]:
        rooms = re.findall(r"(?m)^#### (.*)$", part)
        assert [room for room in rooms if room not in ROOMS] == []
        assert rooms == sorted(rooms, key=ROOMS.index)
        if part.startswith("Added"):
            assert part.partition("\n#### ")[0].strip() == "Added"

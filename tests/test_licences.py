"""The audit of licences: what is locked does, and what must not be among it is found."""

import runpy
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

AUDIT = runpy.run_path(str(Path(__file__).parents[1] / "tools" / "audit.py"))


class Package:
    def __init__(self, **given: str) -> None:
        self.metadata = Message()
        self.metadata["Name"] = "some_package"
        for name, value in given.items():
            self.metadata[name.replace("_", "-")] = value


def test_all_locked_packages_are_on_the_list() -> None:
    assert len(AUDIT["locked"]()) > 50
    assert [line for line in map(AUDIT["judged"], AUDIT["locked"]()) if line] == []


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"License": "UNKNOWN"},
        {"License_Expression": "AGPL-3.0-only"},
        {"License_Expression": "MIT AND GPL-2.0-or-later"},
        {"License": "Custom"},
        {"Classifier": "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"},
    ],
)
def test_what_must_not_be_among_them_is_found(given: dict[str, str]) -> None:
    package: Any = Package(**given)
    assert "some-package" in AUDIT["judged"](package)


def test_a_licence_that_does_is_let_through() -> None:
    package: Any = Package(License_Expression="BSD-3-Clause")
    assert AUDIT["judged"](package) == ""


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ("", 0, "could not be asked"),
        ('{"dependencies": [{"name": "a", "skip_reason": "?"}]}', 0, "1 could not be asked"),
        ('{"dependencies": [{"name": "a", "vulns": [{"id": "PYSEC-1"}]}]}', 1, "a : PYSEC-1"),
        ('{"dependencies": [{"name": "a", "vulns": []}]}', 0, "0 with known faults"),
    ],
)
def test_what_could_not_be_asked_is_not_taken_for_sound(
    capsys: pytest.CaptureFixture[str], answer: str, status: int, said: str
) -> None:
    assert AUDIT["told"](answer) == status
    assert said in capsys.readouterr().out

"""The files for running it for months: what can be checked of them without Docker and systemd."""

import re
import shutil
import subprocess
import tomllib
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from maemae.cli import build
from maemae.trader.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not installed")
    units = []
    for unit in sorted(DEPLOY.glob("maemae*.*")):
        copy = tmp_path / unit.name
        text = unit.read_text(encoding="utf-8").replace("/opt/maemae/bin/maemae", "/bin/true")
        copy.write_text(text, encoding="utf-8")
        units.append(str(copy))
    assert len(units) == 3
    done = subprocess.run(
        [analyze, "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    mine = [line for line in done.stderr.splitlines() if "maemae" in line]
    assert not mine, done.stderr


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_there_is(unit: Path) -> None:
    lines = re.findall(r"(?m)^ExecStart=\S+/maemae (.*)$", unit.read_text(encoding="utf-8"))
    assert lines
    for line in lines:
        command = list(takewhile(lambda word: not word.startswith("--"), line.split()))
        shown = CliRunner().invoke(build(), [*command, "--help"], env={"COLUMNS": "200"})
        assert shown.exit_code == 0, command
        for flag in re.findall(r"--[a-z-]+", line):
            assert flag in shown.output, flag


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("service", ["trader", "dashboard"])
def test_the_containers_variables_are_settings(
    service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    image = dict(
        pair.split("=", 1)
        for line in re.findall(r"(?m)^ENV (.*)$", (DEPLOY / "Dockerfile").read_text())
        for pair in line.split()
    )
    for name, value in {**image, **compose()["services"][service]["environment"]}.items():
        if name.startswith("MAEMAE_"):
            monkeypatch.setenv(name, value.replace("${DB_PASSWORD}", "x"))
    settings = load_settings()
    assert settings.ledger == "postgresql://maemae:x@database/maemae"
    assert str(settings.data_dir) == "/data"
    assert settings.dashboard.is_local is (service == "trader")


def test_nothing_is_published_beyond_the_machine() -> None:
    ports = [port for one in compose()["services"].values() for port in one.get("ports", [])]
    assert ports == ["127.0.0.1:8600:8600"]


def test_the_image_copies_what_there_is_and_names_extras_that_there_are() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    for sources in re.findall(r"(?m)^COPY (?!--)(.*) \S+$", text):
        assert all((ROOT / source).exists() for source in sources.split())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = set(re.findall(r"--extra (\w+)", text))
    assert named
    assert named <= set(project["optional-dependencies"])

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maemae.cli import build
from maemae.i18n import set_language
from maemae.strategy import RuleError
from maemae.strategy.find import load
from maemae.strategy.presets import PRESETS


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), ["strategy", *arguments])
    if isinstance(result.exception, RuleError):
        raise result.exception
    return result.exit_code, result.output


def test_a_strategy_goes_out_comes_in_and_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "cross.kis.yaml"
    own = tmp_path / "own"
    assert run("export", "golden_cross", str(file))[0] == 0
    with pytest.raises(RuleError, match="already there"):
        run("import", str(file), "--folder", str(own))
    file.write_text(file.read_text().replace("id: golden_cross", "id: my_cross"))
    status, output = run("import", str(file), "--folder", str(own))
    assert status == 0
    assert "copied to" in output
    status, output = run("list", "--folder", str(own))
    assert status == 0
    assert "my_cross" in output
    status, output = run("show", "my_cross", "--folder", str(own))
    assert status == 0
    assert "crosses_above(sma(close, 5), sma(close, 20))" in " ".join(output.split())
    assert "5.0%" in output


def test_a_broken_file_is_said_and_the_answer_is_no(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("1 / 0")
    status, output = run("list", "--folder", str(tmp_path))
    assert status == 1
    assert "bad.py:1: ZeroDivisionError" in output
    assert "golden_cross" in output


def test_look_ahead_is_a_no(tmp_path: Path) -> None:
    (tmp_path / "cheat.py").write_text(
        "import numpy as np\n"
        "from maemae.strategy import Strategy\n"
        "class Tomorrow:\n"
        "    warmup = 1\n"
        "    def __call__(self, panel):\n"
        "        close = panel.fields['close']\n"
        "        return np.roll(close, -1, axis=1) > close\n"
        "cheat = Strategy(name='cheat', entry=Tomorrow())\n"
    )
    status, output = run("check", "cheat", "--folder", str(tmp_path))
    assert status == 1
    assert "entry: later bars change the answer" in output
    assert run("check", "trend_filter")[0] == 0


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_explained_in_korean(name: str) -> None:
    _, english_text = run("show", name)
    set_language("ko")
    _, korean = run("show", name)
    about = " ".join(PRESETS[name].about.split()[:3])
    assert about in " ".join(english_text.split())
    assert about not in " ".join(korean.split())
    assert "매수 조건" in korean


def test_unknown_names_and_endings(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no strategy 'nothing'"):
        run("show", "nothing")
    with pytest.raises(RuleError, match="must end in"):
        run("export", "momentum", str(tmp_path / "a.txt"))
    for ending in ("toml", "json"):
        assert run("export", "momentum", str(tmp_path / f"a.{ending}"))[0] == 0


def test_a_strategy_is_imported_under_another_name(tmp_path: Path) -> None:
    own, file = tmp_path / "own", tmp_path / "theirs.json"
    file.write_text('{"name": "momentum", "entry": "close > sma(close, 20)", "stop_loss": 0.02}')
    with pytest.raises(RuleError, match="already there"):
        run("import", str(file), "--folder", str(own))
    for wrong in ("a/b", "", "x" * 65):
        with pytest.raises(RuleError, match="--as"):
            run("import", str(file), "--folder", str(own), "--as", wrong)
    run("import", str(file), "--folder", str(own), "--as", "mine")
    (kept,) = load(own / "mine.toml")
    (theirs,) = load(file)
    assert kept == replace(theirs, name="mine")
    with pytest.raises(RuleError, match="already there"):
        run("import", str(file), "--folder", str(own), "--as", "mine")

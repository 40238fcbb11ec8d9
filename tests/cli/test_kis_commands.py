import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from maemae.cli import build
from maemae.errors import SettingsError

TICK = ["0"] * 46
TICK[0], TICK[1], TICK[2], TICK[33] = "005930", "093354", "71900", "20220602"


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(build(), [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def saved(folder: Path, content: Any) -> Path:
    path = folder / "saved.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("words", ["주식잔고조회", "inquire_balance", "VTTC8434R"])
def test_the_catalogue_is_searched(words: str) -> None:
    result = run("call", "--list", words)
    assert result.exit_code == 0
    assert "domestic_stock.inquire_balance" in result.output
    assert run("call", "--list", "no such thing").exit_code == 1


def test_an_endpoint_explains_itself() -> None:
    output = run("call", "--help", "domestic_stock.inquire_balance").output
    assert "VTTC8434R" in output
    assert "CTX_AREA_FK100" in output
    assert "dnca_tot_amt" in output
    assert "Usage" in run("call", "--help").output


def test_a_saved_reply_becomes_json_lines(tmp_path: Path) -> None:
    reply = {"rt_cd": "0", "output": {"stck_shrn_iscd": "005930", "stck_prpr": "71900"}}
    result = run("call", "domestic_stock.inquire_price", "--from-file", saved(tmp_path, reply))
    assert result.exit_code == 0
    assert json.loads(result.stdout.splitlines()[0])["price"] == 71900


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"rt_cd": "1", "msg_cd": "EGW00201", "msg1": "초당"}, "EGW00201"),
        ({"rt_cd": "0", "output": {"stck_shrn_iscd": "005930"}}, "stck_prpr"),
        ("{", "not JSON"),
    ],
)
def test_what_cannot_be_decoded_is_status_1_and_the_reason(
    content: Any, reason: str, tmp_path: Path
) -> None:
    path = saved(tmp_path, content)
    result = run("call", "domestic_stock.inquire_price", "--from-file", path)
    assert result.exit_code == 1
    assert reason in result.output


def test_json_shows_every_field_and_what_is_missing_is_said(tmp_path: Path) -> None:
    row = {"stck_shrn_iscd": "005930", "stck_prpr": "71900"}
    path = saved(tmp_path, {"rt_cd": "0", "output": row})
    result = run("call", "domestic_stock.inquire_price", "--json", "--from-file", path)
    assert result.exit_code == 0
    (line,) = (line for line in result.output.splitlines() if line.startswith("{"))
    assert json.loads(line) == {"block": "output", **row}
    assert "rprs_mrkt_kor_name" in result.output


def test_a_refused_registration_is_status_1_with_what_to_do(tmp_path: Path) -> None:
    ack = {
        "header": {"tr_id": "H0STCNT0", "tr_key": "005930"},
        "body": {"rt_cd": "9", "msg_cd": "OPSP8996", "msg1": "ALREADY IN USE appkey"},
    }
    result = run("stream", "--from-file", saved(tmp_path, json.dumps(ack)))
    assert result.exit_code == 1
    assert "OPSP8996" in result.output
    assert "another program" in result.output


def test_saved_frames_become_json_lines(tmp_path: Path) -> None:
    frame = "0|H0STCNT0|002|" + "^".join(TICK + TICK)
    result = run("stream", "--from-file", saved(tmp_path, f"{frame}\nrubbish\n"))
    assert result.exit_code == 1
    lines = [json.loads(line) for line in result.output.splitlines() if line.startswith("{")]
    assert [(line["type"], line["price"]) for line in lines] == [("Tick", 71900)] * 2
    assert ":2:" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["call", "domestic_stock.inquire_pric"], "did you mean"),
        (["call", "domestic_stock.inquire_price", "x"], "NAME=VALUE"),
        (["call", "domestic_stock.inquire_price", "--from-file", "/no/such"], "No such file"),
        (["stream", "--from-file", "/no/such"], "No such file"),
        (["stream"], "give a feed"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        run(*arguments)
    assert "\n" not in str(raised.value)

"""Lines of the log: every text and every field that the trader writes has its Korean."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib
import pytest

import maemae
from maemae.i18n import set_language
from maemae.service.log_words import _NAMES, in_words
from maemae.trader import diary

SOURCE = Path(maemae.__file__).parent
APART = ("proof", "exchange")
"""Rooms whose log is not the trader's."""
METHODS = {"debug", "info", "warning", "error", "critical", "exception"}


@pytest.fixture(autouse=True)
def korean() -> Iterator[None]:
    set_language("ko")
    yield
    set_language("en")


def constants(nodes: Iterable[ast.expr | None]) -> set[str]:
    return {str(node.value) for node in nodes if isinstance(node, ast.Constant)}


def written() -> tuple[set[str], set[str]]:
    """What is written anywhere: texts of lines, and names of fields."""
    texts, fields = set[str](), set[str]()
    for file in SOURCE.rglob("*.py"):
        if file.relative_to(SOURCE).as_posix().startswith(APART):
            continue
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        spoken = {
            ast.unparse(node.targets[0])
            for node in nodes
            if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("_log.")
        }  # A method of the log that was given another name.
        for node in nodes:
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func
            logs = isinstance(called, ast.Attribute) and called.attr in METHODS
            logs = logs and "log" in ast.unparse(called).lower()
            if logs or ast.unparse(called) in spoken:
                texts |= constants(node.args[:1])
                fields |= {key.arg for key in node.keywords if key.arg}
            if isinstance(called, ast.Name) and called.id == "_plainly":
                texts |= constants(node.args[1:2])
                fields |= constants(node.args[2:])
    for node in ast.walk(ast.parse(Path(diary.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Dict):
            fields |= constants(node.keys)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            texts |= constants(list(node.value.elts[1:2]))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "message":
            texts |= constants([one for one in ast.walk(node.value) if isinstance(one, ast.expr)])
    return texts, fields - {"exc_info"}


def test_every_text_and_every_field_of_the_log_has_its_korean() -> None:
    texts, fields = written()
    assert {"order(주문)", "declined by the guard", "not delivered", "stream down"} <= texts
    assert {"quantity", "order_no", "again_in"} <= fields
    files = (SOURCE / "locale" / "ko").glob("*.po")
    known = {entry.msgid for file in files for entry in polib.pofile(file.read_text("utf-8"))}
    assert texts - known == set()
    assert fields - _NAMES.keys() == set()
    assert set(_NAMES.values()) <= known


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            (
                "2022-06-02 09:00:01.250 INFO    order(주문) side=buy code=005930 quantity=14 "
                "reason=candidate book=scalper intent=20220602-00001"
            ),
            (
                "2022-06-02 09:00:01.250 알림 주문 (구분 매수 · 종목코드 005930 · 수량 14 · "
                "사유 후보 · 전략 scalper · 주문번호 20220602-00001)"
            ),
        ),
        (
            (
                "2022-06-02 09:00:01.250 ERROR   refused(거부) intent=1 code=40570000 "
                'message="모의투자 주문처리가 안되었습니다"'
            ),
            (
                "2022-06-02 09:00:01.250 문제 거부 (주문번호 1 · 종목코드 40570000 · "
                "답 모의투자 주문처리가 안되었습니다)"
            ),
        ),
        ("Traceback (most recent call last):", "Traceback (most recent call last):"),
        ("2022-06-02 09:00:01.250 INFO    day closed", "2022-06-02 09:00:01.250 알림 장 마감"),
    ],
)
def test_a_line_is_told_in_words(line: str, told: str) -> None:
    assert in_words(line) == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("not seen sight=price book=day since=2022-06-02T09:00:01+09:00 keys=005930,000660 reason=",
         "현재가 · 전략 day · 언제부터 09:00:01 · 대상 005930,000660)"),
        ("seen again sight=stream book= since=2022-06-02T09:00:01+09:00 answered=True",
         "실시간 시세 · 언제부터 09:00:01 · 응답 예)"),
        ("accepted(접수) intent=1 order_no=7 source=notice", "출처 체결통보)"),
        ("halt level=exits_only reason=", "정지 (상태 청산만)"),
        ('halt level=all reason="telegram kim"', "정지 (상태 자동매매 정지 · 사유 텔레그램, kim)"),
        ("flatten book= reason=", "전량 청산"),
        ("cancel(취소) intent=1 reason=auction", "사유 장 마감 동시호가 전)"),
        ("cancel failed intent=1 reason=restart",
         "사유 응답이 오기 전에 maemae가 다시 시작되었습니다)"),
        ("cash follows the broker difference=-1200 reason=repriced",
         "차이 -1,200원 · 사유 체결 금액이 확정됨)"),
        ("plan skipped(계획) book=a plan=b day=2022-06-02 reason=late",
         "사유 실행 시각이 지났습니다)"),
        ("plan carried out(계획) book=a plan=b sent=1 skipped=005930:held,000660:cash",
         "005930 이미 보유 중, 000660 주문가능금액 부족)"),
        ("trading days corrected(거래일) days=2022-06-03:False", "2022-06-03 휴장)"),
        ("refused(거부) intent=1 code=1 message=no kind=cash", "종류 주문가능금액이 부족합니다)"),
        ("order(주문) side=sell reason=exit kind=05 exchange=NXT",
         "종류 장전 시간외종가 · 거래소 NXT)"),
        ('declined by the guard code=1 rule=outside_session detail="stop_loss: 128 x 30800"',
         "내용 손절: 128 × 30,800원)"),
        ("moved origin=owner book=day quantity=1200", "보낸 전략 본인 · 전략 day · 수량 1,200)"),
    ],
)  # fmt: skip
def test_values_of_fields_are_told_in_words(said: str, told: str) -> None:
    line = in_words(f"2022-06-02 09:00:01.250 INFO    {said}")
    assert line.endswith(told)
    assert "()" not in line


def test_an_incident_has_its_name() -> None:
    line = "2022-06-02 09:00:01.250 ERROR   incident kind=late_arrival detail="
    assert in_words(line).startswith("2022-06-02 09:00:01.250 문제 ")
    assert "late_arrival" not in in_words(line)

"""What a recording keeps of answers, and what never stands in it."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from maemae import catalogue
from maemae.errors import DataError
from maemae.kis.gate import readable
from maemae.recordings.entries import Answer
from maemae.recordings.public import ANSWERS, codes_in, endpoint_of, masker, plain_answer
from maemae.recordings.shelf import find

SECRETS = frozenset({"PS0123456789", "secret+/=", "12345678-01", "12345678", "hong"})


def answer(body: dict[str, Any], status: int = 200, **params: str) -> Answer | None:
    bare = Answer(1, "domestic_stock.psearch_result", params, False, status, False, {})
    return plain_answer(bare, json.dumps(body).encode(), SECRETS)


def test_only_answers_on_the_list_are_kept_and_all_of_these_only_read_the_market() -> None:
    for one in catalogue.all_rest():
        for trs in one.tr_ids.values():
            for tr in trs:
                found = endpoint_of(one.path, tr.id)
                assert found == (one.id if one.id in ANSWERS else None)
                assert found is None or tr.id in readable()[one.path]
    assert all(catalogue.rest(name).method == "GET" for name in ANSWERS)


def test_whose_question_it_was_is_left_out() -> None:
    rows = [{"user_id": "hong", "seq": "0", "grp_nm": "매매", "condition_nm": "급등"}]
    found = answer({"rt_cd": "0", "output2": rows, "note": " hong "}, user_id="hong", seq="0")
    assert found is not None
    assert found.params == {"SEQ": "0"}
    assert found.body["output2"] == [rows[0] | {"user_id": ""}]
    assert found.body["note"] == ""


def test_what_is_no_answer_is_not_kept() -> None:
    assert answer({"rt_cd": "1", "msg_cd": "EGW00201"}, 500) is None
    assert answer({"rt_cd": "1", "msg_cd": "EGW00123"}) is None
    assert answer({"output2": []}) is None
    bare = Answer(1, "domestic_stock.psearch_result", {}, False, 200, False, {})
    for content in (b"", b"[]", b"<html>", b"\xff", b"[" * 9_999):
        assert plain_answer(bare, content, SECRETS) is None


def test_a_search_that_found_nothing_is_an_answer() -> None:
    assert answer({"rt_cd": "1", "msg_cd": "MCA05918", "msg1": "없음"}) is not None


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        (b'"x","PS0123456789"', b'"x","*"'),
        (b"12345678-01 and 12345678^", b"* and *^"),
        (b"secret+/=|", b"*|"),
        (b"912345678 123456789 PS01234567890", b"912345678 123456789 PS01234567890"),
        (b"hong stays: too short to tell", b"hong stays: too short to tell"),
    ],
)
def test_secrets_are_taken_out_of_lines_where_they_stand_alone(line: bytes, masked: bytes) -> None:
    assert masker(SECRETS)(line) == masked
    assert masker(frozenset())(line) == line


def test_the_codes_of_an_answer() -> None:
    body = {"rt_cd": "0", "output2": [{"code": "005930"}, {"CODE": "000660"}], "output": {"a": "b"}}
    assert codes_in(body) == ["005930", "000660"]


def test_a_recording_is_found_by_name_date_or_folder(tmp_path: Path) -> None:
    day = date(2026, 11, 30)
    with pytest.raises(DataError, match="nothing is recorded"):
        find(tmp_path, f"{day}")
    live = tmp_path / "live" / f"{day}"
    live.mkdir(parents=True)
    assert find(tmp_path, f"{day}") == find(tmp_path, f"live/{day}") == live
    assert find(Path("elsewhere"), str(live)) == live
    (tmp_path / "sim" / f"{day}").mkdir(parents=True)
    with pytest.raises(DataError, match=f"several venues: live/{day}, sim/{day}"):
        find(tmp_path, f"{day}")
    with pytest.raises(DataError, match=f"there are live/{day}"):
        find(tmp_path, "2026-11-29")

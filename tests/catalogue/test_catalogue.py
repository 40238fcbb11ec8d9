import json
import re
from pathlib import Path

import pytest

from maemae import catalogue
from maemae.catalogue import CodeKind
from maemae.i18n import set_language
from maemae.kis.advice import advice, meaning


def test_nothing_of_the_documents_is_lost(shared: Path) -> None:
    documents = json.loads((shared / "kis" / "api.json").read_text(encoding="utf-8"))
    assert len(catalogue.all_rest()) == len(documents["rest"]) == 188
    elw = [one for one in catalogue.all_streams() if one.id.startswith("domestic_stock.elw_")]
    assert len(catalogue.all_streams()) - len(elw) == len(documents["websocket"]) == 30
    for row in documents["rest"]:
        endpoint = catalogue.rest(row["id"])
        assert (endpoint.method, endpoint.path) == (row["method"], row["path"])
        assert [param.name for param in endpoint.params] == [p["name"] for p in row["params"]]
        for personality in ("real", "virtual"):
            ids = [tr["id"] for tr in (row["tr_id"] or {}).get(personality) or []]
            assert [tr.id for tr in endpoint.tr_ids.get(personality, ())] == ids
        assert sum(len(block.fields) for block in endpoint.blocks) == sum(
            len(block["fields"]) for block in row["output"]
        )
    for row in documents["websocket"]:
        assert len(catalogue.stream(row["id"]).columns) == row["n_columns"]
    errors = json.loads((shared / "kis" / "errors.json").read_text(encoding="utf-8"))
    assert {row["code"] for row in errors["codes"]} <= {c.code for c in catalogue.all_codes()}


@pytest.mark.parametrize(
    ("endpoint", "personality", "choice", "tr_id"),
    [
        ("domestic_stock.order_cash", "real", {"ord_dv": "buy"}, "TTTC0012U"),
        ("domestic_stock.order_cash", "virtual", {"ord_dv": "sell"}, "VTTC0011U"),
        ("domestic_stock.inquire_price", "virtual", {}, "FHKST01010100"),
        ("overseas_stock.order", "real", {"ord_dv": "sell", "ovrs_excg_cd": "NYSE"}, "TTTT1006U"),
        (
            "overseas_stock.order",
            "virtual",
            {"ord_dv": "sell", "ovrs_excg_cd": "NYSE"},
            "VTTT1001U",
        ),
        ("overseas_stock.order_rvsecncl", "real", {"ovrs_excg_cd": "TKSE"}, "TTTS0309U"),
    ],
)
def test_transaction_ids_are_looked_up(
    endpoint: str, personality: catalogue.Personality, choice: dict[str, str], tr_id: str
) -> None:
    assert catalogue.rest(endpoint).tr_id(personality, choice) == tr_id
    assert catalogue.by_tr_id(tr_id) is catalogue.rest(endpoint)


def test_a_missing_choice_names_what_can_be_chosen() -> None:
    with pytest.raises(LookupError, match=r"ord_dv = sell \| buy"):
        catalogue.rest("domestic_stock.order_cash").tr_id("real")


def test_what_the_virtual_server_lacks_has_no_id_there() -> None:
    search = catalogue.rest("domestic_stock.psearch_result")
    assert search.supports("real")
    assert not search.supports("virtual")
    with pytest.raises(LookupError, match="not offered by the virtual server"):
        search.tr_id("virtual")


def test_every_real_endpoint_has_an_id_and_every_feed_too() -> None:
    for endpoint in catalogue.all_rest():
        if not endpoint.id.startswith("auth."):
            assert endpoint.tr_ids["real"], endpoint.id
            assert bool(endpoint.tr_ids.get("virtual")) == endpoint.virtual, endpoint.id
    assert catalogue.stream_by_tr_id("H0STCNI9") is catalogue.stream("domestic_stock.ccnl_notice")


def test_row_limits_and_paging_differ_per_server() -> None:
    balance = catalogue.rest("domestic_stock.inquire_balance")
    assert balance.row_limits == {"real": 50, "virtual": 20}
    assert balance.paging is not None
    assert balance.paging.params == ("CTX_AREA_FK100", "CTX_AREA_NK100")
    assert balance.paging.width == 100


@pytest.mark.parametrize("words", ["주식잔고조회", "inquire_balance", "VTTC8434R", "예수금총금액"])
def test_the_catalogue_is_searched_in_both_languages(words: str) -> None:
    assert "domestic_stock.inquire_balance" in [found.id for found in catalogue.search(words)]


def test_codes_have_the_kind_that_the_wire_acts_on() -> None:
    kinds = {
        "EGW00201": CodeKind.THROTTLED,
        "EGW00215": CodeKind.THROTTLED,
        "EGW00123": CodeKind.AUTH,
        "EGW00133": CodeKind.AUTH_TOO_SOON,
        "EGW00301": CodeKind.OUTCOME_UNKNOWN,
        "MCA05918": CodeKind.EMPTY_SEARCH,
        "40250000": CodeKind.NO_CASH,
        "OPSP8996": CodeKind.IN_USE,
    }
    for value, kind in kinds.items():
        found = catalogue.code(value)
        assert found is not None
        assert found.kind is kind
    assert catalogue.code("ZZZ99999") is None


def test_every_code_has_a_meaning_and_advice_in_korean() -> None:
    set_language("ko")
    for code in catalogue.all_codes():
        assert re.search("[가-힣]", meaning(code)), code.code
        assert code.kind is CodeKind.SUCCESS or re.search("[가-힣]", advice(code.kind)), code.code

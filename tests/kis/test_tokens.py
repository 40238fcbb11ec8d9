import asyncio
from datetime import timedelta
from pathlib import Path

import keyring
import pytest
from aiohttp import web
from tests.kis.broker import CREDENTIALS, OK, Broker, FakeClock, failure

from maemae.errors import KisAuth, KisUnreadable, SettingsError
from maemae.kis import Accepted, KisClient, OrderRequest, Refused, TokenKeyring
from maemae.kis.reply import Reply
from maemae.kis.tokens import IssuedToken, issue_time, read_token
from maemae.market.kinds import Side

QUOTE = OK | {"output": {"stck_shrn_iscd": "005930", "stck_prpr": "71900"}}
TOO_SOON = {
    "error_code": "EGW00133",
    "error_description": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)",
}


async def test_many_tasks_need_one_issue(kis: KisClient, broker: Broker) -> None:
    broker.answer("inquire-price", QUOTE)
    await asyncio.gather(*(kis.price("005930") for _ in range(20)))
    assert broker.tokens_issued == 1


async def test_several_clients_of_one_key_need_one_issue_also_after_a_refusal(
    broker: Broker, clock: FakeClock, tmp_path: Path
) -> None:
    def judge(request: web.Request) -> web.Response:
        if request.headers["authorization"] == "Bearer token-1" and broker.revoked:
            return failure("EGW00121", "유효하지 않은 token 입니다.")
        return web.json_response(QUOTE)

    broker.answer("inquire-price", judge)
    clients = [
        KisClient(broker.server(), CREDENTIALS, clock=clock, state_dir=tmp_path) for _ in range(3)
    ]
    async with clients[0], clients[1], clients[2]:
        for client in clients:
            await client.price("005930")
        assert broker.tokens_issued == 1
        await clock.sleep(3600)
        broker.revoked = True
        await asyncio.gather(*(client.price("005930") for client in clients))
        assert broker.tokens_issued == 2


async def test_a_token_outlives_the_process_and_is_private(
    broker: Broker, clock: FakeClock, tmp_path: Path
) -> None:
    broker.answer("inquire-price", QUOTE)
    for _ in range(3):
        async with KisClient(
            broker.server(), CREDENTIALS, clock=clock, state_dir=tmp_path / "state"
        ) as kis:
            await kis.price("005930")
    assert broker.tokens_issued == 1
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
    for path in (tmp_path / "state").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


async def test_real_and_virtual_never_share(
    broker: Broker, clock: FakeClock, tmp_path: Path
) -> None:
    broker.answer("inquire-price", QUOTE)
    for personality in ("real", "virtual"):
        server = broker.server(personality)
        async with KisClient(server, CREDENTIALS, clock=clock, state_dir=tmp_path) as kis:
            await kis.price("005930")
    assert broker.tokens_issued == 2


async def test_a_second_issue_within_a_minute_waits(
    kis: KisClient, broker: Broker, clock: FakeClock
) -> None:
    broker.answer("inquire-price", QUOTE)
    await kis.price("005930")
    began = clock.now()
    broker.answer("inquire-price", failure("EGW00123"), QUOTE)
    await kis.price("005930")
    assert clock.now() - began >= timedelta(seconds=59)
    assert broker.tokens_issued == 2


async def test_a_block_of_the_broker_is_waited_out(
    kis: KisClient, broker: Broker, clock: FakeClock
) -> None:
    broker.answer("inquire-price", QUOTE)
    broker.tokens += [web.json_response(TOO_SOON, status=403) for _ in range(3)]
    began = clock.now()
    await kis.price("005930")
    assert timedelta(minutes=3) <= clock.now() - began < timedelta(minutes=4)


@pytest.mark.parametrize("blocked", [True, False])
async def test_an_order_that_waited_out_a_block_stays_here(
    kis: KisClient, broker: Broker, blocked: bool
) -> None:
    broker.answer("order-cash", OK | {"output": {"ODNO": "1", "KRX_FWDG_ORD_ORGNO": "00950"}})
    broker.tokens += [web.json_response(TOO_SOON, status=403)] * blocked
    outcome = await kis.order(OrderRequest(Side.BUY, "005930", 1, None, "01"))
    assert isinstance(outcome, Refused if blocked else Accepted)
    assert len(broker.calls("order-cash")) == (0 if blocked else 1)
    if isinstance(outcome, Refused):
        assert "it waited 6" in outcome.message


async def test_an_order_that_was_halted_while_it_waited_stays_here(
    kis: KisClient, broker: Broker
) -> None:
    broker.answer("order-cash", OK | {"output": {"ODNO": "1", "KRX_FWDG_ORD_ORGNO": "00950"}})
    broker.answer("order-rvsecncl", OK | {"output": {"ODNO": "2", "KRX_FWDG_ORD_ORGNO": "00950"}})
    buy = OrderRequest(Side.BUY, "005930", 1, None, "01")
    halted = await kis.order(buy, goes=lambda: False)
    amended = await kis.amend(1, "00950", price=71_900, goes=lambda: False)
    assert isinstance(halted, Refused)
    assert isinstance(amended, Refused)
    assert (halted.sent, amended.sent) == (False, False)
    assert broker.calls("order-cash") == broker.calls("order-rvsecncl") == []
    assert isinstance(await kis.cancel(1, "00950"), Accepted)


async def test_a_block_without_end_is_an_error(kis: KisClient, broker: Broker) -> None:
    broker.tokens += [web.json_response(TOO_SOON, status=403) for _ in range(30)]
    with pytest.raises(KisAuth, match="EGW00133"):
        await kis.price("005930")
    assert broker.tokens_issued < 15


async def test_wrong_keys_say_so(kis: KisClient, broker: Broker) -> None:
    wrong = {"error_code": "EGW00103", "error_description": "유효하지 않은 AppKey입니다."}
    broker.tokens.append(web.json_response(wrong, status=403))
    with pytest.raises(KisAuth, match="EGW00103"):
        await kis.price("005930")


async def test_a_token_is_replaced_before_it_expires(
    kis: KisClient, broker: Broker, clock: FakeClock
) -> None:
    broker.answer("inquire-price", QUOTE)
    soon = (clock.now() + timedelta(hours=24)).strftime("%Y-%m-%d %H:%M:%S")
    broker.tokens.append({"access_token": "first", "access_token_token_expired": soon})
    await kis.price("005930")
    await clock.sleep(86400 - 600)
    await kis.price("005930")
    await clock.sleep(400)
    await kis.price("005930")
    assert [a.token for a in broker.calls("inquire-price")] == ["first", "first", "token-2"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"value": 1}', b"\xff"])
async def test_a_damaged_token_file_is_no_token(
    content: bytes, broker: Broker, clock: FakeClock, tmp_path: Path
) -> None:
    server = broker.server()
    (tmp_path / f"{CREDENTIALS.fingerprint(server)}.token").write_bytes(content)
    broker.answer("inquire-price", QUOTE)
    async with KisClient(server, CREDENTIALS, clock=clock, state_dir=tmp_path) as kis:
        await kis.price("005930")
    assert broker.tokens_issued == 1


@pytest.mark.parametrize(
    "value",
    ["", "token-1", "a.b.c", "a.e30.c", "a.bm90IGpzb24.c", "a.eyJpYXQiOiAxZTk5fQ.c", "가.나.다"],
)
def test_a_token_that_does_not_say_when_it_was_issued_accuses_nobody(value: str) -> None:
    assert issue_time(value) is None


def test_the_expiry_is_korean_and_may_be_missing(clock: FakeClock) -> None:
    stated = Reply(200, {"access_token": "t", "access_token_token_expired": "2022-06-03 09:30:00"})
    assert read_token(stated, clock.now()).expires_at == clock.now() + timedelta(hours=24)
    counted = Reply(200, {"access_token": "t", "expires_in": 86400})
    assert read_token(counted, clock.now()).expires_at == clock.now() + timedelta(hours=24)
    with pytest.raises(KisUnreadable):
        read_token(Reply(200, {"access_token": "t"}), clock.now())
    assert "secret" not in repr(IssuedToken(value="secret"))


async def test_a_token_can_be_kept_in_the_keyring(
    broker: Broker, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(keyring, "get_password", lambda *name: kept.get(name))
    monkeypatch.setattr(
        keyring, "set_password", lambda service, name, value: kept.update({(service, name): value})
    )
    broker.answer("inquire-price", QUOTE)
    for _ in range(2):
        async with KisClient(
            broker.server(),
            CREDENTIALS,
            clock=clock,
            state_dir=tmp_path,
            token_store=TokenKeyring("real-1"),
        ) as kis:
            await kis.price("005930")
    assert broker.tokens_issued == 1
    assert list(kept) == [("maemae", "real-1")]
    assert not (tmp_path / f"{CREDENTIALS.fingerprint(broker.server())}.token").exists()
    kept["maemae", "real-1"] = "{"
    assert TokenKeyring("real-1").load().value == ""

    def fail(*_: str) -> str:
        raise keyring.errors.NoKeyringError("none")

    monkeypatch.setattr(keyring, "get_password", fail)
    with pytest.raises(SettingsError, match="keyring"):
        TokenKeyring("real-1").load()

"""`maemae notify`: from a token to a chat in the settings, and samples to every channel."""

import asyncio
import re
from pathlib import Path

import pytest
from tests.notify.botapi import OWNER, TOKEN, bot_api
from tests.notify.props import HurriedClock

from maemae.cli import notify as cli
from maemae.errors import SettingsError
from maemae.notify import keys
from maemae.notify.messages import Kind
from maemae.trader.settings import Settings, load_settings

STRANGER = 666


async def test_the_chat_that_sends_the_code_is_found_and_written_down(
    clock: HurriedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept: list[str] = []
    monkeypatch.setattr(keys, "telegram_token", lambda: None)

    def keep(token: str) -> str:
        kept.append(token)
        return "keyring"

    monkeypatch.setattr(keys, "keep_telegram_token", keep)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: f" {TOKEN} ")
    file = tmp_path / "maemae.toml"
    file.write_text('language = "en"\n', encoding="utf-8")
    async with bot_api(clock.now) as api:
        settings = Settings(telegram={"api_url": api.url})
        setting = asyncio.create_task(cli._setup(settings, file, 10))
        await api.until(lambda: "getUpdates" in api.calls)
        link = re.findall(r"https://t.me/maemae_bot\?start=(\d{6})", capsys.readouterr().out)
        api.write("/start 000000x", chat=STRANGER)
        api.write(f"/start {link[0]}", chat=OWNER)
        assert await setting
    assert load_settings(file).telegram.chat_ids == (OWNER,)
    assert kept == [TOKEN]
    assert TOKEN not in file.read_text(encoding="utf-8")


async def test_without_the_code_nobody_is_let_in(
    clock: HurriedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "telegram_token", lambda: TOKEN)
    file = tmp_path / "maemae.toml"
    async with bot_api(clock.now) as api:
        api.write("hello", chat=STRANGER)
        assert not await cli._setup(Settings(telegram={"api_url": api.url}), file, 1)
    assert not file.exists()


async def test_a_wrong_token_is_said_without_quoting_it(
    clock: HurriedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "telegram_token", lambda: "7:wrongWRONG")
    async with bot_api(clock.now) as api:
        with pytest.raises(SettingsError, match="copy it again from @BotFather") as caught:
            await cli._setup(Settings(telegram={"api_url": api.url}), tmp_path / "x", 1)
    assert "wrongWRONG" not in str(caught.value)


def test_what_else_is_in_the_settings_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "maemae.toml"
    file.write_text('[telegram] # mine\nchat_ids = [1] # me\nlevel = "info"\n', encoding="utf-8")
    cli._write(file, [1, OWNER])
    text = file.read_text(encoding="utf-8")
    assert text == '[telegram] # mine\nchat_ids = [1, 42] # me\nlevel = "info"\n'
    assert "maemae notify test" in capsys.readouterr().out


async def test_samples_arrive_at_every_channel_or_it_is_named(
    clock: HurriedClock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(keys, "telegram_token", lambda: TOKEN)
    async with bot_api(clock.now) as api:
        settings = Settings(telegram={"api_url": api.url, "chat_ids": [OWNER]})
        assert await cli._samples(settings)
        text = "\n".join(message["text"] for message in api.sent)
        assert text.count("\n\n") >= len(Kind) - len(api.sent)
        assert [message["method"] for message in api.sent][-1] == "sendPhoto"
        api.fault = lambda _method: "403"
        assert not await cli._samples(settings)
    out = capsys.readouterr().out
    assert "✓ telegram 42" in out
    assert "✗ telegram 42: bot was blocked" in out or "✗ telegram 42: Forbidden" in out


async def test_without_a_channel_the_samples_say_how_to_get_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert not await cli._samples(Settings())
    assert "maemae notify setup telegram" in capsys.readouterr().out

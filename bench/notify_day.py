"""A simulated day on Telegram, told: `PYTHONPATH=. python bench/notify_day.py ko picture.png`.

The demo's session runs at 400 times the speed against a simulated exchange and a server that
speaks the Bot API, with the real library between them. The owner writes a few commands on the way.
The language and the file for the picture of the day's report are optional.
"""

import asyncio
import contextlib
import io
import os
import re
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import structlog
from tests.notify.botapi import OWNER, TOKEN, BotApi, bot_api

from maemae.cli.demo import running_exchange
from maemae.cli.session import show_session
from maemae.clock import KST
from maemae.i18n import set_language
from maemae.trader.settings import load_settings

ASKED = ("/status", "/positions", "/orders", "/pnl", "/halt", "/resume", "/flatten")
BUTTONS = {"/resume": ("Yes", "예"), "/halt": ("no entries", "신규매수 중지")}


async def owner(api: BotApi) -> None:
    """Write each command once the day is under way, and confirm what asks for it."""
    await api.until(lambda: sum("09:" in message["text"] for message in api.sent) > 1)
    for command in ASKED:
        shown(command)
        answer = await api.answer(command)
        for label in BUTTONS.get(command, ()):
            with contextlib.suppress(IndexError):
                shown(f"[{label}]", api.press, label)
                break
        code = re.search(r"\d{6}", answer)
        if command == "/flatten" and code is not None:
            await asyncio.sleep(0.5)
            shown(code.group())
            await api.answer(code.group())
        await asyncio.sleep(6)


def shown(text: str, act: object = None, *args: str) -> None:
    """Do something, and print it as the owner's line if it could be done."""
    if callable(act):
        act(*args)
    print(f"> **{text}**\n", file=sys.__stdout__)


class Printed(list[dict[str, object]]):
    """Prints each message as it is sent."""

    def append(self, message: dict[str, object]) -> None:
        """Print it."""
        super().append(message)
        text = str(message["text"])
        markup = message.get("reply_markup")
        if isinstance(markup, dict):
            rows = markup["inline_keyboard"]
            text += "\n" + " ".join(f"[{button['text']}]" for row in rows for button in row)
        if message["method"] == "sendPhoto":
            text = "(picture)\n" + text
        print("```\n" + text + "\n```\n", file=sys.__stdout__)


async def main(language: str, picture: Path | None) -> None:
    """Run the day."""
    set_language("ko" if language == "ko" else "en")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    os.environ["MAEMAE_TELEGRAM_TOKEN"] = TOKEN
    async with bot_api(lambda: datetime.now(KST)) as api:
        api.sent = Printed()
        exchange = {"--speed": 400, "--seed": 1, "--date": "2022-06-02"}
        with tempfile.TemporaryDirectory() as folder:
            async with running_exchange(exchange) as addresses:
                settings = load_settings(
                    None,
                    venue="sim",
                    data_dir=folder,
                    log_dir=folder,
                    sim={"url": addresses.real, "virtual_url": addresses.virtual},
                    telegram={"chat_ids": [OWNER], "api_url": api.url},
                )
                writing = asyncio.create_task(owner(api))
                with contextlib.redirect_stdout(io.StringIO()):
                    await show_session(settings, title="day", screen=False, report_file=None)
                writing.cancel()
        photos = [message["photo"] for message in api.sent if message.get("photo")]
        if picture is not None and photos and isinstance(photos[-1], bytes):
            await asyncio.to_thread(picture.write_bytes, photos[-1])


if __name__ == "__main__":
    wanted = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ko", wanted))

"""A trader on a thread, a dashboard in a process, and a browser to look at it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

import msgspec
from tests.service.conftest import Online, online

from maemae.dashboard.entrance import running
from maemae.service.api.pass_file import published
from maemae.service.local import LocalService


class LiveTrader:
    """A served trader that can be stopped and started again on the same ledger."""

    def __init__(self, folder: Path, serve: Callable[..., Any] = online) -> None:
        self.folder = folder
        self._serve = serve

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        ready = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._run(ready)))
        self._thread.start()
        assert ready.wait(120)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(120)

    def ask(self, question: Callable[[LocalService], Awaitable[Any]]) -> Any:
        async def asking() -> Any:
            return await question(self.online.bench.service)

        return asyncio.run_coroutine_threadsafe(asking(), self._loop).result(120)

    command = ask

    async def _run(self, ready: Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self.online: Online
        async with self._serve(self.folder) as self.online:
            shown = msgspec.structs.replace(self.online.shown, url=self.online.url)
            with published(self.folder / "api.json", shown):
                ready.set()
                await self._over.wait()


class Dashboard:
    """`maemae dashboard` in a process of its own."""

    def __init__(self, folder: Path, language: str = "en", **more: str) -> None:
        self._environment = {
            **os.environ,
            "MAEMAE_LANGUAGE": language,
            "MAEMAE_DATA_DIR": str(folder),
            "MAEMAE_API__FILE": str(folder / "api.json"),
            "MAEMAE_LEDGER": f"sqlite:///{folder / 'ledger.sqlite'}",
            **more,
        }

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "maemae", "dashboard", "--no-open", "--port", "0"],
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert "http" in said, said
        self.printed = next(word for word in said.split() if word.startswith("http"))
        return self

    @property
    def link(self) -> str:
        """A link that nobody has used, as `maemae dashboard link` prints one: each opens once."""
        (entrance,) = running(Path(self._environment["MAEMAE_DATA_DIR"]), None)
        return entrance.link()

    @property
    def pid(self) -> int:
        return self._process.pid

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=120)

"""Parts of maemae that run in a process of their own beside a command, and end with it."""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from maemae.errors import MaemaeError
from maemae.i18n import _

STARTUP_SECONDS = 120
END_SECONDS = 10


@asynccontextmanager
async def announcing(
    *words: str, failure: type[MaemaeError], environment: Mapping[str, str] | None = None
) -> AsyncIterator[Mapping[str, str]]:
    """Run `maemae WORDS --announce` until the context is left; yield the JSON it announces.

    The process ends when its standard input closes, so it never outlives this one, whatever
    happens to it.

    Args:
        words: the command and its options.
        failure: what is raised when it does not start.
        environment: variables that are set beside ours.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "maemae", *words, "--announce"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(environment or {})},
        start_new_session=True,  # Ctrl-C is for us.
    )
    try:
        if process.stdout is None or process.stderr is None or process.stdin is None:
            raise failure(_("{words} has no pipes").format(words=words[0]))
        async with asyncio.timeout(STARTUP_SECONDS):
            announced = await process.stdout.readline()
            if not announced:
                said = (await process.stderr.read()).decode(errors="replace").strip()
                raise failure(
                    said.removeprefix("maemae: ")
                    or _("{words} did not start").format(words=words[0])
                )
        yield json.loads(announced)
    except TimeoutError:
        raise failure(
            _("{words} did not start in {startup_seconds} s").format(
                words=words[0], startup_seconds=STARTUP_SECONDS
            )
        ) from None
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), END_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


def end_with_input() -> None:
    """End this process when its standard input closes: whoever started it is gone then."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1 << 10):
            continue
        signal.raise_signal(signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def show_in_browser(link: str) -> None:
    """Open a page where there is a screen; a browser inside the terminal is no help."""
    if sys.platform in {"win32", "darwin"} or os.environ.keys() & {"DISPLAY", "WAYLAND_DISPLAY"}:
        import webbrowser

        webbrowser.open(link)

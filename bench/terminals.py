"""The terminals of the documentation: commands as they look, as SVG.

Run as `.venv/bin/python -m bench.terminals [FOLDER]`. Everything runs in a home of its own, on the
simulated exchange and its made-up market, so that the pictures can be made anew at any time.
"""

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 100
SHOWN = {"demo": ["demo", "--no-screen", "--speed", "step", "--date", "2026-11-20"]}


def draw(words: list[str], home: Path, language: str) -> str:
    """Run a command of maemae and return what a terminal showed, as SVG."""
    done = subprocess.run(
        [sys.executable, "-m", "maemae", *words],
        env={
            **os.environ,
            "HOME": f"{home}",
            "XDG_DATA_HOME": f"{home / 'data'}",
            "MAEMAE_LANGUAGE": language,
            "COLUMNS": f"{WIDTH}",
            "FORCE_COLOR": "1",
        },
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    typed = "maemae " + " ".join(words)
    if done.returncode != 0:
        sys.exit(f"{typed} ended with {done.returncode}:\n{done.stdout}")
    console = Console(record=True, file=io.StringIO(), width=WIDTH, force_terminal=True)
    console.print(Text(f"$ {typed}\n", "bold"))
    console.print(Text.from_ansi(done.stdout.rstrip()))
    return console.export_svg(title=typed, unique_id=f"{words[0]}-{language}")


def main() -> None:
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    target.mkdir(parents=True, exist_ok=True)
    for language in ("ko", "en"):
        for name, words in SHOWN.items():
            with tempfile.TemporaryDirectory() as home:
                picture = draw(words, Path(home), language)
            file = target / f"terminal-{name}-{language}.svg"
            file.write_text(picture, encoding="utf-8")
            print(file.name)


if __name__ == "__main__":
    main()

"""Build the wheel, install it into an empty environment and use it: `python tools/wheel.py`.

Nothing of the repository is on the path then, so that data the wheel lacks shows itself.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NEEDED = (
    "maemae/py.typed",
    "maemae/locale/ko/cli.po",
    "maemae/ledger/migrations/env.py",
    "maemae/catalogue/data/",
    "maemae/market/data/",
)


def main() -> None:
    """Build, install, run."""
    with tempfile.TemporaryDirectory(prefix="maemae-wheel-") as name:
        folder = Path(name)
        _run(folder, _uv(), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT))
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as opened:
            names = opened.namelist()
        missing = [one for one in NEEDED if not any(each.startswith(one) for each in names)]
        if missing:
            raise SystemExit(f"{wheel.name} lacks {', '.join(missing)}")
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, {len(names)} files", flush=True)
        _run(folder, sys.executable, "-m", "venv", "clean")
        scripts = folder / "clean" / ("Scripts" if sys.platform == "win32" else "bin")
        _run(folder, str(scripts / "python"), "-m", "pip", "install", "--quiet",
             "--disable-pip-version-check", str(wheel))  # fmt: skip
        maemae = str(scripts / "maemae")
        _run(folder, maemae, "--version")
        _run(folder, maemae, "calendar", "--day", "2026-11-20")
        _run(folder, maemae, "strategy", "list")
        _run(folder, maemae, "config", "check")
        _run(folder, maemae, "call", "--list", "잔고")
        _run(folder, maemae, "demo", "--no-screen", "--speed", "1000")
        _run(folder, maemae, "backup", "kept.zip", expected=2)  # Nothing to back up: one line.


def _uv() -> str:
    """Return uv: the machine's, or the one that `make setup` put beside our Python."""
    return shutil.which("uv") or str(Path(sys.executable).with_name("uv"))


def _run(folder: Path, *command: str, expected: int = 0) -> None:
    """Run a command in a home of its own; stop when it does not end as expected."""
    began = time.monotonic()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAEMAE_", "PYTHON", "XDG_"))}
    kept.pop("VIRTUAL_ENV", None)
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "share")}
    done = subprocess.run(  # noqa: S603 - commands of this file
        command, cwd=folder, env={**kept, **home}, capture_output=True, text=True, check=False
    )
    words = " ".join(Path(word).name for word in command[:4])
    print(f"{time.monotonic() - began:6.1f} s  {words}", flush=True)
    if done.returncode != expected:
        raise SystemExit(f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()

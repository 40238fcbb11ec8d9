"""The fuzzer of `make soak` itself runs, and its checks agree with the decoders' promises."""

import subprocess
import sys
from pathlib import Path

FUZZER = Path(__file__).with_name("fuzz.py")
FOUND = {"a trade without a price": b"L\n\x04\x1c9~$"}
"""What it found once; tried first."""


def test_a_short_run_of_the_fuzzer_finds_nothing(tmp_path: Path) -> None:
    for name, content in FOUND.items():
        (tmp_path / name).write_bytes(content)
    command = [sys.executable, str(FUZZER), "-runs=10000", "-seed=1", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Done 10000 runs" in done.stderr

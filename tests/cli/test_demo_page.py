"""The demonstration with its page, as a person at a terminal starts and ends it."""

import os
import re
import sys
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pexpect
import pytest


def test_the_page_is_there_during_the_day_and_after_it_until_ctrl_c(tmp_path: Path) -> None:
    environment = {
        **{key: value for key, value in os.environ.items() if "DISPLAY" not in key},
        "HOME": f"{tmp_path}",
        "XDG_DATA_HOME": f"{tmp_path / 'data'}",
        "MAEMAE_LANGUAGE": "en",
        "COLUMNS": "200",
    }
    words = ["-m", "maemae", "demo", "--page", "--no-screen", "--speed", "3000"]
    child = pexpect.spawn(
        sys.executable, words, cwd=tmp_path, env=environment, encoding="utf-8", timeout=240
    )
    # Something moves before anything slow is done: each part that is got ready, with its time.
    child.expect(r"the rules of the books[^\n]*0:00:\d\d")
    child.expect(r"the simulated exchange and its market[^\n]*0:00:\d\d")
    child.expect(r"✓[^\n]*the simulated exchange and its market")
    child.expect(r"Watch it at (http://127\.0\.0\.1:\d+/enter\?key=\S+)")
    link = _found(child)
    assert _status(link) == 200
    child.expect("agree to the won and the share")
    child.expect(r"The page stays open at (http://127\.0\.0\.1:\d+/enter\?key=[^\s;]+)")
    assert _status(_found(child)) == 200
    with pytest.raises(HTTPError, match="403"):
        _status(link)
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, child.signalstatus) == (0, None)


def _found(child: "pexpect.spawn[str]") -> str:
    assert isinstance(child.match, re.Match)
    return str(child.match.group(1))


def _status(link: str) -> int:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(link, timeout=60) as page:
        return int(page.status)

"""Whatever a file holds, its reader returns or refuses in one line that names it, and soon.

`MAEMAE_FUZZ=2000` tries that many contents for each reader instead of a few (`make soak`).
"""

import os
import pickle
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date
from datetime import time as time_of_day
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maemae.bars.sources import Reading, read_source
from maemae.bars.universe import read_codes
from maemae.errors import DataError, MaemaeError, SettingsError, WireError
from maemae.exchange.fed.care import CARES
from maemae.exchange.moment import moment_at
from maemae.exchange.recorded.exchange import RecordedExchange
from maemae.exchange.recorded.source import RecordedSource
from maemae.exchange.scenario import default_scenario, read_scenario
from maemae.exchange.timekeeper import Timekeeper
from maemae.kis.market_client import find_endpoint
from maemae.kis.saved import decode_reply, read_saved_reply
from maemae.market.calendar import krx
from maemae.market.masters import load_masters
from maemae.notify.texts import load_texts
from maemae.reading import read_text
from maemae.recordings.blocks import Summary, pack
from maemae.setup.archive import read_backup
from maemae.setup.init.found import read as read_foreign
from maemae.strategy.find import load as load_strategy
from maemae.strategy.text import parse
from maemae.strategy.tree import RuleError
from maemae.trader.haltfile import _read as read_halt
from maemae.trader.holidays import checked_calendar
from maemae.trader.plans.plan import read_plan
from maemae.trader.settings import load_settings
from maemae.trader.sources.levels import read_levels
from maemae.trader.sources.target_file import read_targets

EXAMPLES = int(os.environ.get("MAEMAE_FUZZ", "12"))
SECONDS = 8.0
"""Of processor; the slowest good file of these takes 0.1."""
BYTES = 256 << 20

KIS_YAML = b"""version: "1.0"
metadata: {name: a, tags: [x]}
strategy:
  id: a
  params: {p: {default: 5, min: 1, max: 9}}
  indicators: [{id: sma, alias: s, params: {period: 20}}]
  entry: {logic: AND, conditions: [{indicator: close, operator: cross_above, compare_to: s}]}
  exit: {conditions: [{indicator: close, operator: less_than, value: 10}]}
risk: {stop_loss: {enabled: true, percent: 3.5}, max_position_size: 0.1}
"""
RULE = b"rsi(close, 14) < 30 & close > sma(close, 20)[1] * 1.02"
STRATEGY = (
    b'name = "a"\nentry = "close > sma(close, 20)"\nstop_loss = 0.02\n[sizing]\nkind = "won"\n'
)
SETTINGS = (
    b'venue = "paper"\nbalance_seconds = 30\n[paper]\naccount = "12345678-01"\nfee_rate = 0.00015\n'
    b'[limits]\ndaily_loss = 300000\ncollar = "5%"\n[notify]\n[[book]]\nway = "condition"\n'
    b'amount = 1000000\nstop_loss = 0.01\ncapital = "30%"\n'
)
SCENARIO = (
    b'impact = 0.1\n[[account]]\nserver = "real"\ncash = 5\n[[search]]\nname = "a"\n'
    b'order = "value"\n[[fault]]\nwhat = "lost"\nrate = 0.5\n[[halt]]\n'
    b'codes = ["005930"]\nfrom_time = 09:30:00\n'
)
PLAN = b'{"version": 1, "name": "a", "day": "2022-06-02", "lines": [{"code": "005930", "n": 1}]}'
BALANCE = b'{"rt_cd":"0","output1":[{"pdno":"005930","hldg_qty":"3","prpr":"1.5"}],"output2":[{}]}'
BARS = b"date,code,open,high,low,close,volume\n2022-06-02,005930,100,110,90,105,7\n"


def parse_rule(path: Path) -> object:
    try:
        return parse(read_text(path, 1 << 20))
    except RuleError as error:
        raise RuleError(f"{path}: {error}") from None


def holidays(path: Path) -> object:
    async def closed(day: date) -> list[Any]:
        raise WireError(f"not asked {day}")

    try:
        checked_calendar(closed, krx(), date(2022, 6, 2), path).send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits for something else")


def decode_saved(path: Path) -> object:
    try:
        saved = decode_reply(find_endpoint(BALANCE_ID), read_saved_reply(path.read_bytes()))
    except WireError as error:
        raise WireError(f"{path}: {error}") from None
    if not saved.whole:
        raise WireError(f"{path}: {saved.missing[-1]}")
    return saved.rows


def environment(path: Path) -> None:
    value = path.read_text("utf-8", errors="replace").replace("\0", "")
    with pytest.MonkeyPatch.context() as patch:
        try:
            for name in ("MAEMAE_SIM", "MAEMAE_LIMITS__COLLAR", "MAEMAE_BOOK"):
                patch.setenv(name, value)
                load_settings(Path(os.devnull))
        except SettingsError as error:
            place = path if "MAEMAE_" in str(error) else "nowhere"
            raise SettingsError(f"{place}: {error}") from None


def backup(path: Path) -> object:
    with TemporaryDirectory() as unpacked:
        return read_backup(path, Path(unpacked))


def recording(path: Path) -> None:
    """Play a day whose file holds these lines, or is this."""
    lines = path.read_bytes()
    for content in (pack(lines, Summary(NINE, NINE + 10**6, 1)), lines):
        folder = path.parent / "live" / "2024-03-05"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "090000.jsonl.gz").write_bytes(content)
        source = RecordedSource(folder)
        exchange = RecordedExchange(
            source, krx(), source.day, default_scenario(7), seed=7,
            clock=Timekeeper(NINE, None), care=CARES["usual"],
        )  # fmt: skip
        exchange.step(NINE + 10**9)


NINE = moment_at(date(2024, 3, 5), time_of_day(9))
HIT = (
    '{"rt_cd":"0","output2":[{"code":"005930","name":"a","price":"1000","recprice":"1000",'
    '"dnlmtprice":"700","uplmtprice":"1300","acml_vol":"5"}]}'
)
LINES = (
    f'["begun",{NINE},1,"live"]\n["answer",{NINE},"domestic_stock.psearch_result",'
    f'{{"SEQ":"0"}},false,200,false,{HIT}]\n["name",{NINE},"005930","a","KOSPI","stock"]\n'
    f'["registered",{NINE},"H0STCNT0","005930",true]\n'
    f'["frame",{NINE + 1},"0|H0STCNT0|001|005930^090001^1000^2^10^1.0^1000.00^1000^1000^1000'
    f'^1005^1000^3^8^8000^1^1^0^0^1^1^1"]\n["traded",{NINE + 2},"005930","buy",1005,3]\n'
    f'["stream",{NINE + 3},false,{NINE}]\n["lost",{NINE + 4},{NINE},3]\n'
).encode()
BALANCE_ID = "domestic_stock.inquire_balance"
Reader = Callable[[Path], object]
READERS: dict[str, tuple[str, Reader, bytes]] = {
    "settings": ("maemae.toml", load_settings, SETTINGS),
    "environment": ("env", environment, b'{"url": "http://x", "orders": "real"}'),
    "targets csv": ("a.csv", read_targets, b"code,name,price\n005930,a,67500\n000660,b,1\n"),
    "targets json": ("a.json", read_targets, b'[{"code": "005930", "name": "a", "price": 1.0}]'),
    "targets pickle": ("a.pkl", read_targets, pickle.dumps({"005930": ["a", 67500]})),
    "universe": ("u.csv", read_codes, b"code\n005930\n"),
    "levels": ("l.csv", read_levels, b"code,level\n005930,67500\n"),
    "kis.yaml": ("a.kis.yaml", load_strategy, KIS_YAML),
    "strategy toml": ("a.toml", load_strategy, STRATEGY),
    "strategy json": ("a.json", load_strategy, b'{"name": "a", "entry": "close > 1.5"}'),
    "rule": ("rule", parse_rule, RULE),
    "plan": ("p.json", read_plan, PLAN),
    "scenario": ("s.toml", lambda path: read_scenario(path, 1), SCENARIO),
    "bars": ("b.csv", lambda path: read_source(path, Reading()), BARS),
    "reply": ("r.json", decode_saved, BALANCE),
    "holidays": ("h.json", holidays, b'{"asked": "2022-06-02", "days": {"2022-06-03": true}}'),
    "masters": ("kospi_code.mst", lambda path: load_masters(path.parent), b"005930   KR7" * 30),
    "texts": ("t.toml", load_texts, b'filled = "{name}"\n'),
    "halt": ("HALT", read_halt, b"entries\n"),
    "other program": ("x.yaml", read_foreign, b"app_key: abc\nmode: paper\naccount: 12345678\n"),
    "restore": ("b.zip", backup, b"PK"),
    "recording": ("lines.jsonl", recording, LINES),
}

NASTY = st.sampled_from([
    b"1e99999999", b"-1e999", b"9" * 5_000, b"nan", b".nan", b"inf", b"-0", b"0x1F", b"1e400",
    b"null", b"true", b"[]", b"{}", b"[" * 5_000, b"{" * 3_000, b'{"a":' * 3_000, b"(" * 3_000,
    b"- " * 3_000, b"a." * 5_000 + b"a = 1", b"\xff\xfe", b"\x00", b"\xed\xa0\x80", "한글".encode(),
    "값".encode("cp949"), b'"', b"'", b"\\", b"\r", b"\n", b"*" * 100, b"&a [*a]", b"!!python/x a",
    b"2022-13-45", b"99999-01-01", b"25:61:61", b"0000-00-00", b"," * 3_000, b"x" * 20_000,
    b"'a' * 999999999", b"9**9**9**9", b"~" * 3_000 + b"close", b"%s%n{0}{a.__class__}", b"$p",
])  # fmt: skip


@st.composite
def contents(draw: st.DrawFn, good: bytes) -> bytes:
    """A good file with something nasty put into it, or anything at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200) | NASTY)
    words = _words(good)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(words) - 1)))
        words[at : at + draw(st.integers(0, 1))] = [draw(NASTY | st.binary(max_size=8))]
    return b"".join(words)


def _words(good: bytes) -> list[bytes]:
    words = [b""]
    for byte in good:
        one = bytes([byte])
        if one.isalnum() != words[-1][-1:].isalnum():
            words.append(b"")
        words[-1] += one
    return words


def check(reader: Reader, path: Path) -> None:
    """Read, and hold what comes of it against the promise."""
    start = time.process_time()
    try:
        reader(path)
    except MaemaeError as error:
        said = str(error)
        assert "\n" not in said
        assert len(said) < 2_000
        assert path.name in said or path.parent.name in said
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("name", READERS)
def test_a_reader_returns_or_refuses_in_one_line(name: str) -> None:
    file, reader, good = READERS[name]

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, print_blob=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(contents(good))
    def tried(content: bytes) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder, file)
            path.write_bytes(content)
            check(reader, path)

    tried()


@pytest.mark.parametrize("name", READERS)
def test_devices_pipes_and_folders_are_no_files(name: str, tmp_path: Path) -> None:
    file, reader, _good = READERS[name]
    if name in ("environment", "reply", "recording"):
        pytest.skip("takes no path, or a folder: tests/recordings/test_writer.py puts them there")
    path = tmp_path / file
    for make in (partial(path.symlink_to, "/dev/zero"), partial(os.mkfifo, path), path.mkdir):
        make()
        check(reader, path)
        path.rmdir() if path.is_dir() else path.unlink()


def test_an_archive_that_unfolds_to_gigabytes_stops_early(tmp_path: Path) -> None:
    """2.5 MB that held 2.5 GB took 5.3 GB of memory."""
    bomb = tmp_path / "bomb.zip"
    manifest = (
        b'{"made": "2022-06-02T09:00:00Z", "maemae": "1", '
        b'"parts": [{"name": "ledger-sim.sqlite", "sha256": ""}]}'
    )
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("manifest.json", manifest)
        with archive.open("ledger-sim.sqlite", "w", force_zip64=True) as member:
            for _ in range(130):
                member.write(bytes(1 << 20))
    assert bomb.stat().st_size < 1 << 20
    tracemalloc.start()
    with pytest.raises(DataError, match=r"ledger-sim\.sqlite in it is larger than"):
        backup(bomb)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 << 20


def test_numbers_of_a_target_list_are_bounded(tmp_path: Path) -> None:
    """`1e99999999` made the loop stand still for four seconds."""
    for file, text in (
        ("a.csv", "code,price\n005930,1e99999999\n"),
        ("a.json", '[{"code":"005930","price":1e99999999}]'),
        ("b.csv", f"code,price\n005930,{'9' * 5_000}\n"), ("b.json", f"[{'9' * 5_000}]"),
    ):  # fmt: skip
        path = tmp_path / file
        path.write_text(text)
        start = time.process_time()
        with pytest.raises(DataError, match="number"):
            read_targets(path)
        assert time.process_time() - start < 0.5


@pytest.mark.parametrize("rate", ["1e999999995%", "-1e999999995%", "nan%", "%", "1e-999999995%"])
def test_rates_of_the_settings_are_bounded(rate: str, tmp_path: Path) -> None:
    path = tmp_path / "maemae.toml"
    path.write_bytes(SETTINGS.replace(b"stop_loss = 0.01", f'stop_loss = "{rate}"'.encode()))
    with pytest.raises(SettingsError, match=r"maemae\.toml.*stop_loss"):
        load_settings(path)

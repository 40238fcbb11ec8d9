"""What other programs' files say."""

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import keyring
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.credentials import Credential, SimpleCredential
from keyring.errors import KeyringLocked

from maemae.errors import DataError
from maemae.setup.init.found import kept, look, read

KEY, SECRET = "A1" * 18, "b2" * 90
TOKEN = "123456789:AAtestTESTtestTESTtestTESTtestTESTtest"

OFFICIAL = f"""
#실전투자
my_app: "{KEY}"
my_sec: "{SECRET}"
paper_app: "P{KEY}"
paper_sec: "{SECRET}"
my_htsid: "honggd"
my_acct_stock: "12345678"
my_acct_future: "12345679"
my_paper_stock: "50123456"
my_paper_future: "선물옵션계좌 8자리"
my_prod: "22" # 개인연금
prod: "https://openapi.koreainvestment.com:9443"
vps: "https://openapivts.koreainvestment.com:29443"
my_token: ""
"""

KHMS_SECRETS = f"""
korea_invest:
  app_key_virtual: "{KEY}"
  app_secret_virtual: "{SECRET}"
  account_no_virtual: "5012345601"
  app_key_real: "YOUR_REAL_APP_KEY"
  app_secret_real: "YOUR_REAL_APP_SECRET"
"""

KHMS_SETTING = """
broker:
  provider: korea_invest # korea_invest | paper
  env: virtual
trading:
  fee_bps: 14.7
live:
  max_positions: 8
  order_cash_per_trade: 1500000
  take_profit: 0.03
  stop_loss: -1.5
"""

ENV = f"""
# KIS
export KIS_APP_KEY="{KEY}"
KIS_APP_SECRET={SECRET} # secret
CANO=50123456
ACNT_PRDT_CD=01
KIS_MOCK=true
TELEGRAM_BOT_TOKEN='{TOKEN}'
TELEGRAM_CHAT_ID=4242
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_brokers_own_file_is_read(tmp_path: Path) -> None:
    found = read(write(tmp_path, "kis_devlp.yaml", OFFICIAL))
    assert found.settings == {
        "live.account": "12345678-22",
        "paper.account": "50123456-22",
        "live.hts_id": "honggd",
    }
    assert found.secrets == {
        ("live", "app_key"): KEY,
        ("live", "app_secret"): SECRET,
        ("paper", "app_key"): f"P{KEY}",
        ("paper", "app_secret"): SECRET,
    }


def test_the_layout_of_khms_is_read_and_its_placeholders_are_not(tmp_path: Path) -> None:
    found = read(write(tmp_path, "secrets.yaml", KHMS_SECRETS))
    assert found.settings == {"paper.account": "50123456-01"}
    assert set(found.secrets) == {("paper", "app_key"), ("paper", "app_secret")}
    found = read(write(tmp_path, "setting.yaml", KHMS_SETTING))
    assert found.settings == {
        "book.max_names": "8",
        "book.amount": "1500000",
        "book.take_profit": "3%",
        "book.stop_loss": "1.5%",
        "costs.fee_bp": "14.7",
    }


@pytest.mark.parametrize(("switch", "venue"), [("true", "paper"), ("false", "live")])
def test_an_env_file_says_by_its_switch_whose_keys_they_are(
    tmp_path: Path, switch: str, venue: str
) -> None:
    text = ENV.replace("KIS_MOCK=true", f"KIS_MOCK={switch}")
    found = read(write(tmp_path, ".env", text))
    assert found.secrets == {
        (venue, "app_key"): KEY,
        (venue, "app_secret"): SECRET,
        ("telegram", "token"): TOKEN,
    }
    assert found.settings == {f"{venue}.account": "50123456-01", "telegram.chat_ids": "4242"}


def test_files_are_found_here_and_where_the_brokers_samples_look(tmp_path: Path) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    write(here, "config/secrets.yaml", KHMS_SECRETS)
    write(here, "secrets.yaml", "database:\n  user: somebody\n")
    write(home, "KIS/config/kis_devlp.yaml", OFFICIAL)
    assert [found.source for found in look(here, home)] == [
        str(here / "config/secrets.yaml"),
        str(home / "KIS/config/kis_devlp.yaml"),
    ]


class Entries(KeyringBackend):
    """A keyring that tells what a service keeps without the user's name, as most can."""

    priority = 1

    def __init__(self, entries: dict[str, str], *, locked: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._entries, self._locked = entries, locked

    def get_password(self, service: str, username: str) -> str | None:
        raise AssertionError((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        raise AssertionError((service, username, password))

    def get_credential(self, service: str, username: str | None) -> Credential | None:
        assert username is None
        if self._locked:
            raise KeyringLocked
        kept = self._entries.get(service)
        return None if kept is None else SimpleCredential("somebody", kept)


def test_what_other_programs_keep_in_the_keyring_is_offered(home: Path) -> None:
    """As a Korean textbook has it, and with its misspelling."""
    assert home
    real, virtual = "R" * 36, "V" * 36
    keyring.set_keyring(
        Entries({
            "mock_app_key": virtual, "mock_app_secret": SECRET,
            "real_app_key": real, "real_app_secrect": SECRET,
        })
    )  # fmt: skip
    (found,) = kept()
    assert found.secrets == {
        ("paper", "app_key"): virtual,
        ("paper", "app_secret"): SECRET,
        ("live", "app_key"): real,
        ("live", "app_secret"): SECRET,
    }
    assert not found.unused
    assert SECRET not in repr(found)
    keyring.set_keyring(Entries({}))
    assert list(kept()) == []


def test_a_locked_keyring_has_nothing_for_us(home: Path) -> None:
    assert home
    keyring.set_keyring(Entries({"mock_app_key": "V" * 36}, locked=True))
    assert list(kept()) == []


def test_a_broken_file_is_named_and_not_quoted(tmp_path: Path) -> None:
    path = write(tmp_path, "kis_devlp.yaml", f'my_app: "ok"\nmy_sec: "{SECRET}\nx: [1\n')
    with pytest.raises(DataError, match=r"kis_devlp\.yaml:\d+: it cannot") as caught:
        read(path)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(read(write(tmp_path, "b.yaml", KHMS_SECRETS)))


FINDINGS = {
    "a.env": "KIS_APP_KEY={k}\nKIS_APP_SECRET={s}\nKIS_ACCOUNT_NO=50011111-01\n"
    "KIS_IS_PAPER_TRADING=true\n",
    "b.env": "KIS_APP_KEY={k}\nKIS_APP_SECRET={s}\nKIS_ACCOUNT_NO=50011111-01\n"
    "KIS_REAL_TRADING=false\n",
    "c.env": "KIS_APP_KEY={k}\nKIS_APP_SECRET={s}\nKIS_ACCOUNT_NO=50011111-01\n"
    "URL_BASE=https://openapivts.koreainvestment.com:29443\n",
    "d.yaml": "my_app: {k}\nmy_sec: {s}\nmy_acct: 50011111\nmy_prod: 01\n"
    "prod: https://openapivts.koreainvestment.com:29443\n",
}


@pytest.mark.parametrize("name", FINDINGS)
def test_what_says_virtual_in_other_words_is_filed_as_paper(tmp_path: Path, name: str) -> None:
    found = read(write(tmp_path, name, FINDINGS[name].format(k=KEY, s=SECRET)))
    assert set(found.secrets) == {("paper", "app_key"), ("paper", "app_secret")}
    assert found.settings == {"paper.account": "50011111-01"}


SAYS = st.sampled_from([
    ("KIS_IS_PAPER_TRADING", True), ("isPaper", True), ("kis.use-mock", True), ("VIRTUAL", True),
    ("KIS_REAL_TRADING", False), ("is_live", False), ("my_bot_real_mode", False),
    ("NOT_REAL", True), ("no_mock", False), ("disable_paper", False), ("모의투자", True),
    ("실전투자_여부", False),
])  # fmt: skip
WORDS = st.sampled_from([("true", True), ("Y", True), ("1", True), ("no", False), ("off", False)])
CHOICES = st.sampled_from([
    ("KIS_ENV=vps", "paper"), ("mode=모의", "paper"), ("server=VIRTUAL", "paper"),
    ("TRADING_MODE=real", "live"), ("svr=prod", "live"),
    ("base_url=https://openapivts.koreainvestment.com:29443/", "paper"),
    ("base_url=https://openapi.koreainvestment.com:9443", "live"),
    ("WS=ws://ops.koreainvestment.com:31000", "paper"),
    ("WS=ws://ops.koreainvestment.com:21000", "live"),
])  # fmt: skip
BESIDE = st.sampled_from(["REAL_TIME=true", "live_chart=1", "DB_URL=postgres://live", "NODE_ENV=x"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SAYS, WORDS)), st.lists(CHOICES, max_size=2), st.lists(BESIDE))
def test_switches_and_addresses_decide_and_a_contradiction_is_not_decided(
    switches: list[tuple[tuple[str, bool], tuple[str, bool]]],
    choices: list[tuple[str, str]],
    beside: list[str],
) -> None:
    """Names with their own polarity, values and negations, against what they mean together."""
    flags = {name: (virtual, word, yes) for (name, virtual), (word, yes) in switches}
    lines = [f"{name}={word}" for name, (_virtual, word, _yes) in flags.items()]
    said = {"paper" if virtual == yes else "live" for virtual, _word, yes in flags.values()}
    kept = {line.partition("=")[0]: (line, venue) for line, venue in choices}
    lines += [line for line, _venue in kept.values()]
    addresses = {venue for line, venue in kept.values() if "://" in line}
    said |= {venue for line, venue in kept.values() if "://" not in line}
    said |= addresses if len(addresses) == 1 else set()
    with TemporaryDirectory() as folder:
        text = "\n".join([f"APP_KEY={KEY}", *lines, *beside])
        found = read(write(Path(folder), "x.env", text))
    expected = None if len(said) == 2 else next(iter(said), "live")
    assert found.verdict.venue == expected
    owner = expected or "live"
    assert found.secrets == {(owner, "app_key"): KEY}
    assert found.belonging("paper").secrets == {("paper", "app_key"): KEY}


def test_marked_keys_say_whose_the_others_are(tmp_path: Path) -> None:
    text = f"KIS_APP_KEY={KEY}\nKIS_PAPER_APP_KEY=P{KEY}\nKIS_MODE=paper\n"
    assert read(write(tmp_path, "x.env", text)).secrets == {
        ("live", "app_key"): KEY,
        ("paper", "app_key"): f"P{KEY}",
    }


@pytest.mark.parametrize("ending", ["yaml", "json", "ini", "env"])
def test_numbers_are_texts(tmp_path: Path, ending: str) -> None:
    written = {
        "yaml": "cano: 01234567\nmy_prod: 03\nstop_loss: 0.02\nchat_id: 4242\nmock: yes\n",
        "json": '{"cano": "01234567", "my_prod": "03", "stop_loss": 0.02, "chat_id": 4242,'
        ' "mock": true}',
        "ini": "[kis]\ncano = 01234567\nmy_prod = 03\nstop_loss = .02\nchat_id=4242\nmock=on\n",
        "env": "CANO=01234567\nMY_PROD=03\nSTOP_LOSS=0.02\nCHAT_ID=4242\nMOCK=1\nTAKE_PROFIT=\n",
    }[ending]
    assert read(write(tmp_path, f"x.{ending}", written)).settings == {
        "paper.account": "01234567-03",
        "book.stop_loss": "2%",
        "telegram.chat_ids": "4242",
    }


def test_what_is_of_no_use_is_named_and_never_quoted(tmp_path: Path) -> None:
    text = f"APP_KEY={KEY}\nKIS_APP_KEY={KEY[::-1]}\nAPP_SECRET=앱시크릿\nCOLOUR=red\nEMPTY=\n"
    found = read(write(tmp_path, "x.env", text))
    assert found.secrets == {("live", "app_key"): KEY}
    assert found.unused == ["kis_app_key", "app_secret", "colour"]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("x.yaml", "[" * 5_000, "cannot be understood"),
        ("x.yaml", "a: &a\n  b: *a\n", "nested too deep"),
        ("x.yaml", "a: &a [x,x,x,x,x,x,x,x,x]\n"
         + "".join(f"{two}: &{two} [{','.join([f'*{one}'] * 9)}]\n"
                   for one, two in pairwise("abcdefgh")), "too many values"),
        ("x.yaml", "[" * 250_000, "cannot be understood"),
        ("x.yaml", "a" * 300_000, "cannot be understood"),
        ("x.json", "[" * 100_000, "cannot be understood"),
        ("x.json", f'{{"app_key": "{KEY}", }}', r":1: it cannot be understood"),
        ("x.toml", f"app_key = {KEY}", r":1: it cannot be understood"),
    ],
)  # fmt: skip
def test_hostile_files_end_in_one_line(tmp_path: Path, name: str, text: str, why: str) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(DataError, match=why) as caught:
        read(path)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)

"""What other programs' files say."""

from pathlib import Path

import pytest

from maemae.errors import DataError
from maemae.setup.init.found import look, read

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
    assert [found.path for found in look(here, home)] == [
        here / "config/secrets.yaml",
        home / "KIS/config/kis_devlp.yaml",
    ]


def test_a_broken_file_is_named_and_not_quoted(tmp_path: Path) -> None:
    path = write(tmp_path, "kis_devlp.yaml", f'my_app: "ok"\nmy_sec: "{SECRET}\nx: [1\n')
    with pytest.raises(DataError, match=r"kis_devlp\.yaml:\d+: this is no YAML") as caught:
        read(path)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(read(write(tmp_path, "b.yaml", KHMS_SECRETS)))

"""Addresses in the settings: keys and orders go to no place at which others could listen."""

import pytest
from pydantic import ValidationError

from maemae.trader.settings import Settings


@pytest.mark.parametrize("venue", ["live", "paper"])
@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("rest_url", "http://openapi.koreainvestment.com:9443"),
        ("rest_url", "http://192.168.0.9:9443"),
        ("rest_url", "http://127.0.0.1.evil.example"),
        ("rest_url", "http://127.0.0.1@evil.example"),
        ("rest_url", "ftp://127.0.0.1"),
        ("rest_url", "127.0.0.1:9443"),
        ("rest_url", "https://"),
        ("rest_url", "https://["),
        ("ws_url", "ws://192.168.0.9:21000"),
        ("ws_url", "ws://koreainvestment.com.evil.example"),
        ("ws_url", "ws://evilkoreainvestment.com"),
        ("ws_url", "http://127.0.0.1"),
    ],
)
def test_an_address_without_tls_is_refused(venue: str, name: str, url: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({venue: {name: url}})


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("rest_url", ""),
        ("rest_url", "https://elsewhere.example:9443"),
        ("rest_url", "http://127.0.0.1:9443"),
        ("rest_url", "http://localhost:9443"),
        ("rest_url", "http://[::1]:9443"),
        ("ws_url", "wss://elsewhere.example"),
        ("ws_url", "ws://127.0.0.1:9443/tryitout"),
        ("ws_url", "ws://ops.koreainvestment.com:21000"),
    ],
)
def test_others_do(name: str, url: str) -> None:
    assert getattr(Settings.model_validate({"live": {name: url}}).live, name) == url

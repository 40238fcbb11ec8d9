"""The door: nobody passes without a session, and forms of other sites do nothing."""

import os
import socket
from contextlib import closing, suppress
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from maemae.dashboard.door import COOKIE, Door
from maemae.dashboard.entrance import MINUTES, Entrance, Links, running, shown
from maemae.dashboard.server import locks_for
from maemae.dashboard.sessions import WINDOW, WRONG, WRONG_IN_ALL, Lock, Sessions, TooMany
from maemae.errors import ServiceError
from maemae.i18n import Language, set_language
from maemae.trader.face_settings import DashboardSettings

HOST = "http://127.0.0.1:8600"
SOCKET = "ws://127.0.0.1:8600/_nicegui_ws/socket.io/"
RIGHT = "correct horse battery"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(RIGHT)


class Hand:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand for the pages."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1000})
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inside"})


class Place:
    def __init__(self, password_hash: str = HASH, key: str = "", secure: bool = False) -> None:
        self.hand = Hand()
        self.sessions = Sessions(60.0, self.hand)
        self.lock = Lock(password_hash, self.hand)
        self.links = Links(key, self.hand)
        self.entrance = Entrance(HOST, key, "sim")
        door = Door(behind, self.sessions, self.lock, self.links, frozenset({"127.0.0.1"}), secure)
        self.host = HOST.replace("http", "https") if secure else HOST
        self.door = door
        self.web = self.from_address("192.0.2.1")

    def from_address(self, address: str) -> TestClient:
        """Return another browser, at an address."""
        return TestClient(
            self.door, base_url=self.host, follow_redirects=False, client=(address, 50_000)
        )

    def log_in(self, password: str = RIGHT, web: TestClient | None = None, **headers: str) -> int:
        web = web or self.web
        form = web.get("/login").cookies.get("maemae_form")
        fields = {"form": form or "", "password": password}
        return web.post("/login", data=fields, headers={"Origin": self.host} | headers).status_code


@pytest.mark.parametrize("path", ["/", "/orders", "/_nicegui/x.js", "/login/../", "/enter"])
def test_without_a_session_there_is_only_the_login(path: str) -> None:
    answer = Place().web.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_the_password_opens_and_leaving_closes() -> None:
    place = Place()
    assert place.log_in() == 303
    assert place.web.get("/").text == "inside"
    assert place.web.get("/logout").status_code == 405
    assert place.web.post("/logout", headers={"Origin": HOST}).status_code == 303
    assert place.web.get("/").status_code == 303


def test_a_session_ends_when_it_is_not_used() -> None:
    place = Place()
    place.log_in()
    place.hand.at = 59
    assert place.web.get("/").status_code == 200
    place.hand.at = 118
    assert place.web.get("/").status_code == 200
    place.hand.at = 179
    assert place.web.get("/").status_code == 303


def test_wrong_passwords_are_counted_and_then_not_looked_at() -> None:
    place = Place()
    assert [place.log_in("guess") for _ in range(WRONG)] == [401] * WRONG
    assert place.log_in() == 429
    place.hand.at = WINDOW + 1
    assert place.log_in() == 303


def test_wrong_passwords_of_a_stranger_keep_nobody_else_out() -> None:
    place = Place()
    stranger = place.from_address("198.51.100.7")
    assert [place.log_in("guess", stranger) for _ in range(WRONG + 1)] == [401] * WRONG + [429]
    assert place.log_in() == 303


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_nor_whoever_was_in_before_at_the_same_address(address: str) -> None:
    """As behind a proxy that names nobody, or in one household."""
    place = Place()
    owner, near = place.from_address(address), place.from_address(address.replace("::1", "::2"))
    assert place.log_in(web=owner) == 303
    assert owner.post("/logout", headers={"Origin": HOST}).status_code == 303
    for _ in range(WRONG + 1):
        place.log_in("guess", near)
    assert place.log_in(web=near) == 429
    assert place.log_in(web=owner) == 303


def test_nor_a_thousand_addresses_the_one_that_was_in_before() -> None:
    place = Place()
    assert place.log_in() == 303
    for number in range(WRONG_IN_ALL):
        assert not place.lock.opens_by_password("guess", f"198.51.100.{number}")
    with pytest.raises(TooMany):
        place.lock.opens_by_password(RIGHT, "203.0.113.9")
    assert place.log_in() == 303


def test_a_device_that_was_never_in_is_not_believed() -> None:
    place = Place()
    right = place.lock.device()
    name, _, signature = right.partition(".")
    for device in ("", ".", name, f"{name}.", f".{signature}", f"other.{signature}", "\xff.x"):
        for _ in range(WRONG):
            with suppress(TooMany):
                place.lock.opens_by_password("guess", "192.0.2.1", device)
        with pytest.raises(TooMany):
            place.lock.opens_by_password(RIGHT, "192.0.2.1", device)
    assert place.lock.opens_by_password(RIGHT, "192.0.2.1", right)
    assert not Lock("").opens_by_password(RIGHT, "192.0.2.1", right)


def test_a_form_of_another_site_logs_nobody_in_or_out() -> None:
    place = Place()
    assert place.log_in(Origin="https://evil.example") == 403
    assert place.web.post("/login", data={"password": RIGHT}).status_code == 403
    answer = place.web.post("/login", data={"password": RIGHT}, headers={"Origin": HOST})
    assert answer.status_code == 403
    place.log_in()
    assert place.web.post("/logout").status_code == 403
    assert place.web.get("/").status_code == 200


def test_the_cookie_is_for_this_page_alone() -> None:
    place = Place(secure=True)
    form = place.web.get("/login").cookies.get("maemae_form")
    fields = {"form": form, "password": RIGHT}
    answer = place.web.post("/login", data=fields, headers={"Origin": place.host})
    cookie = answer.headers["set-cookie"].lower()
    assert COOKIE in cookie
    for word in ("httponly", "samesite=strict", "secure"):
        assert word in cookie
    assert "max-age" in answer.headers["strict-transport-security"]


def test_security_headers_are_on_every_answer() -> None:
    place = Place()
    for answer in (place.web.get("/login"), place.web.get("/")):
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_another_host_name_is_not_answered() -> None:
    assert Place().web.get("/login", headers={"Host": "evil.example"}).status_code == 403


def test_sockets_need_a_session_and_the_right_origin() -> None:
    place = Place()

    def opens(**headers: str) -> bool:
        try:
            with place.web.websocket_connect(SOCKET, headers=headers):
                return True
        except Exception:  # noqa: BLE001 - the test client says no with several kinds
            return False

    assert not opens(Origin=HOST)
    place.log_in()
    assert opens(Origin=HOST)
    assert not opens(Origin="https://evil.example")
    assert not opens()


def test_nothing_is_uploaded() -> None:
    place = Place()
    place.log_in()
    ours = {"Origin": HOST}
    assert place.web.post("/", headers=ours).status_code == 405
    assert place.web.put("/orders", headers=ours).status_code == 405
    large = b"x" * 70_000
    path = "/_nicegui_ws/socket.io/"
    assert place.web.post(path, content=large, headers=ours).status_code == 413
    assert place.web.post("/login", content=large, headers=ours).status_code == 413


def test_a_link_opens_once_and_the_browser_stays_in() -> None:
    place = Place("", "key")
    link = place.entrance.link(place.hand)
    assert place.web.get(link).headers["location"] == "/"
    assert place.web.get("/").text == "inside"
    assert place.web.get(link).headers["location"] == "/", "who is in may go back to it"
    other = place.from_address("192.0.2.2")
    answer = other.get(link)
    assert answer.status_code == 403
    assert "maemae dashboard link" in answer.text
    assert other.get("/").status_code == 303
    assert other.get(place.entrance.link(place.hand)).headers["location"] == "/"


def test_a_link_opens_for_minutes_only() -> None:
    place = Place("", "key")
    first, second = place.entrance.link(place.hand), place.entrance.link(place.hand)
    place.hand.at = MINUTES * 60 - 1
    assert place.web.get(first).headers["location"] == "/"
    place.hand.at += 1
    assert place.from_address("192.0.2.2").get(second).status_code == 403


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_used_link_says_in_one_sentence_how_to_get_another(
    language: Language,
) -> None:
    place = Place("", "key")
    set_language(language)
    try:
        said = place.web.get("/enter?key=1.2.3").text
        login = place.web.get("/login").text
    finally:
        set_language("en")
    words = {"ko": "이 링크는 이미 썼거나", "en": "This link was used before"}
    assert words[language] in said
    assert said.count("dashboard link") == login.count("dashboard link") == 1


def test_a_link_of_another_key_opens_nothing() -> None:
    place = Place("", "key")
    signed = place.entrance.link(place.hand).rpartition("key=")[2]
    ends, name, signature = signed.split(".")
    forged = Entrance(HOST, "other", "sim").link(place.hand).rpartition("key=")[2]
    later = f"{int(ends) + 60}.{name}.{signature}"
    for made_up in (forged, later, "", ".", "..", f"{ends}.{name}.", "\xff.\ud55c.x", signature):
        assert not place.links.use(made_up)
    assert place.links.use(signed)
    assert not Links("", place.hand).use(Entrance(HOST, "", "sim").link(place.hand))
    assert not Links("", place.hand).use(signed)


def test_only_its_owner_can_read_the_key_and_a_killed_one_gives_no_link(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        entrance = Entrance(f"http://127.0.0.1:{listening.getsockname()[1]}", "key", "sim")
        assert "key" not in repr(entrance)
        with shown(tmp_path, entrance):
            (file,) = tmp_path.iterdir()
            assert os.name != "posix" or file.stat().st_mode & 0o077 == 0
            assert running(tmp_path, None) == running(tmp_path, "sim") == [entrance]
            assert running(tmp_path, "live") == []
            listening.close()
            assert running(tmp_path, None) == []
    assert running(tmp_path, None) == []


@given(st.text(max_size=200))
def test_nothing_that_strangers_make_up_is_a_link(given_key: str) -> None:
    assert not Links("key").use(given_key)


def test_no_link_opens_where_there_is_a_password() -> None:
    place = Place(HASH, "key")
    assert place.web.get(place.entrance.link(place.hand)).headers["location"] == "/login"
    assert Entrance(HOST, "", "sim").link() == HOST


def test_a_dashboard_that_others_reach_needs_a_password() -> None:
    with pytest.raises(ServiceError, match="dashboard password"):
        locks_for(DashboardSettings(behind_proxy=True), "")
    assert locks_for(DashboardSettings(behind_proxy=True), HASH)[1].key == ""
    assert locks_for(DashboardSettings(), "")[1].key


@pytest.mark.parametrize("host", ["192.168.0.9", "::", "maemae.example"])
def test_beyond_this_machine_needs_tls_or_a_proxy(host: str) -> None:
    with pytest.raises(ValueError, match="behind_proxy"):
        DashboardSettings(host=host)
    assert DashboardSettings(host=host, behind_proxy=True).host == host

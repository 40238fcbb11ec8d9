"""What holds of the wire's own parts, whatever is sent."""

import contextlib
from datetime import datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.kis.broker import IV, KEY, encrypt

from maemae.clock import KST
from maemae.kis.crypto import Keys
from maemae.kis.frames import FrameError
from maemae.kis.messages import Ack, Ping, read_message, registration

SECONDS = st.integers(0, 10**9).map(lambda s: datetime(2000, 1, 1, tzinfo=KST) + timedelta(0, s))


@given(st.text())
def test_what_was_encrypted_is_read_back(text: str) -> None:
    assert Keys(KEY, IV).decrypt(encrypt(text)) == text


@given(SECONDS)
def test_the_time_of_a_pingpong_is_read_to_the_second(at: datetime) -> None:
    said = f'{{"header": {{"tr_id": "PINGPONG", "datetime": "{at:%Y%m%d%H%M%S}"}}}}'
    assert read_message(said) == Ping(at)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5), st.text())
def test_a_message_is_read_or_refused_and_nothing_else(time: object, text: str) -> None:
    for said in (
        text,
        msgspec.json.encode({"header": {"tr_id": "PINGPONG", "datetime": time}}).decode(),
        msgspec.json.encode({"header": {"tr_id": text}, "body": {"msg_cd": time}}).decode(),
        registration(text, text, text),
    ):
        with contextlib.suppress(FrameError):
            assert isinstance(read_message(said), Ack | Ping)

"""Coverage-guided fuzzing of everything that decodes what the broker sends (`make soak`).

Whatever the bytes, the outcome is an event, a record or one of the wire's own errors; anything
else is a crash that atheris reports. What comes out as a trade or a notice must make sense.
"""

import json
import sys
from collections.abc import Sequence
from datetime import datetime

import atheris

with atheris.instrument_imports(include=["maemae"]):
    from maemae import catalogue
    from maemae.clock import KST
    from maemae.errors import WireError
    from maemae.kis import Notice, Tick
    from maemae.kis.crypto import Keys
    from maemae.kis.decoding import decode_frame
    from maemae.kis.frames import FrameError
    from maemae.kis.messages import read_message
    from maemae.kis.notices import decode_notices, decode_overseas
    from maemae.kis.saved import READERS, decode_reply, read_saved_reply

NOW = datetime(2022, 6, 2, 9, 30, tzinfo=KST)
ACCOUNT = "12345678-01"
KEYS = Keys("abcdefghijklmnopabcdefghijklmnop", "0123456789abcdef")
FEEDS = [tr for feed in catalogue.all_streams() for tr in feed.tr_ids.values()]
ENDPOINTS = [catalogue.rest(name) for name in READERS]


def check(event: object) -> None:
    if isinstance(event, Tick):
        assert len(event.code) in (6, 7)
        assert event.price is None or event.price > 0
        assert min(event.quantity, event.volume) >= 0
        assert event.at.tzinfo is KST
    if isinstance(event, Notice):
        assert event.order_no
        assert event.at.tzinfo is KST


TICK = "005930^093354^71900^5^-100^-0.14^72023.83^72100^72400^71700^71900^71800^1^3052507^2^3"
TICK += "^4^5^84.90^6^7^1^0.39^20.28^090020^5^-200^090820^5^-500^092619^2^200^20230612^20^N^6"
TICK += "^7^8^9^0.05^2424142^125.92^0^^72100"
NOTICE = "me^1234567801^0000004126^^02^0^00^0^005930^0000000003^000071900^093000^0^2^2^00950"
NOTICE += "^000000010^name^^1^Y^^10^^stock^000072000"
OVERSEAS = "me^12345678^3567^^02^0^1^7203^0000000100^000032200^^0^1^1^^^name^stock^D^10^^^^"
ACK = '{"header":{"tr_id":"H0STCNT0","tr_key":"005930","encrypt":"N"},"body":{"rt_cd":"0",'
ACK += '"msg_cd":"OPSP0000","msg1":"SUBSCRIBE SUCCESS","output":{"iv":"0","key":"a"}}}'
VALUES = ["71900", "00000138600.0000", "  -100.0000", "", " ", "(null)", "20220602", "093000", "Y"]
VALUES += ["005930", "00000A005930", "01", "x", "1e5", "5,000", "-00061000", "9" * 30]
TOKENS = ["^", "|", "", "0", "-", " ", "(null)", "{", "}", '"', "\\u", "null", "[", "]", ","]


def mutated(provider: "atheris.FuzzedDataProvider", text: str) -> str:
    """Cut and splice a good text as the fuzzer likes."""
    for _ in range(provider.ConsumeIntInRange(0, 6)):
        at = provider.ConsumeIntInRange(0, len(text))
        cut = provider.ConsumeIntInRange(0, 12)
        splice = provider.PickValueInList([*TOKENS, provider.ConsumeUnicodeNoSurrogates(6)])
        text = text[:at] + splice + text[at + cut :]
    return text


def reply(provider: "atheris.FuzzedDataProvider", endpoint: "catalogue.RestEndpoint") -> bytes:
    """Write a reply with the documented fields and values as the fuzzer likes."""
    body: dict[str, object] = {"rt_cd": provider.PickValueInList(["0", "0", "0", "1", ""])}
    for block in endpoint.blocks:
        row = {
            field.name: provider.PickValueInList(VALUES)
            for field in block.fields
            if provider.ConsumeProbability() < 0.95
        }
        body[block.name] = [row] if provider.ConsumeBool() else row
    return (
        mutated(provider, json.dumps(body)).encode()
        if provider.ConsumeBool()
        else (json.dumps(body).encode())
    )


def fuzz_one(data: bytes) -> None:
    provider = atheris.FuzzedDataProvider(data)
    count = provider.ConsumeIntInRange(1, 3)
    events: Sequence[object]
    try:
        match provider.ConsumeIntInRange(0, 5):
            case 0:
                frame = f"0|H0STCNT0|{count:03d}|" + "^".join([TICK] * count)
                events = decode(mutated(provider, frame))
            case 1:
                feed = provider.PickValueInList(FEEDS)
                rest = provider.ConsumeUnicodeNoSurrogates(400)
                events = decode(f"{count % 2}|{feed}|{count:03d}|{rest}")
            case 2:
                events = decode_notices(
                    mutated(provider, "^".join([NOTICE] * count)), count, ACCOUNT, NOW
                )
            case 3:
                events = decode_overseas(
                    mutated(provider, "^".join([OVERSEAS] * count)), count, ACCOUNT, NOW
                )
            case 4:
                events = [read_message(mutated(provider, ACK))]
            case _:
                endpoint = provider.PickValueInList(ENDPOINTS)
                saved = read_saved_reply(reply(provider, endpoint))
                events = list(decode_reply(endpoint, saved).rows)
    except (FrameError, WireError):
        return
    for event in events:
        check(event)


def decode(text: str) -> list[object]:
    return list(decode_frame(text, keys=KEYS, account=ACCOUNT, now=NOW).events)


if __name__ == "__main__":
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()

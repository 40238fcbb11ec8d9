"""The exchange's journal takes no more than its bytes, and says what a reader has missed."""

from hypothesis import given
from hypothesis import strategies as st

from maemae.exchange.journal import Journal

WRITES = st.lists(st.tuples(st.sampled_from(["call", "frame"]), st.integers(0, 300)), max_size=60)


@given(WRITES, st.integers(0, 5_000), st.integers(-5, 70), st.sampled_from(["", "call"]))
def test_a_reader_gets_what_is_there_and_hears_of_the_rest(
    writes: list[tuple[str, int]], most: int, since: int, what: str
) -> None:
    journal, all_of_it = Journal(most), Journal()
    for kind, size in writes:
        for one in (journal, all_of_it):
            one.write(0, kind, text="x" * size)
    found = journal.since(since, what)
    missed = found.pop(0)["count"] if found and found[0]["what"] == "missed" else 0
    there = {one["number"] for one in found}
    wanted = all_of_it.since(since, what)
    assert found == [one for one in wanted if one["number"] in there]
    after = [one for one in all_of_it.since(since) if one["number"] not in there]
    lost = [one for one in after if what == "" or one["what"] == what]
    assert len(lost) <= missed <= len(writes)
    if what == "":
        assert missed == len(lost)


def test_a_bounded_one_keeps_the_latest_and_counts_the_others() -> None:
    journal = Journal(most=10_000)
    for number in range(100):
        journal.write(0, "call", path="/quote", number_of=number)
    first, *rest = journal.since(0)
    assert first == {"number": 100 - len(rest), "what": "missed", "count": 100 - len(rest)}
    assert [one["number_of"] for one in rest] == list(range(100 - len(rest), 100))
    assert len(rest) < 50
    assert journal.since(rest[-3]["number"], "call") == rest[-2:]
    assert journal.since(10**30) == []


def test_an_unbounded_reader_misses_nothing() -> None:
    journal = Journal()
    journal.write(0, "call", path="/quote")
    assert [one["what"] for one in journal.since(0)] == ["call"]
    assert journal.since(0, "frame") == []


def test_what_no_text_can_hold_is_kept_too() -> None:
    journal = Journal()
    journal.write(0, "call", path="/\udc80")
    assert journal.since(0)[0]["path"] == "/\udc80"

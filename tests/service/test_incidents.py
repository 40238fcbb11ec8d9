"""Every kind of incident is in both tables: how much it matters, and what is told of it."""

import re
from datetime import datetime

import pytest
from tests.test_korean import kinds

from maemae.clock import KST
from maemae.desk import records as rec
from maemae.desk.incidents import INCIDENTS, Severity, severity
from maemae.i18n import set_language
from maemae.service import incidents
from maemae.service.history import incident


def test_what_the_source_reports_is_declared_and_has_words() -> None:
    assert kinds() <= INCIDENTS.keys()
    assert incidents.TOLD.keys() == INCIDENTS.keys()


@pytest.mark.parametrize("kind", INCIDENTS)
def test_each_is_said_in_both_languages(kind: str) -> None:
    english = incidents.title(kind), incidents.todo(kind)
    set_language("ko")
    for said, other in zip((incidents.title(kind), incidents.todo(kind)), english, strict=True):
        assert said != other
        assert re.search("[가-힣]", said)


def test_a_search_that_was_cut_is_told_in_words() -> None:
    at = datetime(2026, 3, 3, 10, tzinfo=KST)
    line = incident(rec.Incident(at=at, kind="search_cut", detail="scalper: 3, 100"))
    assert line.detail == "scalper: condition search 3 found 100 names"


def test_good_news_is_no_error() -> None:
    at = datetime(2026, 3, 3, 10, tzinfo=KST)
    assert incident(rec.Incident(at=at, kind="books_agree", detail="")).level is Severity.INFO
    assert incident(rec.Incident(at=at, kind="exit_refused", detail="")).level is Severity.ERROR
    assert severity("of an older maemae") is Severity.ERROR

"""What is left open is ordered by what the words of the report are about, and nothing else is."""

from __future__ import annotations

import pytest

from crauth_doctor.diagnosis.topics import TIMES, likelier_of
from crauth_doctor.evidence import read
from crauth_doctor.workflows.explain import explain


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("The browser shows a CORS error", "token/preflight"),
        ("Our Eventarc trigger does not arrive", "mint/agent-cannot-mint"),
        ("Since we redeployed, the invoker is gone", "iam/binding-lost"),
        ("It is called through a VPC connector", "ingress/outside-vpc"),
        ("We log in with Auth0", "token/foreign-issuer"),
        ("The audience is set", "token/audience-unknown"),
    ],
)
def test_words_make_a_cause_likelier(words: str, cause: str) -> None:
    assert likelier_of(read(words)).get(cause) == TIMES
    with_words = [each.rule for each in explain(f"{words}. It gives HTTP 403.\n").diagnosis.open]
    without = [each.rule for each in explain("It gives HTTP 403.\n").diagnosis.open]
    assert set(with_words) == set(without)
    if cause in without:
        assert with_words.index(cause) <= without.index(cause)


def test_no_words() -> None:
    assert not likelier_of(None)
    assert not likelier_of(read("It does not work"))

"""No dead end: whatever is given and not explained, something is asked that the reader can answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crauth_doctor.diagnosis import diagnose
from crauth_doctor.evidence import read
from crauth_doctor.model.asks.sayable import BY_NAME
from crauth_doctor.model.finding import Conclusion
from crauth_doctor.workflows.context import said_of
from crauth_doctor.workflows.explain import facts_of
from tests.built_in import documents
from tests.properties.subjects import given as given_cases

PASTES = {name: document.get("evidence", "") for name, document in documents().items()}


def goes_on(text: str) -> bool:
    """Whether there is a cause, or a question whose answers can be said."""
    found = diagnose(facts_of(read(text)))
    if found.cause is not None or found.conclusion is Conclusion.CLEAR:
        return True
    for ask in found.asks:
        assert not BY_NAME[ask.fact].values or len(ask.replies) > 1, ask
        for reply in ask.replies:
            said_of((f"{ask.fact}={reply.value}",))
    return bool(found.asks)


@pytest.mark.parametrize("name", [name for name, paste in PASTES.items() if paste])
def test_a_paste_and_its_cuts_end_in_a_cause_or_a_question(name: str) -> None:
    lines = PASTES[name].splitlines()
    third = max(len(lines) // 3, 1)
    for part in (lines, lines[:third], lines[third : 2 * third], lines[2 * third :]):
        assert goes_on("\n".join(part)), part


@pytest.mark.parametrize("paste", [pytest.param(one.evidence, id=one.name) for one in given_cases() if one.evidence])
def test_the_paste_of_a_given_case_and_its_cuts_end_so_or_leave_one_cause_by_name(paste: str) -> None:
    lines = paste.splitlines()
    third = max(len(lines) // 3, 1)
    for part in ("\n".join(some) for some in (lines, lines[:third], lines[third : 2 * third], lines[2 * third :])):
        assert goes_on(part) or len(diagnose(facts_of(read(part))).open) == 1, part


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.text(max_size=200))
def test_so_does_any_text(text: str) -> None:
    assert goes_on(text)


@pytest.mark.parametrize(
    "line",
    [
        "403 Client Error: Forbidden for url: https://orders-abc123-uc.a.run.app/v1",
        "401 Client Error: Unauthorized for url: https://api.example.com/",
        "404 Not Found",
        "The request was not authenticated.",
        "Error: Forbidden Your client does not have permission to get URL / from this server.",
    ],
)
def test_one_line_is_no_dead_end(line: str) -> None:
    assert goes_on(line)
    assert diagnose(facts_of(read(line))).conclusion is not Conclusion.UNEXPLAINED


def test_a_deploy_that_could_not_let_everybody_in_is_open_beside_what_the_call_gets() -> None:
    said = "Unable to set the invoker for the IAM policy on the following functions:\n        weigh(asia-southeast2)\n"
    found = diagnose(facts_of(read(said)))
    assert found.open[0].rule == "iam/public-not-applied"
    assert found.asks[0].fact == "status"

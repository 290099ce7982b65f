"""Nothing of a load balancer's is the cause of a call to a URL that Cloud Run made."""

from __future__ import annotations

import pytest

from crauth_doctor.model.asks.said import Said
from crauth_doctor.model.finding import Diagnosis
from crauth_doctor.workflows.explain import explain

LINE = "{status} Client Error: x for url: https://{host}/v1"
OF_A_LOAD_BALANCER = {"reach/cloud-armor", "reach/url-mask", "reach/domain-not-ready"}


def judged(status: int, host: str, *said: tuple[str, str]) -> Diagnosis:
    return explain(LINE.format(status=status, host=host), Said(said)).diagnosis


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("host", ["orders-abc123-uc.a.run.app", "orders-123456789012.us-central1.run.app"])
def test_it_is_not_left_open(status: int, host: str) -> None:
    assert not OF_A_LOAD_BALANCER & {each.rule for each in judged(status, host).open}
    assert OF_A_LOAD_BALANCER & {each.rule for each in judged(status, "api.example.com").open}


def test_a_body_that_a_library_left_out_is_not_its_refusal() -> None:
    found = judged(403, "orders-abc123-uc.a.run.app", ("answer", "bare"))
    assert found.cause is None
    assert [(each.fact, each.said) for each in found.gainsaid] == [("answer", "bare")]
    own = judged(403, "api.example.com", ("answer", "bare"))
    assert own.cause is not None
    assert own.cause.rule == "reach/cloud-armor"


@pytest.mark.parametrize(("host", "offered"), [("orders-abc123-uc.a.run.app", False), ("api.example.com", True)])
def test_nor_is_it_offered_as_an_answer(host: str, offered: bool) -> None:
    ask = next(each for each in judged(403, host).asks if each.fact == "answer")
    assert ("bare" in {reply.value for reply in ask.replies}) == offered

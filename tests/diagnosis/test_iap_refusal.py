"""What refuses a call at Identity-Aware Proxy: the token, unless it asks a program to sign in."""

from __future__ import annotations

import pytest

from crauth_doctor.model.asks.said import Said
from crauth_doctor.workflows.explain import explain

LINE = "401 Client Error: Unauthorized for url: https://api.example.com/v1"


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ((), "iap/wrong-token"),
        ((("token-kind", "id-token"),), "iap/wrong-token"),
        ((("iap-fault", "token"),), "iap/wrong-token"),
        ((("iap-fault", "sign-in"),), "iap/intercepts-iam"),
    ],
)
def test_its_401(said: tuple[tuple[str, str], ...], cause: str) -> None:
    found = explain(LINE, Said((("answer", "iap"), *said))).diagnosis
    assert found.cause is not None
    assert found.cause.rule == cause
    left = {each.rule for each in found.open}
    assert left == (set() if cause == "iap/intercepts-iam" else {"iap/wrong-token", "iap/intercepts-iam"})


def test_where_both_are_left_it_is_asked_which() -> None:
    found = explain(LINE, Said((("log", "nothing"), ("token-sent", "yes")))).diagnosis
    assert "iap-fault" in [each.fact for each in found.asks]

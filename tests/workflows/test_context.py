"""What is said is read as it was meant, and what is said wrong is told with what there is."""

from __future__ import annotations

import re

import pytest

from crauth_doctor.model.asks.sayable import SAYABLE, example_of
from crauth_doctor.workflows.context import MisuseError, said_of


def test_every_fact_can_be_said() -> None:
    said = said_of(tuple(f"{fact.name}={example_of(fact)}" for fact in SAYABLE))
    assert said.pairs == tuple((fact.name, example_of(fact)) for fact in SAYABLE)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tken-sent=no", "Did you mean token-sent"),
        ("token-sent=nay", "Say one of: no, yes"),
        ("meant=pub", "Did you mean public"),
        ("meant", "such as meant=public"),
        ("audience=", "such as audience=https://"),
        ("audience=a\x1b[31m", "say a value of audience"),
        ("zzz=1", "What can be said: url, status"),
    ],
)
def test_what_is_said_wrong_is_told_with_what_there_is(text: str, told: str) -> None:
    with pytest.raises(MisuseError, match=re.escape(told)):
        said_of((text,))


def test_what_is_said_last_counts() -> None:
    assert said_of(("meant=public", "MEANT=Private")).pairs == (("meant", "private"),)


@pytest.mark.parametrize(("said", "means"), [("403", "403"), ("503", "server-error"), ("302", "other")])
def test_any_status_can_be_said_as_it_was_got(said: str, means: str) -> None:
    assert said_of((f"status={said}",)).pairs == (("status", means),)

"""Each stage that passes says by what, as far as something shows it."""

from __future__ import annotations

import pytest

from crauth_doctor.model.finding import Stage
from crauth_doctor.model.iam import Troubleshot
from crauth_doctor.workflows.reports.from_facts import details_of
from tests.rules.scenes import bind, facts, policies

IN_A_GROUP = policies(bind("group:callers@example.com"))


@pytest.mark.parametrize(
    ("own", "allowed", "note"),
    [
        (IN_A_GROUP, True, "Policy Troubleshooter"),
        (IN_A_GROUP, False, None),
        (IN_A_GROUP, None, None),
        (policies(bind("serviceAccount:checkout@shop-prod.iam.gserviceaccount.com")), True, "run.invoker"),
        (policies(bind("allUsers")), True, "no check"),
    ],
)
def test_by_what_iam_lets_the_caller_in(own: object, allowed: bool | None, note: str | None) -> None:
    notes = details_of(facts(policies=own, troubleshot=Troubleshot(allowed))).notes
    assert (notes[Stage.IAM].fact if Stage.IAM in notes else None) == note

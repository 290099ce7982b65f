"""Who asks for a token and gets none may make no call, even where nobody asks for the token."""

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.diagnosis.witness import witnesses
from crauth_doctor.model.caller import Caller, CallerKind
from crauth_doctor.model.fact import Absent
from crauth_doctor.model.finding import Stage, Sureness
from crauth_doctor.model.iam import Account
from tests.rules.scenes import EMAIL, HERE, bind, facts, policies

DISABLED = {"account": Account(EMAIL, disabled=True)}
SENDS_NONE = {"principal": Absent(HERE), "account": Absent(HERE), "token": Absent(HERE)}


@pytest.mark.parametrize(
    ("kind", "changed", "sure"),
    [
        (CallerKind.WORKFLOW, DISABLED, Sureness.NOT_SHOWN),
        (CallerKind.WORKFLOW, {"account": Absent(HERE)}, Sureness.NOT_SHOWN),
        (CallerKind.WORKFLOW, SENDS_NONE, Sureness.NEEDLESS),
        (CallerKind.CLOUD_RUN_JOB, DISABLED, Sureness.NOT_SHOWN),
        (CallerKind.SCHEDULER, DISABLED, Sureness.NEEDLESS),
    ],
)
def test_a_public_service_is_not_called_by_who_fails_before(
    kind: CallerKind, changed: dict[str, Any], sure: Sureness
) -> None:
    known = facts(caller=Caller("x", kind), policies=policies(bind("allUsers")), **changed)
    assert witnesses(known)[Stage.MINT].sureness is sure

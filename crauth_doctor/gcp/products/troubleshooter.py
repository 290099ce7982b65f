"""Policy Troubleshooter: Google's own answer to whether a principal has a permission.

It sees into groups that the operator may not list, and evaluates conditions and deny policies.
Documentation: https://docs.cloud.google.com/policy-intelligence/docs/troubleshoot-access
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from ...google_json.json_access import Json, NotUnderstoodError
from ...google_json.policies import ACCESS
from ...model.fact import Fact, Known, Obstacle, Source, Unknown
from ...model.iam import INVOKE
from ..door import Door
from ..methods import TROUBLESHOOT
from ..rest import get

READ: Final = TROUBLESHOOT.read

_OPEN: Final = {
    "UNKNOWN_INFO": "Policy Troubleshooter may not see all that it needs: roles/iam.securityReviewer shows it",
    "UNKNOWN_CONDITIONAL": "Policy Troubleshooter cannot evaluate a condition on the request",
}


def may_invoke(google: Door, email: str, resource: str) -> Fact[bool]:
    """Ask whether a Google account or service account may invoke a service, by its full resource name."""
    source = Source(READ, resource)
    moment = f"{datetime.fromtimestamp(google.now().value, UTC):%Y-%m-%dT%H:%M:%SZ}"
    wanted = {
        "principal": email,
        "fullResourceName": resource,
        "permission": INVOKE,
        "conditionContext": {"request": {"receiveTime": moment}},  # for conditions on the time
    }
    state = get(google, TROUBLESHOOT, resource, _state, body={"accessTuple": wanted})
    if not isinstance(state, Known):
        return state
    answer = ACCESS.get(state.value)
    if answer is None:
        detail = _OPEN.get(state.value, f"Policy Troubleshooter answered {state.value}")
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, detail)
    return Known(answer, source)


def _state(found: Json) -> str:
    state = found.get("overallAccessState")
    if not isinstance(state, str):
        raise NotUnderstoodError("an answer without an access state")
    return state

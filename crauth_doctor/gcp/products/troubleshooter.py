"""Policy Troubleshooter: Google's own answer to whether a principal has a permission.

It sees into groups that the operator may not list, and evaluates conditions and deny policies.
Documentation: https://docs.cloud.google.com/policy-intelligence/docs/troubleshoot-access
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from ...google_json.json_access import Json
from ...google_json.policies import troubleshot
from ...model.fact import Fact, Known, Obstacle, Source, Unknown
from ...model.iam import INVOKE, Troubleshot
from ..door import Door
from ..methods import TROUBLESHOOT
from ..rest import get

READ: Final = TROUBLESHOOT.read

_OPEN: Final = {
    "UNKNOWN_INFO": "Policy Troubleshooter may not see all that it needs: roles/iam.securityReviewer shows it",
    "UNKNOWN_CONDITIONAL": "Policy Troubleshooter cannot evaluate a condition on the request",
}


def may_invoke(google: Door, email: str, resource: str) -> Fact[Troubleshot]:
    """Ask whether a Google account or service account may invoke a service, by its full resource name."""
    source = Source(READ, resource)
    moment = f"{datetime.fromtimestamp(google.now().value, UTC):%Y-%m-%dT%H:%M:%SZ}"
    wanted = {
        "principal": email,
        "fullResourceName": resource,
        "permission": INVOKE,
        "conditionContext": {"request": {"receiveTime": moment}},  # for conditions on the time
    }
    answer = get(google, TROUBLESHOOT, resource, _answer, body={"accessTuple": wanted})
    if not isinstance(answer, Known):
        return answer
    state, found = answer.value
    if found is None:
        detail = _OPEN.get(state, f"Policy Troubleshooter answered {state}")
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, detail)
    return Known(found, answer.source)


def _answer(found: Json) -> tuple[str, Troubleshot | None]:
    return str(found.get("overallAccessState")), troubleshot(found)

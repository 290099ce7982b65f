"""Where a service asks for no token, nothing that keeps a caller from getting one is known to stop the call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crauth_doctor.diagnosis import diagnose
from crauth_doctor.model.caller import Caller, CallerKind, Federation, Sending
from crauth_doctor.model.exported import TokenSetting, TokenType
from crauth_doctor.model.fact import Absent
from crauth_doctor.model.finding import Conclusion, Stage, Verdict
from crauth_doctor.model.iam import Account, AllowPolicies, PolicyAt
from crauth_doctor.rules import ALL
from tests.rules.scenes import EMAIL, HERE, ON_SERVICE, SERVICE, bind, facts, policies, unread

OPEN = replace(SERVICE, checks_iam=False)
BY_ID = {rule.id: rule for rule in ALL}
AGENT = "serviceAccount:service-1@gcp-sa-cloudscheduler.iam.gserviceaccount.com"
SENT = Sending("Cloud Scheduler", SERVICE.url, TokenSetting(TokenType.OIDC, EMAIL), agent=AGENT)
WITHOUT: list[tuple[str, dict[str, Any]]] = [
    ("mint/account-missing", {"account": Absent(HERE)}),
    ("mint/account-disabled", {"account": Account(EMAIL, disabled=True)}),
    ("mint/agent-cannot-mint", {"sending": SENT, "minting": policies()}),
    ("mint/gke-no-identity", {"caller": Caller("gke/a", CallerKind.GKE), "principal": Absent(HERE)}),
    (
        "mint/no-id-token-credentials",
        {"caller": Caller("gce/z/a", CallerKind.COMPUTE_ENGINE), "principal": Absent(HERE)},
    ),
    ("mint/federation-denied", {"federation": Federation(misfit=("no mapping",))}),
]


@pytest.mark.parametrize(("id", "changed"), WITHOUT, ids=[id for id, _ in WITHOUT])
def test_no_token_stops_nobody_where_none_is_asked_for(id: str, changed: dict[str, Any]) -> None:
    assert BY_ID[id].ask(facts(**changed)).verdict is Verdict.BLOCKS
    assert BY_ID[id].ask(facts(**changed, service=OPEN)).verdict is Verdict.UNKNOWN


def test_code_whose_account_is_gone_is_not_clear() -> None:
    found = diagnose(facts(service=OPEN, account=Absent(HERE), caller=Caller("run/a", CallerKind.CLOUD_RUN_SERVICE)))
    assert found.conclusion is Conclusion.UNDECIDED
    assert next(step for step in found.steps if step.stage is Stage.MINT).verdict is Verdict.UNKNOWN
    assert any("does not exist" in one for one in found.explanations)


@pytest.mark.parametrize(
    ("own", "conclusion"),
    [
        (policies(bind("allUsers")), Conclusion.CLEAR),
        (policies(bind("allUsers", condition="request.path == '/'")), Conclusion.CLEAR),
        (policies(bind(AGENT)), Conclusion.EXPECTED),
        (policies(bind("allUsers", condition="a.b(")), Conclusion.LIKELY),
        (replace(policies(), chain=(PolicyAt(ON_SERVICE, unread()),)), Conclusion.LIKELY),
    ],
)
def test_that_no_token_is_sent_matters_where_the_policy_is_known_to_ask_for_one(
    own: AllowPolicies, conclusion: Conclusion
) -> None:
    bare = Sending("Cloud Scheduler", SERVICE.url, TokenSetting(TokenType.NONE))
    nobody = {"principal": Absent(HERE), "token": Absent(HERE), "minted": Absent(HERE), "calls": unread("call")}
    caller = Caller("scheduler/a", CallerKind.SCHEDULER)
    found = diagnose(facts(**nobody, sending=bare, caller=caller, policies=own))
    assert found.conclusion is conclusion

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.iam.allow import may
from crauth_doctor.iam.conditions import RequestAttributes
from crauth_doctor.iam.roles import GET_OPEN_ID_TOKEN
from crauth_doctor.model.answer import CannotTell, No, Yes
from crauth_doctor.model.fact import Absent, Unknown
from crauth_doctor.model.facts import Facts
from crauth_doctor.model.iam import Principal

from ..conftest import CHECKOUT, CRM, IAM, NUMBER, Ask
from .scenes import DEFAULT, SENDER, agent, policies, scheduler, value

ACCOUNT = f"{IAM}serviceAccounts/{SENDER}"
AGENT = agent("cloudscheduler")


def may_mint(facts: Facts) -> Any:
    minter = Principal(value(facts.sending).agent)
    return may(value(facts.minting), minter, RequestAttributes("/", "h", None), GET_OPEN_ID_TOKEN)


def bound(role: str, where: str = ACCOUNT) -> dict[str, Any]:
    return {where: {"bindings": [{"role": role, "members": [AGENT]}]}}


@pytest.mark.parametrize(
    ("iam", "expected"),
    [
        (policies("cloudscheduler"), Yes),
        (policies(), No),
        (policies("cloudscheduler", role="roles/editor"), No),
        (policies("pubsub"), No),
        (bound("roles/iam.serviceAccountOpenIdTokenCreator"), Yes),
        (bound("roles/iam.serviceAccountTokenCreator"), Yes),
        (bound("roles/iam.serviceAccountUser"), No),
        (bound("roles/cloudscheduler.serviceAgent", f"{CRM}folders/77"), Yes),
        (bound("projects/shop-prod/roles/minter"), Yes),
        (bound("roles/aiplatform.serviceAgent"), Yes),
        (bound("roles/monitoring.notificationServiceAgent"), No),
    ],
)
def test_who_may_mint(ask: Ask, iam: dict[str, Any], expected: type) -> None:
    custom = {f"{IAM}roles/minter": {"includedPermissions": [GET_OPEN_ID_TOKEN], "stage": "GA"}}
    facts, _ = ask(caller="scheduler/nightly", resources=scheduler() | custom, iam=iam)
    assert isinstance(may_mint(facts), expected)


@pytest.mark.parametrize(
    "permission", ["iam.serviceAccounts.getIamPolicy", "resourcemanager.projects.getIamPolicy", "iam.roles.get"]
)
def test_what_may_not_be_read_is_not_known(ask: Ask, permission: str) -> None:
    world = {"operator": {"principal": "user:dev@example.com", "lacks": [permission]}}
    iam = bound("projects/shop-prod/roles/x") | policies()
    facts, _ = ask(caller="scheduler/nightly", resources=scheduler(), iam=iam, world=world)
    answer = may_mint(facts)
    assert isinstance(answer, CannotTell)
    assert permission in {unread.permission for unread in answer.missing}


def test_an_agent_whose_project_may_not_be_read(ask: Ask) -> None:
    world = {"operator": {"principal": "user:dev@example.com", "lacks": ["resourcemanager.projects.get"]}}
    facts, _ = ask(caller="scheduler/nightly", resources=scheduler(), iam=policies("cloudscheduler"), world=world)
    assert value(facts.sending).agent is None
    assert isinstance(facts.minting, Unknown)
    assert facts.minting.permission == "resourcemanager.projects.get"


def test_an_account_of_another_project_is_judged_there(ask: Ask) -> None:
    email = "batch@ops.iam.gserviceaccount.com"
    resources = scheduler(oidcToken={"serviceAccountEmail": email}) | {
        f"{CRM}projects/ops": {"name": "projects/99", "projectId": "ops", "parent": "folders/77"},
        f"//iam.googleapis.com/projects/ops/serviceAccounts/{email}": {},
    }
    iam = policies("cloudscheduler")
    facts, _ = ask(caller="scheduler/nightly", resources=resources, iam=iam)
    chain = [at.resource.rsplit("/", 1)[-1] for at in value(facts.minting).chain]
    assert chain == [email, "ops", "77", "9"]
    assert isinstance(may_mint(facts), No)
    there = {f"{CRM}projects/ops": iam[f"{CRM}projects/shop-prod"]}
    facts, _ = ask(caller="scheduler/nightly", resources=resources, iam=there)
    assert isinstance(may_mint(facts), Yes)


def test_a_default_account_belongs_to_the_senders_project(ask: Ask) -> None:
    resources = scheduler(oidcToken={"serviceAccountEmail": DEFAULT}) | {
        f"//iam.googleapis.com/projects/{NUMBER}/serviceAccounts/{DEFAULT}": {}
    }
    facts, box = ask(caller="scheduler/nightly", resources=resources, iam=policies("cloudscheduler"))
    assert isinstance(may_mint(facts), Yes)
    assert not [one for one in box.requests if f"projects/{NUMBER}:getIamPolicy" in one.path]


def test_callers_without_an_agent(ask: Ask) -> None:
    for caller in (CHECKOUT, "run/frontend", "browser"):
        assert isinstance(ask(caller=caller)[0].minting, Absent)

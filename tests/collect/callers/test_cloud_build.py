from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.collect.unanswerable import UnanswerableError
from crauth_doctor.model.caller import CallerKind, Origin, Place
from crauth_doctor.model.fact import Absent, Known, Obstacle, Unknown

from ..conftest import NUMBER, Ask
from .scenes import ACCOUNT, DEFAULT, MEMBER, SENDER, L, P, member, value

BUILD = "//cloudbuild.googleapis.com/"
GLOBAL = f"{P}/locations/global"
LEGACY = f"{NUMBER}@cloudbuild.gserviceaccount.com"
COMPUTE: dict[str, Any] = {f"//iam.googleapis.com/{P}/serviceAccounts/{DEFAULT}": {}}
INLINE: dict[str, Any] = {"build": {"steps": []}}


def trigger_of(where: str = L, account: str | None = SENDER, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"name": "deploy", "id": "b3f1", "resourceName": f"{where}/triggers/b3f1", **INLINE}
    if account:
        found["serviceAccount"] = f"{P}/serviceAccounts/{account}"
    return ACCOUNT | {f"{BUILD}{where}/triggers/deploy": found | more}


def default_of(email: str = "", where: str = L) -> dict[str, Any]:
    told = {"serviceAccountEmail": f"{P}/serviceAccounts/{email}"} if email else {}
    return {f"{BUILD}{where}/defaultServiceAccount": told}


LACKS = {"operator": {"principal": "user:dev@example.com", "lacks": ["cloudbuild.builds.get"]}}


@pytest.mark.parametrize(
    ("asked", "resources"),
    [
        ("build/deploy", trigger_of()),
        ("build/deploy", trigger_of(GLOBAL)),
        (f"build/{P}/triggers/deploy", trigger_of(GLOBAL)),
        (f"{BUILD}{L}/triggers/deploy", trigger_of() | trigger_of(GLOBAL, "other@shop-prod.iam.gserviceaccount.com")),
        ("build/deploy", trigger_of(account=None, build={"serviceAccount": f"{P}/serviceAccounts/{SENDER}"})),
    ],
)
def test_a_trigger_with_an_account(ask: Ask, asked: str, resources: dict[str, Any]) -> None:
    facts, _ = ask(caller=asked, resources=resources)
    assert (value(facts.caller).kind, member(facts)) == (CallerKind.CLOUD_BUILD, MEMBER)
    assert value(facts.origin) == Origin(Place.INTERNET, "shop-prod")


@pytest.mark.parametrize("asked", ["build/deploy", "build/default"])
@pytest.mark.parametrize("email", [DEFAULT, LEGACY])
def test_without_an_account_it_is_the_default_that_cloud_build_tells(ask: Ask, asked: str, email: str) -> None:
    facts, _ = ask(caller=asked, resources=trigger_of(account=None) | default_of(email))
    assert member(facts) == f"serviceAccount:{email}"
    assert value(facts.origin).place is Place.INTERNET


def test_there_may_be_no_default(ask: Ask) -> None:
    facts, _ = ask(caller="build/default", resources=default_of())
    assert isinstance(facts.principal, Absent)
    assert "no account by default" in facts.principal.source.target


def test_where_the_default_is_not_told_both_are_named(ask: Ask) -> None:
    facts, _ = ask(caller="build/default", resources=default_of(DEFAULT) | COMPUTE, world=LACKS)
    assert isinstance(facts.principal, Unknown)
    assert DEFAULT in facts.principal.detail
    assert LEGACY in facts.principal.detail
    assert facts.principal.permission == "cloudbuild.builds.get"


def test_where_one_of_both_does_not_exist_it_is_the_other(ask: Ask) -> None:
    facts, _ = ask(caller="build/default", world=LACKS)
    assert member(facts) == f"serviceAccount:{LEGACY}"


def test_a_build_in_a_private_pool(ask: Ask) -> None:
    pool = {"options": {"pool": {"name": f"{L}/workerPools/inside"}}}
    facts, _ = ask(caller="build/deploy", resources=trigger_of(build=pool))
    assert member(facts) == MEMBER
    assert isinstance(facts.origin, Unknown)
    assert "workerPools/inside" in facts.origin.detail


def test_a_build_of_a_file_may_name_a_pool(ask: Ask) -> None:
    resources = trigger_of(build={}, filename="cloudbuild.yaml")
    facts, _ = ask(caller="build/deploy", resources=resources)
    assert "private pool" in value(facts.origin).assumed


def test_an_account_by_its_id(ask: Ask) -> None:
    facts, _ = ask(caller="build/deploy", resources=trigger_of(account="103456789012345678901"))
    assert isinstance(facts.principal, Unknown)
    assert "103456789012345678901" in facts.principal.detail


def test_triggers_of_one_name(ask: Ask) -> None:
    with pytest.raises(UnanswerableError) as caught:
        ask(caller="build/deploy", resources=trigger_of() | trigger_of(GLOBAL))
    assert caught.value.choices == (f"build/{L}/triggers/deploy", f"build/{GLOBAL}/triggers/deploy")


def test_a_trigger_that_is_not_there(ask: Ask) -> None:
    facts, _ = ask(caller="build/deploy")
    assert isinstance(facts.principal, Unknown)
    assert facts.principal.obstacle is Obstacle.NOT_TOLD
    assert isinstance(facts.service, Known)


def test_a_trigger_that_may_not_be_read(ask: Ask) -> None:
    facts, _ = ask(caller="build/deploy", resources=trigger_of(), world=LACKS)
    assert isinstance(facts.principal, Unknown)
    assert facts.principal.permission == "cloudbuild.builds.get"

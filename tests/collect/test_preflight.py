from __future__ import annotations

from typing import Any

from crauth_doctor.collect.plan import BindingToWrite
from crauth_doctor.collect.readings import GrantFacts, read_preflight
from crauth_doctor.gcp.google import connect
from crauth_doctor.model.fact import Absent, Known, Obstacle, Unknown
from crauth_doctor.model.iam import Denials, Principal

from .conftest import CHECKOUT, DELAYS, ORDERS, RUN, WORLD, Ask, waves_of

SET_POLICY = "run.services.setIamPolicy"
STRANGER = Principal("user:someone@elsewhere.example")


def preflight(
    ask: Ask, member: Principal, world: dict[str, Any] | None = None, **more: Any
) -> tuple[GrantFacts, list[list[str]]]:
    facts, box = ask(send_calls=False, world=world, **more)
    assert isinstance(facts.service, Known)
    assert isinstance(facts.policies, Known)
    asked = len(box.requests)
    google = connect({}, sandbox=box.base)
    grant = BindingToWrite(f"{RUN}{ORDERS}", SET_POLICY, member)
    found = read_preflight(google, facts, facts.policies.value, grant)
    return found, [[one.path for one in wave] for wave in waves_of(box.requests[asked:])]


def test_all_that_may_stand_in_the_way_is_read_in_one_wave(ask: Ask) -> None:
    for delay in DELAYS:
        found, waves = preflight(ask, STRANGER, {"delays": {"api": delay}}, caller=STRANGER.member)
        if len(waves) == 1:
            break
    assert len(waves) == 1, waves
    assert len([path for path in waves[0] if "denypolicies" in path.lower()]) == 3, "project, folder, organization"
    assert found.denials == Denials((), ())
    assert isinstance(found.domains_restricted, Known)
    assert found.domains_restricted.value is False
    assert isinstance(found.by_terraform, Known)
    assert found.by_terraform.value is False
    assert isinstance(found.may_write, Known)
    assert found.may_write.value is True


def test_deny_policies_that_a_check_read_are_not_read_again(ask: Ask) -> None:
    found, waves = preflight(ask, Principal(f"serviceAccount:{CHECKOUT}"))
    assert found.denials == Denials((), ())
    assert not [path for wave in waves for path in wave if "denypolicies" in path.lower()]


def test_a_member_of_the_services_own_project_is_not_judged_by_domain(ask: Ask) -> None:
    found, waves = preflight(ask, Principal(f"serviceAccount:{CHECKOUT}"))
    assert isinstance(found.domains_restricted, Absent)
    assert not [path for wave in waves for path in wave if "effectiveOrgPolicy" in path.lower()]


def test_what_may_not_be_read_is_unknown_and_what_the_operator_lacks_is_known(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": [SET_POLICY, "logging.logEntries.list"]}}
    found, _ = preflight(ask, STRANGER, lacks)
    assert isinstance(found.by_terraform, Unknown)
    assert found.by_terraform.obstacle is Obstacle.FORBIDDEN
    assert isinstance(found.may_write, Known)
    assert found.may_write.value is False


def test_a_label_of_terraform_needs_no_log(ask: Ask) -> None:
    labelled = {
        f"{RUN}{ORDERS}": WORLD["resources"][f"{RUN}{ORDERS}"] | {"labels": {"goog-terraform-provisioned": "true"}}
    }
    found, waves = preflight(ask, STRANGER, resources=labelled)
    assert isinstance(found.by_terraform, Absent)
    assert not [path for wave in waves for path in wave if "entries:list" in path]

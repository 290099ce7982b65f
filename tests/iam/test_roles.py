"""What predefined roles contain: the table of the package, the sandbox's own, and which of them one asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crauth_doctor.iam import roles
from crauth_doctor.iam.roles import (
    ACT_AS,
    DECIDING,
    GET_ACCESS_TOKEN,
    GET_OPEN_ID_TOKEN,
    RUN_JOB,
    RUN_WITH_OVERRIDES,
    documented,
    least,
)
from crauth_doctor.model.iam import INVOKE
from crauth_doctor.sandbox.iam import roles as sandbox

TABLES: dict[str, Any] = json.loads(Path(str(roles.__file__)).with_name("roles.json").read_text(encoding="utf-8"))
OF_GOOGLE = {name: frozenset(held.split()) for name, held in TABLES["tables"][0]["roles"].items()}
ASKED_FOR = TABLES["narrowest"].split()


def contents(name: str) -> frozenset[str]:
    return frozenset().union(*(table["roles"].get(name, "").split() for table in TABLES["tables"]))


OF_BOTH = sorted({*OF_GOOGLE, "roles/owner", "roles/editor", "roles/viewer"} & {*sandbox.names()})
VIEWERS = {"iam.securityReviewer", "run.viewer"}
EXPLAINED = {
    # Of this role only what this tool writes with it is in the first role's table: its page has no whole copy.
    "roles/compute.networkAdmin": {
        "compute.backendServices.get", "compute.backendServices.list", "compute.forwardingRules.list",
        "compute.globalForwardingRules.list", "compute.instances.get", "compute.instances.list",
        "compute.networks.get", "compute.regionNetworkEndpointGroups.get", "compute.securityPolicies.get",
        "compute.urlMaps.get",
    },
}  # fmt: skip


def test_both_tables_decide_a_call_alike() -> None:
    assert [name for name in OF_BOTH if contents(name) & DECIDING != sandbox.permissions(name) & DECIDING] == []


def test_both_tables_read_and_write_alike() -> None:
    for name in ASKED_FOR:
        known = frozenset().union(*OF_GOOGLE.values()) | contents(name)
        theirs = sandbox.permissions(name) & known
        assert theirs - contents(name) == EXPLAINED.get(name, set()), name
        assert contents(name) & {*sandbox.PERMISSIONS} <= theirs, name


def test_the_sandbox_knows_whoever_is_not_a_products_agent_and_may_invoke() -> None:
    holders = {name for name, held in OF_GOOGLE.items() if INVOKE in held}
    assert holders <= {*sandbox.names()}
    assert len(holders) == 25


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("owner", {INVOKE, RUN_JOB, RUN_WITH_OVERRIDES, ACT_AS}),
        ("viewer", set()),
        ("run.invoker", {INVOKE, RUN_JOB}),
        ("run.servicesInvoker", {INVOKE}),
        ("run.sourceDeveloper", {INVOKE, RUN_JOB, RUN_WITH_OVERRIDES}),
        ("run.jobsExecutorWithOverrides", {RUN_JOB, RUN_WITH_OVERRIDES}),
        ("cloudfunctions.invoker", set()),
        ("eventarc.serviceAgent", {ACT_AS, GET_ACCESS_TOKEN, GET_OPEN_ID_TOKEN}),
        ("firebaseapphosting.serviceAgent", {INVOKE, ACT_AS}),
        ("cloudbuild.serviceAgent", {GET_ACCESS_TOKEN, GET_OPEN_ID_TOKEN}),
        ("spanner.serviceAgent", {INVOKE, RUN_JOB}),
    ],
)
def test_what_a_role_contains(name: str, held: set[str]) -> None:
    found = documented(f"roles/{name}")
    assert found is not None
    assert found.value.permissions & DECIDING == held


def test_of_what_no_table_answers_for_nothing_is_said() -> None:
    assert documented("roles/writer") is None
    assert documented("roles/compute.viewer") is None, "its table says what it has, and not what it has not"
    assert documented("roles/compute.viewer", "compute.urlMaps.get") is not None
    assert documented("roles/run.invoker", "run.services.get") is None


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ({"run.services.get", "run.services.getIamPolicy"}, {"run.viewer"}),
        ({"resourcemanager.projects.getIamPolicy"}, {"browser"}),
        ({"resourcemanager.organizations.getIamPolicy"}, {"iam.securityReviewer"}),
        ({"run.services.setIamPolicy"}, {"run.admin"}),
        ({"iam.serviceAccounts.get"}, {"iam.serviceAccountViewer"}),
        ({"iam.roles.get", "iam.serviceAccounts.getIamPolicy", "run.services.get"}, VIEWERS),
    ],
)
def test_the_least_roles(wanted: set[str], chosen: set[str]) -> None:
    found, missing = least(wanted)
    assert {name.removeprefix("roles/") for name in found} == chosen
    assert missing == ()
    assert wanted <= frozenset().union(*map(contents, found))


def test_no_role_to_ask_for_gives_domain_mappings() -> None:
    assert least({"run.domainmappings.get", "run.services.get"}) == (("roles/run.viewer",), ("run.domainmappings.get",))


def test_each_of_the_least_roles_is_needed() -> None:
    wanted = frozenset().union(*(contents(name) for name in ASKED_FOR))
    found, missing = least(wanted)
    assert missing == ()
    for name in found:
        assert not wanted <= frozenset().union(*(contents(one) for one in found if one != name)), name


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sets(st.sampled_from(sorted(frozenset().union(*map(contents, ASKED_FOR)))), min_size=1))
def test_whatever_is_wanted_the_least_roles_give_it_and_none_is_idle(wanted: set[str]) -> None:
    found, missing = least(wanted)
    assert missing == ()
    assert wanted <= frozenset().union(*map(contents, found))
    for name in found:
        assert not wanted <= frozenset().union(*(contents(one) for one in found if one != name)), name

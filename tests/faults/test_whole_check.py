"""A whole check, one of whose reads goes wrong: it says what it said, or names what it could not read; never more.

A sample of reads x faults runs always; all of it where CRAUTH_DOCTOR_LONG is set.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from crauth_doctor.cli.main import main
from crauth_doctor.diagnosis.general import more_general
from crauth_doctor.sandbox import parse_world, serve
from tests import built_in
from tests.patience import LONG, SLOWNESS

from .conftest import Broken
from .kinds import KINDS
from .reads import NAMES, READS

HERE: Final = Path(__file__).parent
SAMPLE: Final = 1
"""Faults of a read that are tried in every run."""
SLOW: Final = "slow"
BY_ITSELF: Final = 0.5
"""Seconds that a run may take beyond its deadline."""
SURER: Final = ("undecided", "unexplained", "likely", "expected", "proven")
MISSING: Final = {
    "run:v2:projects.locations.services.get": "reach/no-such-service",
    "iam:v1:projects.roles.get": "iam/role-lacks-permission",
    "iam:v1:projects.serviceAccounts.get": "mint/account-missing",
}
"""What a 404 tells of what may be gone, whatever names it."""
ORDERS: Final = "projects/shop-prod/locations/us-central1/services/orders"

IN_WORLDS: Final = {
    "everything_above": (
        "run:v2:projects.locations.services.get", "run:v2:projects.locations.services.getIamPolicy",
        "iam:v2:policies.listPolicies", "iam:v2:policies.get", "iam:v1:projects.roles.get",
        "cloudresourcemanager:v1:projects.getAncestry", "cloudresourcemanager:v3:projects.get",
        "cloudresourcemanager:v3:projects.getIamPolicy", "cloudresourcemanager:v3:folders.getIamPolicy",
        "cloudresourcemanager:v3:organizations.getIamPolicy", "cloudscheduler:v1:projects.locations.jobs.get",
        "iam:v1:projects.serviceAccounts.get", "iam:v1:projects.serviceAccounts.getIamPolicy",
    ),
    "denied_above": (
        "iam:v2:policies.listPolicies",
        "iam:v2:policies.get",
        "cloudresourcemanager:v1:projects.getAncestry",
        "cloudresourcemanager:v3:projects.get",
        "cloudscheduler:v1:projects.locations.jobs.get",
    ),
    "granted_nowhere": (
        "run:v2:projects.locations.services.getIamPolicy",
        "cloudresourcemanager:v3:projects.getIamPolicy",
        "cloudresourcemanager:v3:folders.getIamPolicy",
        "cloudresourcemanager:v3:organizations.getIamPolicy",
        "cloudresourcemanager:v1:projects.getAncestry",
    ),
    "ingress-custom-domain": (
        "cloudscheduler:v1:projects.locations.list", "compute:v1:backendServices.aggregatedList",
        "compute:v1:forwardingRules.aggregatedList", "compute:v1:networkEndpointGroups.aggregatedList",
        "compute:v1:sslCertificates.aggregatedList", "compute:v1:targetHttpsProxies.aggregatedList",
        "compute:v1:urlMaps.aggregatedList", "logging:v2:entries.list", "run:v1:namespaces.domainmappings.get",
    ),
    "reach-dns-zone-endpoint": (
        "compute:v1:globalForwardingRules.list", "compute:v1:subnetworks.get", "dns:v1:managedZones.list",
        "dns:v1:resourceRecordSets.list",
    ),
    "token-audience-custom-domain-queue": (
        "cloudtasks:v2:projects.locations.list", "cloudtasks:v2:projects.locations.queues.get",
        "cloudtasks:v2:projects.locations.queues.tasks.list",
    ),
    "mint-federation-denied-unmapped": (
        "iam:v1:projects.locations.workloadIdentityPools.providers.get", "iam:v1:projects.serviceAccounts.list",
        "run:v2:projects.locations.services.list",
    ),
    "mint-no-token-configured-uptime": (
        "monitoring:v3:projects.uptimeCheckConfigs.get", "orgpolicy:v2:projects.policies.getEffectivePolicy",
    ),
    "ingress-outside-vpc-build": (
        "cloudbuild:v1:projects.locations.getDefaultServiceAccount", "cloudbuild:v1:projects.locations.triggers.get",
    ),
    "ingress-outside-vpc-app-engine": ("appengine:v1:apps.services.get", "appengine:v1:apps.services.versions.list"),
    "iam-missing-invoker-gateway": (
        "apigateway:v1:projects.locations.apis.configs.get", "apigateway:v1:projects.locations.gateways.get",
    ),
    "iam-condition-unmet-tag": (
        "cloudresourcemanager:v3:effectiveTags.list", "policytroubleshooter:v3:iam.troubleshoot",
    ),
    "token-audience-path-pubsub": ("pubsub:v1:projects.subscriptions.get",),
    "token-access-token-workflow": ("workflows:v1:projects.locations.workflows.get",),
    "reach-private-access-off-machine": ("compute:v1:instances.get",),
    "reach-no-such-service": ("run:v2:projects.locations.instances.get",),
    "reach-cloud-armor-path": ("compute:v1:securityPolicies.get",),
    "ingress-private-ranges-only-connector": ("vpcaccess:v1:projects.locations.connectors.get",),
    "ingress-outside-vpc-worker-pool": ("run:v2:projects.locations.workerPools.get",),
    "ingress-outside-vpc-job": ("run:v2:projects.locations.jobs.get",),
    "ingress-not-applied": ("run:v1:projects.locations.services.get",),
    "iap-principal-not-authorized-load-balancer": ("iap:v1:v1.getIamPolicy",),
    "iam-role-lacks-permission-function": ("cloudfunctions:v2:projects.locations.functions.get",),
    "iam-missing-invoker-remote-function": ("bigqueryconnection:v1:projects.locations.connections.get",),
    "iam-missing-invoker-gke": ("container:v1:projects.locations.clusters.list",),
    "iam-missing-invoker-eventarc": ("eventarc:v1:projects.locations.triggers.get",),
    "iam-missing-invoker-agent-engine": ("aiplatform:v1:projects.locations.reasoningEngines.get",),
    "iam-custom-role-lacks-permission": ("iam:v1:projects.roles.get",),
}  # fmt: skip
"""Which reads go wrong in which world: each in one whose verdict it takes part in."""

BY_CALLS: Final = {"iamcredentials:v1:projects.serviceAccounts.generateIdToken": "everything_above"}
"""Reads of a check that makes test calls, and of no other."""
NOT_BY_CHECK: Final = frozenset(
    {
        *(f"cloudresourcemanager:v3:{kind}.testIamPermissions" for kind in ("projects", "folders", "organizations")),
        "iam:v1:projects.serviceAccounts.testIamPermissions",
        "iap:v1:v1.testIamPermissions",
        "run:v2:projects.locations.jobs.testIamPermissions",
        "run:v2:projects.locations.services.testIamPermissions",
        "run:v2:projects.locations.jobs.getIamPolicy",
        "run:v2:projects.locations.operations.get",
        "cloudfunctions:v2:projects.locations.functions.getIamPolicy",
    }
)
"""Reads of commands that change something; they go wrong in tests/apply."""
OF_OTHER_CALLERS: Final = frozenset(
    {
        "apigateway:v1:projects.locations.gateways.list",
        "appengine:v1:apps.get",
        "bigqueryconnection:v1:projects.locations.connections.list",
        "cloudfunctions:v2:projects.locations.functions.list",
        "cloudresourcemanager:v3:projects.search",
        "cloudscheduler:v1:projects.locations.jobs.list",
        "cloudtasks:v2:projects.locations.queues.list",
        "cloudtasks:v2:projects.locations.queues.tasks.get",
        "compute:v1:globalAddresses.list",
        "compute:v1:regionSecurityPolicies.get",
        "compute:v1:targetHttpProxies.aggregatedList",
        "container:v1:projects.locations.clusters.get",
        "eventarc:v1:projects.locations.triggers.list",
        "iam:v1:organizations.roles.get",
        "iam:v1:roles.get",
        "monitoring:v3:projects.uptimeCheckConfigs.list",
        "pubsub:v1:projects.subscriptions.list",
        "run:v1:namespaces.services.list",
        "run:v2:projects.locations.instances.list",
        "run:v2:projects.locations.jobs.list",
        "run:v2:projects.locations.workerPools.list",
        "workflows:v1:projects.locations.workflows.list",
    }
)
"""Reads that no world of the package makes: lists of what a misspelt name could be, and siblings of a read above."""

ONCE: Final[dict[str, tuple[str, ...]]] = {
    "run:v2:projects.locations.services.getIamPolicy": ("404",),
    "run:v1:projects.locations.services.get": ("404",),
    "cloudresourcemanager:v3:projects.getIamPolicy": ("404",),
    "cloudresourcemanager:v3:projects.get": ("null fields",),
    "compute:v1:globalForwardingRules.list": ("404",),
    "compute:v1:securityPolicies.get": ("404", "null fields", "lists for objects"),
    "compute:v1:subnetworks.get": ("null fields",),
    "dns:v1:managedZones.list": ("404", "lists for objects", "numbers for strings"),
    "appengine:v1:apps.services.versions.list": ("numbers for strings",),
    "iam:v1:projects.serviceAccounts.list": ("404", "lists for objects", "numbers for strings"),
    "iam:v2:policies.listPolicies": ("null fields",),
    "pubsub:v1:projects.subscriptions.get": ("numbers for strings",),
    "run:v2:projects.locations.jobs.get": ("lists for objects",),
    "vpcaccess:v1:projects.locations.connectors.get": ("numbers for strings",),
    "iamcredentials:v1:projects.serviceAccounts.generateIdToken": ("403", "503", "error with 200"),
}
"""Faults that another cause, or a clear way, was once made of."""

Run = Callable[..., dict[str, Any]]


@cache
def document(world: str) -> dict[str, Any]:
    """A world with the command that it is checked by."""
    if world not in {"everything_above", "denied_above", "granted_nowhere"}:
        return built_in.document(world)
    found: dict[str, Any] = yaml.safe_load((HERE / "everything_above.yaml").read_text(encoding="utf-8"))
    if world == "denied_above":
        [[policy]] = found["world"]["deny"].values()
        del policy["rules"][0]["denyRule"]["exceptionPrincipals"]
    if world == "granted_nowhere":
        found["world"]["iam"][f"//run.googleapis.com/{ORDERS}"]["bindings"] = []
    return found


@pytest.fixture
def checked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Callable[[str], Run]]:
    """Serve a world, and return what checks it."""
    with ExitStack() as stack:

        def served(world: str) -> Run:
            box = stack.enter_context(serve(parse_world(document(world))))
            environ = {"CRAUTH_DOCTOR_SANDBOX": box.base, "HOME": str(tmp_path)}

            def run(*more: str) -> dict[str, Any]:
                status = main([*document(world)["run"], "--format", "json", *more], environ)
                told: dict[str, Any] = json.loads(capsys.readouterr().out)
                assert told["exit"] == status
                return told

            return run

        yield served


def sampled(schema: str) -> list[str]:
    """The faults of a read that are tried: all, or some that differ from read to read."""
    kinds = list(KINDS)
    if LONG:
        return kinds
    start = sorted(READS).index(schema) * SAMPLE
    return list(dict.fromkeys([*(kinds[(start + step) % len(kinds)] for step in range(SAMPLE)), *ONCE.get(schema, ())]))


def may_be_empty(schema: str) -> bool:
    """Whether an answer with nothing in it may be a true one: of a list, and of what decides something."""
    return not schema.endswith((".get", ".getIamPolicy"))


PAIRS: Final = [(world, schema) for world, schemas in IN_WORLDS.items() for schema in schemas]


def test_no_read_is_forgotten() -> None:
    named = {schema for _, schema in PAIRS} | BY_CALLS.keys()
    assert named | NOT_BY_CHECK | OF_OTHER_CALLERS == READS.keys()
    assert not named & (NOT_BY_CHECK | OF_OTHER_CALLERS)


TRUE: Final[dict[tuple[str, tuple[str, ...]], tuple[dict[str, Any], set[str]]]] = {}
"""What a check of a world tells when nothing goes wrong, and what it reads."""
WITH_CALLS: Final = [((), world, schema) for schema, world in BY_CALLS.items()]


@pytest.mark.parametrize(
    ("calls", "world", "schema"),
    [
        *((("--no-call",), *pair) for pair in PAIRS),
        *(((), *pair) for pair in PAIRS if LONG),
        *WITH_CALLS,
    ],
)
def test_one_read_goes_wrong(
    calls: tuple[str, ...], world: str, schema: str, checked: Callable[[str], Run], broken: Broken
) -> None:
    check = checked(world)
    true, asked = TRUE.setdefault((world, calls), ({}, set()))
    if not true:
        true |= check(*calls)
        asked |= broken.asked
    assert schema in asked
    broken.schema = schema
    wrong = {}
    for kind in sampled(schema):
        broken.fault = KINDS[kind]
        told = check(*calls, "--timeout", "2" if kind == SLOW else "20")
        assert "error" not in told, (kind, told)
        unread = [one["read"] for one in told["unread"]]
        wrong[kind] = (what_is_wrong(kind, schema, true, told), told["conclusion"], told["cause"], unread)
    assert not {kind: told for kind, told in wrong.items() if told[0]}


def what_is_wrong(kind: str, schema: str, true: dict[str, Any], told: dict[str, Any]) -> str:
    """What a report says that it may not, one of whose reads went wrong; nothing, where it is as it was, or says so."""
    if no_surer(told, true):
        return ""
    leads = true["cause"] and told["cause"] in more_general(true["cause"])
    if told["conclusion"] == "proven" and not leads:
        return "another cause is proven"
    if kind == "404" and told["cause"] is not None and told["cause"] == MISSING.get(schema):
        return ""
    if kind == "nothing in it" and may_be_empty(schema):
        return ""
    if told["conclusion"] in {"clear", "contradicted"}:
        return "nothing was read that says so"
    return "" if NAMES[schema] & {one["read"] for one in told["unread"]} else "the read is not said to be missing"


def no_surer(told: dict[str, Any], true: dict[str, Any]) -> bool:
    """Whether the same is told as without the fault, as sure of it or less."""
    before, now = true["conclusion"], told["conclusion"]
    less = before == now or (before in SURER and now in SURER and SURER.index(now) < SURER.index(before))
    return bool(told["cause"] == true["cause"] and less)


@pytest.mark.parametrize(("world", "schema"), PAIRS if LONG else PAIRS[::12])
def test_a_read_that_hangs_does_not_hold_up_the_run(
    world: str, schema: str, checked: Callable[[str], Run], broken: Broken
) -> None:
    """A busy machine may disturb one run, and not each of five."""
    check = checked(world)
    check("--no-call")
    broken.schema, broken.fault = schema, KINDS[SLOW]
    late = []
    for _ in range(5):
        began = time.monotonic()
        check("--no-call", "--timeout", "1")
        late.append(time.monotonic() - began - 1)
        if late[-1] < BY_ITSELF * SLOWNESS:
            return
    raise AssertionError(f"it ended {min(late):.2f} seconds after its deadline, or later")

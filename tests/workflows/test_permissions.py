"""What commands are said to take is what the sandbox asks for: it suffices, and each of it is needed by something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from crauth_doctor.cli.commands.permissions import _COMMANDS
from crauth_doctor.model.caller import CallerKind
from crauth_doctor.model.fact import Obstacle, Source, Unknown
from crauth_doctor.sandbox import parse_world, serve
from crauth_doctor.workflows import permissions as subject
from crauth_doctor.workflows.context import CallRequest, Context, MisuseError
from crauth_doctor.workflows.diagnose import check
from tests.built_in import document

RUN = "//run.googleapis.com/"
KEPT = ("project", "region", "path", "url", "audience")
CLUSTERS = "//container.googleapis.com/projects/wagtail-media/locations/us-east1/clusters"
CRM = "//cloudresourcemanager.googleapis.com/"


def unchanged(_: Any) -> None:
    """Leave a world as it is."""


def in_a_folder(world: Any) -> None:
    resources = world["resources"]
    resources[f"{CRM}folders/7"] = {"name": "folders/7", "parent": resources[f"{CRM}projects/shop-prod"]["parent"]}
    resources[f"{CRM}projects/shop-prod"]["parent"] = "folders/7"


def granted_nobody(world: Any) -> None:
    world["iam"] = {name: policy for name, policy in world["iam"].items() if not name.startswith(RUN)}


def without_the_versions_account(world: Any) -> None:
    for name, resource in world["resources"].items():
        if "/versions/" in name:
            del resource["serviceAccount"]


def without_endpoints(world: Any) -> None:
    world["operator"]["lacks"] = ["compute.globalForwardingRules.list"]


@dataclass(frozen=True)
class Asked:
    """A check of a built-in world.

    Args:
        name: the world's.
        caller: another caller than its own.
        plain: whether the URL is called over HTTP.
        anywhere: another service than its own, in whichever region.
        change: what is changed in the world.
    """

    name: str
    caller: str | None = None
    change: Callable[[Any], None] = unchanged
    plain: bool = False
    anywhere: str | None = None

    @property
    def request(self) -> CallRequest:
        words = [str(one) for one in self.document["run"]]
        given = {word.removeprefix("--"): words[at + 1] for at, word in enumerate(words) if word.startswith("--")}
        wanted: dict[str, Any] = {name: given[name] for name in KEPT if name in given}
        if self.anywhere:
            wanted.pop("region")
        if self.plain:
            wanted["url"] = wanted["url"].replace("https:", "http:")
        return CallRequest(
            service=self.anywhere or words[1],
            caller=self.caller or given.get("caller"),
            evidence=self.document.get("evidence"),
            **wanted,
        )

    @property
    def document(self) -> Any:
        return document(self.name)

    @property
    def taken(self) -> list[str]:
        kind = subject.kind_of(str(self.request.caller or "me"))
        return [one.permission for one in subject.permissions("check", kind).needs]

    def run(self, holds: list[str]) -> tuple[Any, set[str]]:
        """Check as an operator who holds these; return what came of it, and what the sandbox asked for."""
        world = self.document["world"]
        world["operator"] = {**world["operator"], "holds": holds}
        self.change(world)
        with serve(parse_world(world)) as box:
            return check(Context({}, box.base), self.request), set(box.permissions)


WHOLE = [
    Asked(name)
    for name in (
        *("reach-cloud-armor", "healthy-private-endpoint", "mint-agent-cannot-mint-tasks", "iam-missing-invoker-gke"),
        *("healthy-scheduler", "iam-missing-invoker-gateway", "ingress-outside-vpc-app-engine", "healthy-build"),
        *("healthy-eventarc", "healthy-federation", "healthy-iap", "healthy-machine", "healthy-pubsub", "healthy-tag"),
        *("healthy-workflow", "iam-role-lacks-permission-function", "ingress-outside-vpc-job", "iam-denied"),
        *("iam-public-not-applied", "ingress-private-ranges-only-connector", "iam-custom-role-lacks-permission"),
        *("healthy-domain-mapping", "reach-no-such-service", "healthy-agent-engine", "healthy-uptime-check"),
    )
]
"""A world of each kind of caller, and of what is read only now and then."""
RARE = [
    *(Asked("healthy", f"{word}/none") for word in ("job", "function", "tasks", "scheduler", "pubsub", "eventarc")),
    *(Asked("healthy", f"{word}/none") for word in ("workflow", "apigateway", "workerpool", "bigquery", "uptime")),
    Asked("mint-agent-cannot-mint-tasks", "tasks/plan-routes/1"),
    Asked("iam-missing-invoker-gke", f"{CLUSTERS}/media/media/uploader"),
    Asked("reach-cloud-armor", plain=True),
    Asked("healthy", anywhere="somebody-elses"),
    Asked("healthy", change=in_a_folder),
    Asked("healthy-function-url", change=granted_nobody),
    Asked("ingress-outside-vpc-app-engine", change=without_the_versions_account),
    Asked("healthy-private-endpoint", change=without_endpoints),
]
"""What else is read: where a name is none, a field is not set, or another read failed."""


def test_what_is_printed_suffices_and_each_of_it_is_needed() -> None:
    needed: set[str] = set()
    for one in (*WHOLE, *RARE):
        taken = one.taken
        report, asked = one.run(taken)
        needed |= asked
        assert asked <= {*taken}, one
        if one in WHOLE:
            refused = {each.permission for each in report.diagnosis.unread if each.obstacle is Obstacle.FORBIDDEN}
            assert refused == set(), one
            assert report.requests == (), one
            cause = report.diagnosis.cause
            assert (cause.rule if cause else None) == one.document["expect"]["cause"], one
    printed = {one.permission for one in subject.permissions("check").needs}
    assert printed - needed == set(), "nothing asks for it"


@pytest.mark.parametrize(
    ("without", "name"),
    [("run.services.getIamPolicy", "healthy-tag"), ("iam.denypolicies.list", "iam-denied")],
)
def test_an_operator_without_one_of_it_is_told_so(without: str, name: str) -> None:
    one = Asked(name)
    report, _ = one.run([each for each in one.taken if each != without])
    assert {without} == {each for request in report.requests for each in request.permissions}
    assert {request.member for request in report.requests} == {"user:dev@example.com"}


def test_the_commands_of_the_command_line_are_those_of_the_library() -> None:
    assert _COMMANDS == subject.COMMANDS


def test_each_command_takes_what_it_reads_and_writes() -> None:
    def taken(command: str, **more: Any) -> set[str]:
        return {one.permission for one in subject.permissions(command, **more).needs}

    reading, changing = taken("check"), taken("check", fix=True)
    assert taken("who") < reading == taken("runbook") < taken("grant") < changing
    assert taken("grant") - reading == {"run.services.setIamPolicy"}
    assert changing - reading == taken("undo") >= {"iam.serviceAccounts.actAs", "run.services.update"}
    kinds = (taken("check", kind=CallerKind.SCHEDULER), taken("check", kind=CallerKind.BROWSER))
    assert kinds[0] - kinds[1] == {f"cloudscheduler.{one}" for one in ("jobs.get", "jobs.list", "locations.list")}


def test_a_kind_of_caller_that_is_none_is_a_wrong_usage() -> None:
    assert subject.kind_of("scheduler") is subject.kind_of("scheduler/nightly") is CallerKind.SCHEDULER
    with pytest.raises(MisuseError):
        subject.kind_of("nothing/such")


def unread(permission: str, target: str, obstacle: Obstacle = Obstacle.FORBIDDEN) -> Unknown:
    return Unknown(Source(permission, target), obstacle, permission=permission)


def test_an_account_that_is_impersonated_is_given_nothing_on_itself() -> None:
    target = "//iam.googleapis.com/projects/-/serviceAccounts/a@shop-prod.iam.gserviceaccount.com"
    missing = unread("iam.serviceAccounts.getOpenIdToken", target)
    [own] = subject.access_requests((missing,), "serviceAccount:a@shop-prod.iam.gserviceaccount.com")
    [other] = subject.access_requests((missing,), "serviceAccount:b@shop-prod.iam.gserviceaccount.com")
    assert (own.member, other.member) == ("", "serviceAccount:b@shop-prod.iam.gserviceaccount.com")


def test_what_is_missing_is_asked_for_once_for_each_resource() -> None:
    service = f"{RUN}projects/shop-prod/locations/us-central1/services/orders"
    account = "//iam.googleapis.com/projects/shop-prod/serviceAccounts/a@shop-prod.iam.gserviceaccount.com"
    found = subject.access_requests(
        (
            unread("run.services.get", service),
            unread("run.services.get", service.replace("orders", "other")),
            unread("resourcemanager.projects.getIamPolicy", f"{CRM}projects/shop-prod"),
            unread("iam.serviceAccounts.getOpenIdToken", account),
            unread("run.domainmappings.get", f"{RUN}projects/shop-prod/locations/r/domainmappings/d"),
            unread("resourcemanager.folders.getIamPolicy", f"{CRM}folders/7"),
            unread("dns.managedZones.list", "//dns.googleapis.com/projects/net", Obstacle.TIMED_OUT),
        ),
        "user:dev@example.com",
    )
    assert [(one.resource, one.roles, one.rest) for one in found] == [
        (f"{CRM}projects/shop-prod", ("roles/browser", "roles/run.viewer"), ("run.domainmappings.get",)),
        (f"{CRM}folders/7", ("roles/iam.securityReviewer",), ()),
        (account, ("roles/iam.serviceAccountOpenIdTokenCreator",), ()),
    ]

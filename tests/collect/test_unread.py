"""Each read of a check is refused in turn: it always stands among what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pytest

from crauth_doctor.collect.question import Question
from crauth_doctor.collect.readings import collect
from crauth_doctor.gcp.google import connect
from crauth_doctor.model.fact import Absent, Known, Obstacle, Source, Unknown
from crauth_doctor.model.facts import NOT_ASKED, Facts
from crauth_doctor.model.iam import AllowPolicies, Denials, Policy, PolicyAt
from crauth_doctor.model.unread import sources_of, unread_of
from crauth_doctor.sandbox import Sandbox, parse_world, serve
from tests.built_in import document, documents
from tests.patience import LONG

from .callers.scenes import scheduler
from .conftest import Ask

FEW: Final = (
    "iap-principal-not-authorized-load-balancer",
    "iam-wrong-resource",
    "ingress-not-applied",
    "reach-dns-zone-endpoint",
)
NAMES: Final = tuple(documents()) if LONG else FEW
OPTIONS: Final = ("project", "region", "caller", "url", "path", "method", "audience")


@dataclass(frozen=True)
class Run:
    """What a check asked for, and found."""

    facts: Facts
    box: Sandbox

    @property
    def unread(self) -> tuple[Unknown, ...]:
        return unread_of(self.facts)

    def reads(self) -> set[str]:
        """The reads of Google's APIs that are answered with what was asked for, or with its absence."""
        asked = [one for one in self.box.requests if one.host.endswith(".googleapis.com") and one.status != 403]
        return {f"{one.host}{one.path}" for one in asked}


def run(case: dict[str, Any], faults: tuple[dict[str, Any], ...] = ()) -> Run:
    words = [str(word) for word in case["run"]]
    given: dict[str, Any] = {name: words[words.index(f"--{name}") + 1] for name in OPTIONS if f"--{name}" in words}
    world = case["world"]
    with serve(parse_world(world | {"faults": [*faults, *world.get("faults", [])]})) as box:
        google = connect({}, sandbox=box.base)
        return Run(collect(Question(words[1], **given), google), box)


@pytest.mark.parametrize("name", NAMES)
def test_each_read_that_is_refused_is_unread(name: str) -> None:
    case = document(name)
    if case["run"][0] != "check":
        pytest.skip("this world is not of one check")
    whole = run(case)
    before = {(one.source, one.obstacle) for one in whole.unread}
    reads = whole.reads()
    assert len(reads) > 3
    swallowed = []
    for read in sorted(reads):
        refused = run(case, ({"match": read, "times": 1000, "status": 403},))
        assert 403 in {one.status for one in refused.box.requests if f"{one.host}{one.path}".startswith(read)}, read
        after = {(one.source, one.obstacle) for one in refused.unread}
        if not any(obstacle is Obstacle.FORBIDDEN for _, obstacle in after - before):
            swallowed.append(read)
    assert swallowed == []


HERE: Final = Source("iam.denypolicies.list", "//cloudresourcemanager.googleapis.com/projects/p")
ABOVE: Final = Unknown(Source("resourcemanager.projects.get", "p"), Obstacle.FORBIDDEN, "no")
DENIED: Final = Unknown(Source("iam.denypolicies.list", "//…/organizations/9"), Obstacle.FORBIDDEN, "no")
POLICY: Final = Unknown(Source("run.services.getIamPolicy", "s"), Obstacle.TIMED_OUT, "late")
ROLE: Final = Unknown(Source("iam.roles.get", "r"), Obstacle.UNREACHABLE, "gone")


def test_the_parts_of_a_fact_count_each_once_and_in_order() -> None:
    chain = (PolicyAt("s", POLICY), PolicyAt("p", Known(Policy(()), Source("read", "p"))))
    facts = Facts(
        policies=Known(AllowPolicies(chain, ABOVE, {"r": ROLE}), POLICY.source),
        denials=Known(Denials((), (DENIED, ABOVE)), HERE),
        service=NOT_ASKED,
        failed=Known((DENIED, POLICY), Source("reads", "of this run")),
    )
    assert unread_of(facts) == (POLICY, ABOVE, ROLE, DENIED)


def test_a_call_that_is_unknown_for_its_service_is_no_second_failure() -> None:
    service = Unknown(Source("run.services.get", "s"), Obstacle.FORBIDDEN, "403")
    call = Unknown(service.source, service.obstacle, "the service's URL is not known")
    assert unread_of(Facts(service=service, call=call)) == (service,)


def test_what_was_never_asked_is_not_unread() -> None:
    assert unread_of(Facts()) == ()


def test_the_sources_of_a_fact_are_those_of_what_was_read() -> None:
    own = Source("run.services.getIamPolicy", "s")
    read = PolicyAt("p", Absent(Source("resourcemanager.projects.getIamPolicy", "p")))
    allowed = AllowPolicies((PolicyAt("s", Unknown(own, Obstacle.FORBIDDEN)), read), Known(value=True, source=HERE))
    assert sources_of(Known(allowed, own)) == (read.policy.source, HERE)
    assert sources_of(Known(1, own)) == (own,)
    assert sources_of(POLICY) == ()


def test_a_constraint_that_is_not_offered_restricts_nothing_and_is_not_told(ask: Ask) -> None:
    faults = [{"match": "orgpolicy.googleapis.com/", "times": 9, "status": 400}]
    facts, _ = ask(caller="scheduler/nightly", resources=scheduler(), speaks_of_public=True, world={"faults": faults})
    assert isinstance(facts.constraints, Known)
    assert not [one for one in unread_of(facts) if one.source.read == "orgpolicy.policy.get"]


def test_a_list_that_was_refused_is_not_told_where_the_caller_was_found_without_it(ask: Ask) -> None:
    """Whether other locations could be listed has no bearing then; where it was not found, it has."""
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["cloudscheduler.locations.list"]}}
    found, _ = ask(caller="scheduler/nightly", resources=scheduler(), world=lacks)
    assert isinstance(found.sending, Known)
    assert not [one for one in unread_of(found) if one.source.read == "cloudscheduler.locations.list"]
    missed, _ = ask(caller="scheduler/weekly", resources=scheduler(), world=lacks)
    assert [one.obstacle for one in unread_of(missed) if one.source.read == "cloudscheduler.locations.list"] == [
        Obstacle.FORBIDDEN
    ]

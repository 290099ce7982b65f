"""What is pasted of a resource is what is read of it: the same JSON, the same functions, the same objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.gcp import methods, resource_kinds, rest
from crauth_doctor.gcp.google import Google, connect
from crauth_doctor.gcp.products import accounts, network, run, senders
from crauth_doctor.google_json import log_entries
from crauth_doctor.google_json.services import service_v1
from crauth_doctor.model.exported import Export, ExportKind
from crauth_doctor.model.fact import Known, value_of
from crauth_doctor.model.run import Service
from crauth_doctor.redaction import callable_url
from crauth_doctor.sandbox import parse_world, serve
from tests.built_in import documents, some_of

WORLDS: Final = {
    # Whatever the operator of a world may not do is no matter here.
    name: document["world"] | {"operator": {"principal": "user:all@example.com"}, "faults": [], "delays": {}}
    for name, document in documents().items()
    if "world" in document
}


@pytest.fixture(params=some_of(list(WORLDS), 40))
def served(request: pytest.FixtureRequest) -> Iterator[tuple[dict[str, Any], Google]]:
    world = WORLDS[request.param]
    with serve(parse_world(world)) as box:
        yield world, connect({}, sandbox=box.base)


def whole(google: Google, row: methods.Row, name: str) -> dict[str, Any]:
    """Read an object as it is, as a person would to paste it."""
    fact = rest.named(google, row, name, dict)
    assert isinstance(fact, Known), fact
    return fact.value


def pasted(document: dict[str, Any]) -> Export:
    (export,) = read(json.dumps(document, indent=2)).exports
    return export


def of_host(world: dict[str, Any], host: str, kind: str) -> list[str]:
    found = [name.removeprefix(f"//{host}/") for name in world.get("resources", {}) if name.startswith(f"//{host}/")]
    return [name for name in found if name.split("/")[-2] == kind]


V2: Final = methods.row("run:v2:projects.locations.services.get")
POLICY: Final = methods.CARRIERS["run.googleapis.com", "services"].get
_SENDERS: Final = (senders.JOBS, senders.SUBSCRIPTIONS)


def same_project(service: Service) -> Service:
    """Return the service with what only one version of the API has at one value.

    Version 1 names the project by its number, has a time of its own and says which client deployed it.
    """
    access = service.vpc_access
    if access is not None:
        network, subnetwork = (name and name.split("/", 2)[2] for name in (access.network, access.subnetwork))
        access = replace(access, network=network, subnetwork=subnetwork)
    return replace(service, name=service.name.split("/", 2)[2], vpc_access=access, updated=None, labels=())


def test_a_paste_tells_what_a_read_tells(served: tuple[dict[str, Any], Google]) -> None:
    world, google = served
    for name in of_host(world, "run.googleapis.com", "services"):
        fact = run.service(google, name)
        assert isinstance(fact, Known), fact
        found = pasted(whole(google, V2, name))
        assert (found.service, found.ingress, found.partial) == (fact.value.service, fact.value.ingress, False)
        assert pasted(whole(google, POLICY, name)).policy == value_of(run.service_policy(google, name))
        first = replace(service_v1(whole(google, methods.KNATIVE_SERVICE, name)), wanted_ingress=None)
        second = replace(fact.value.service, regions=())  # version 1 is one region's, and does not tell of others
        assert same_project(first) == same_project(second), "whichever version of the API tells"
    for product in _SENDERS:
        for name in of_host(world, product.host, product.collection):
            sends = resource_kinds.get(google, product, name)
            assert isinstance(sends, Known), sends
            if sends.value.target:
                job, target = pasted(whole(google, product.one, name)), callable_url(sends.value.target)
                assert (job.target, job.auth, job.fields["method"]) == (target, sends.value.auth, sends.value.method)
    for name in of_host(world, "iam.googleapis.com", "serviceAccounts"):
        account = accounts.account(google, name.rsplit("/", 1)[-1])
        assert isinstance(account, Known), account
        assert pasted(whole(google, methods.ACCOUNT_DOCUMENT, name)).name == account.value.email
    for name in of_host(world, "compute.googleapis.com", "subnetworks"):
        subnetwork = network.subnetwork(google, name)
        assert isinstance(subnetwork, Known), subnetwork
        assert pasted(whole(google, methods.SUBNETWORK, name)).kind is ExportKind.SUBNETWORK


@pytest.mark.parametrize("name", [name for name, world in WORLDS.items() if world.get("logs")])
def test_a_pasted_log_entry_is_the_one_that_was_read(name: str) -> None:
    raw = WORLDS[name]["logs"]
    found = read(json.dumps(raw, indent=2)).logs
    assert [replace(one, lines=(0, 0), credentials=()) for one in found] == [log_entries.entry(one) for one in raw]

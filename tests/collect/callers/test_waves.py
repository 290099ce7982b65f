from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.model.fact import Known

from ..conftest import DELAYS, ORDERS, RUN, URL, Ask, waves_of
from .scenes import (
    ACCOUNT,
    SENDER,
    L,
    P,
    oidc,
    policies,
    queue,
    scheduler,
    subscription,
    task,
    trigger,
    value,
    workflow,
)
from .test_cloud_build import trigger_of
from .test_federation import provider, trusts
from .test_workloads import CONNECTOR, app, cluster, function, gateway, job, linked, machine

CALL = f"{{call: http.post, args: {{url: '{URL}/x', auth: {{type: OIDC, audience: '{URL}'}}}}}}"
FLOW = f"main: {{steps: [{{a: {CALL}}}]}}"
EVENTS = trigger() | subscription(name=f"{P}/subscriptions/eventarc-uploads-sub-1")
FAR = scheduler(name=f"{P}/locations/europe-west1/jobs/nightly")
ZONE = {
    "dnsName": "run.app.",
    "visibility": "private",
    "privateVisibilityConfig": {"networks": [{"networkUrl": f"{P}/global/networks/default"}]},
}
CONNECTED = {
    **ACCOUNT,
    **CONNECTOR,
    **job(serviceAccount=SENDER, vpcAccess={"connector": "c1"}),
    f"{RUN}{ORDERS}": {"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY", "urls": [URL]},
    "//dns.googleapis.com/projects/shop-prod/managedZones/z": ZONE,
}

_WARM: list[bool] = []


def warm(ask: Ask) -> None:
    """Load the clients' own modules, once."""
    if not _WARM:
        ask()
        _WARM.append(True)


@pytest.mark.parametrize(
    ("asked", "resources", "product"),
    [
        ("scheduler/nightly", scheduler(), "cloudscheduler"),
        ("scheduler/nightly", FAR, "cloudscheduler"),
        ("tasks/mail", queue(**oidc()) | task(), "cloudtasks"),
        ("pubsub/push", subscription(), "pubsub"),
        ("eventarc/uploads", EVENTS, "pubsub"),
        ("workflow/flow", workflow(FLOW), ""),
        ("job/report", ACCOUNT | job(serviceAccount=SENDER), ""),
        ("job/report", CONNECTED, ""),
        ("function/thumb", ACCOUNT | function("GEN_1", serviceAccountEmail=SENDER), ""),
        ("appengine/shop", ACCOUNT | app(serviceAccount=SENDER), ""),
        ("gce/us-central1-a/vm", machine(), ""),
        ("gke/c1/shop/cart", cluster(), ""),
        ("apigateway/front", gateway(), ""),
        ("build/deploy", trigger_of(L), ""),
        ("federation/ci/github/repo:example/shop:ref:refs/heads/main", provider(), ""),
    ],
)
def test_three_waves_of_reads(ask: Ask, asked: str, resources: dict[str, Any], product: str) -> None:
    linking = {"gke": linked(SENDER), "federation": trusts("*")}
    iam = policies(product) | linking.get(asked.partition("/")[0], {})
    warm(ask)
    for delay in DELAYS:
        facts, box = ask(caller=asked, resources=resources, iam=iam, world={"delays": {"api": delay}})
        reads = [one for one in box.requests if not one.host.endswith(".run.app")]
        waves = waves_of(reads)
        if len(waves) <= 3:
            break
    assert isinstance(facts.principal, Known)
    assert resources is not CONNECTED or len(value(facts.zones)) == 1
    assert value(facts.calls).with_token is not None
    assert len(waves) <= 3, [[one.path for one in wave] for wave in waves]
    paths = [(one.method, one.host, one.path) for one in reads if one.host != "logging.googleapis.com"]
    assert len(paths) == len(set(paths)) <= 20, paths

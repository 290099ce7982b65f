from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.collect.unanswerable import UnanswerableError
from crauth_doctor.model.fact import value_of

from ..conftest import CHECKOUT, FRONTEND, RUN, Ask
from .scenes import SENDER, L, P, member, queue, scheduler, subscription, task, trigger, value, workflow
from .test_cloud_build import GLOBAL, trigger_of
from .test_federation import PROVIDER, provider, trusts
from .test_workloads import CLUSTER, INSTANCE, app, cluster, function, gateway, job, linked, machine

PUSHED = subscription(name=f"{P}/subscriptions/eventarc-uploads-sub-1")


@pytest.mark.parametrize(
    ("full", "short", "resources"),
    [
        (f"{RUN}{FRONTEND}", "run/frontend", {}),
        (f"{RUN}{L}/jobs/report", "job/report", job(serviceAccount=SENDER)),
        (f"//cloudfunctions.googleapis.com/{L}/functions/thumb", "function/thumb", function()),
        (f"//cloudscheduler.googleapis.com/{L}/jobs/nightly", "scheduler/nightly", scheduler()),
        (f"//cloudtasks.googleapis.com/{L}/queues/mail", "tasks/mail", queue() | task()),
        (f"//cloudtasks.googleapis.com/{L}/queues/mail/tasks/1", "tasks/mail/1", queue() | task()),
        (f"//pubsub.googleapis.com/{P}/subscriptions/push", "pubsub/push", subscription()),
        (f"//eventarc.googleapis.com/{L}/triggers/uploads", "eventarc/uploads", trigger() | PUSHED),
        (f"//workflows.googleapis.com/{L}/workflows/flow", "workflow/flow", workflow("main: {steps: []}")),
        (f"//compute.googleapis.com/{INSTANCE}", "gce/us-central1-a/vm", machine()),
        (f"//container.googleapis.com/{CLUSTER}/shop/cart", "gke/c1/shop/cart", cluster()),
        (
            f"//container.googleapis.com/{CLUSTER}/k8s/namespaces/shop/serviceaccounts/cart",
            "gke/c1/shop/cart",
            cluster(),
        ),
        ("//appengine.googleapis.com/apps/shop-prod/services/shop", "appengine/shop", app()),
        (f"//apigateway.googleapis.com/{L}/gateways/front", "apigateway/front", gateway()),
        (f"//cloudbuild.googleapis.com/{L}/triggers/deploy", "build/deploy", trigger_of(L)),
        (f"//cloudbuild.googleapis.com/{P}/triggers/deploy", "build/deploy", trigger_of(GLOBAL)),
        (f"{PROVIDER}/repo:example/shop:x", "federation/ci/github/repo:example/shop:x", provider()),
        (f"//iam.googleapis.com/{P}/serviceAccounts/{CHECKOUT}", CHECKOUT, {}),
    ],
)
def test_a_full_resource_name_is_understood_as_what_it_is(
    ask: Ask, full: str, short: str, resources: dict[str, Any]
) -> None:
    iam = trusts("*") if full.startswith(PROVIDER) else linked(SENDER)
    by_full, _ = ask(caller=full, resources=resources, iam=iam)
    by_short, _ = ask(caller=short, resources=resources, iam=iam)
    assert value(by_full.caller).asked == full
    assert value(by_full.caller).kind is value(by_short.caller).kind
    assert value(by_full.caller).resource == value(by_short.caller).resource
    assert member(by_full) == member(by_short)
    assert value(by_full.origin) == value(by_short.origin)
    assert (value_of(by_full.sending), value_of(by_full.token)) == (
        value_of(by_short.sending),
        value_of(by_short.token),
    )


def test_a_cluster_takes_its_workload_too(ask: Ask) -> None:
    with pytest.raises(UnanswerableError, match="does not name a workload"):
        ask(caller=f"//container.googleapis.com/{CLUSTER}", resources=cluster())


@pytest.mark.parametrize(
    "asked",
    [
        "//pubsub.googleapis.com/projects/shop-prod/topics/orders",
        "//pubsub.googleapis.com/push",
        "//run.googleapis.com/projects/shop-prod/locations/us-central1/revisions/x",
        "//storage.googleapis.com/bucket",
        "//pubsub.example.com/projects/shop-prod/subscriptions/push",
        f"//iam.googleapis.com/{P}/serviceAccounts/100234",
        "//",
    ],
)
def test_full_names_of_what_calls_nothing(ask: Ask, asked: str) -> None:
    with pytest.raises(UnanswerableError, match="is not a caller that this tool understands"):
        ask(caller=asked)

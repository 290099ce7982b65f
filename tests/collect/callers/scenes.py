"""Senders and workloads that work, each as its API shows it."""

from __future__ import annotations

from typing import Any

from crauth_doctor.model.fact import Known
from crauth_doctor.model.facts import Facts

from ..conftest import CRM, IAM, NUMBER, URL, invoker

P = "projects/shop-prod"
L = f"{P}/locations/us-central1"
SENDER = "sender@shop-prod.iam.gserviceaccount.com"
DEFAULT = f"{NUMBER}-compute@developer.gserviceaccount.com"
APPSPOT = "shop-prod@appspot.gserviceaccount.com"
MEMBER = f"serviceAccount:{SENDER}"
ACCOUNT: dict[str, Any] = {f"{IAM}serviceAccounts/{SENDER}": {}}
ORDERS_POLICY = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"


def oidc(audience: str | None = URL) -> dict[str, Any]:
    token = {"serviceAccountEmail": SENDER}
    return {"oidcToken": token | ({"audience": audience} if audience else {})}


def scheduler(uri: str = f"{URL}/run", name: str = f"{L}/jobs/nightly", **target: Any) -> dict[str, Any]:
    job = {"name": name, "httpTarget": {"uri": uri, "httpMethod": "POST", **(target or oidc())}}
    return ACCOUNT | {f"//cloudscheduler.googleapis.com/{name}": job}


def queue(name: str = f"{L}/queues/mail", **override: Any) -> dict[str, Any]:
    settings = {"httpTarget": override} if override else {}
    return ACCOUNT | {f"//cloudtasks.googleapis.com/{name}": {"name": name, **settings}}


def task(id: str = "1", url: str = f"{URL}/mail", created: str = "2026-06-01T08:00:00Z", **more: Any) -> dict[str, Any]:
    name = f"{L}/queues/mail/tasks/{id}"
    request = {"url": url, "httpMethod": "POST", "body": "c2VjcmV0", **(more or oidc())}
    return {f"//cloudtasks.googleapis.com/{name}": {"name": name, "createTime": created, "httpRequest": request}}


def subscription(endpoint: str = f"{URL}/push", name: str = f"{P}/subscriptions/push", **more: Any) -> dict[str, Any]:
    push = {"pushEndpoint": endpoint, **(more or oidc())}
    return ACCOUNT | {f"//pubsub.googleapis.com/{name}": {"name": name, "pushConfig": push}}


def trigger(name: str = f"{L}/triggers/uploads", **more: Any) -> dict[str, Any]:
    found = {
        "name": name,
        "serviceAccount": SENDER,
        "destination": {"cloudRun": {"service": "orders", "region": "us-central1", "path": "/event"}},
        "transport": {"pubsub": {"subscription": f"{P}/subscriptions/eventarc-uploads-sub-1"}},
    }
    return ACCOUNT | {f"//eventarc.googleapis.com/{name}": found | more}


def workflow(source: str, name: str = f"{L}/workflows/flow", **more: Any) -> dict[str, Any]:
    found = {"name": name, "serviceAccount": f"{P}/serviceAccounts/{SENDER}", "sourceContents": source}
    return ACCOUNT | {f"//workflows.googleapis.com/{name}": found | more}


def agent(product: str) -> str:
    return f"serviceAccount:service-{NUMBER}@gcp-sa-{product}.iam.gserviceaccount.com"


def policies(product: str = "", *, role: str = "") -> dict[str, Any]:
    """The sender may invoke; the product's agent has its role, where one is given."""
    bindings = [{"role": role or f"roles/{product}.serviceAgent", "members": [agent(product)]}] if product else []
    return {ORDERS_POLICY: invoker(MEMBER), f"{CRM}{P}": {"bindings": bindings}}


def value(fact: object) -> Any:
    assert isinstance(fact, Known), fact
    return fact.value


def member(facts: Facts) -> str:
    return str(value(facts.principal).member)

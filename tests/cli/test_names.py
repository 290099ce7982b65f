"""How services and callers are named: as people write, paste and misspell them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., Any]
SHOP = ("--project", "shop-prod")
HERE = (*SHOP, "--region", "us-central1")
HOST = "orders-123456789012.us-central1.run.app"
FULL = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
CONSOLE = "console.cloud.google.com/run/detail/us-central1/orders/observability/metrics"

SENDERS = (
    "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly",
    "//cloudtasks.googleapis.com/projects/shop-prod/locations/us-central1/queues/mail",
    "//pubsub.googleapis.com/projects/shop-prod/subscriptions/orders-push",
)


@pytest.mark.parametrize(
    "argv",
    [
        (HOST,),
        (f"{HOST}/v1/items?page=2",),
        (HOST.upper(),),
        (f"https://{CONSOLE}?authuser=1&project=shop-prod&hl=de",),
        (f"{CONSOLE}?project=shop-prod",),
        (f"https://{CONSOLE}", *SHOP),
        ("https://run.googleapis.com/v2/projects/shop-prod/locations/us-central1/services/orders",),
    ],
)
def test_what_people_paste_names_the_service(run: Run, world: str, argv: tuple[str, ...]) -> None:
    good = ("--caller", "good@shop-prod.iam.gserviceaccount.com")
    ran = run("check", *argv, *good, "--world", world, "-q", "--format", "json")
    assert json.loads(ran.out)["target"]["service"] == FULL
    assert ran.status == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("order", *HERE), "There is no service order (shop-prod, us-central1). Did you mean orders?"),
        (("order", *SHOP), "There is no service order (shop-prod). Did you mean orders?"),
        (("twim", "--region", "asia-east1", *SHOP), "Did you mean twin (in us-central1)?"),
        (("orders", "--region", "us-cental1", *SHOP), "This tool knows no Cloud Run region us-cental1"),
        (("orders", *HERE, "--caller", "run/chekout"), "no run/chekout in shop-prod. Did you mean run/checkout?"),
        (("orders", *HERE, "--caller", "job/nightli"), "no job/nightli in shop-prod. Did you mean job/nightly?"),
        (("orders", *HERE, "--caller", "scheduler/nigtly"), "Did you mean scheduler/nightly?"),
        (("orders", *HERE, "--caller", "tasks/mial"), "Did you mean tasks/mail?"),
        (("orders", *HERE, "--caller", "pubsub/orders-psh"), "Did you mean pubsub/orders-push?"),
        (("orders", "--project", "shop-prd"), "You can see no project shop-prd. Did you mean shop-prod?"),
        (("orders", *HERE, "--caller", "checkout"), "Did you mean run/checkout, job/checkout or function/checkout?"),
        (("orders", *HERE, "--caller", "run"), "Did you mean run/NAME?"),
        (("orders", *HERE, "--caller", "functoin/x"), "Did you mean function/x?"),
        (("orders", *HERE, "--caller", "webhok"), "Did you mean webhook?"),
        (("orders", *HERE, "--caller", "??"), "Pass one of these: me browser"),
    ],
)  # fmt: skip
def test_a_slip_of_the_hand_is_corrected(run: Run, world: str, argv: tuple[str, ...], said: str) -> None:
    document = yaml.safe_load(Path(world).read_text())
    job = "//run.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"
    document["resources"][job] = {
        "template": {"template": {"serviceAccount": "good@shop-prod.iam.gserviceaccount.com"}}
    }
    for name in SENDERS:
        document["resources"][name] = {}
    Path(world).write_text(yaml.safe_dump(document))
    ran = run("check", *argv, "--world", world, "-q")
    assert (ran.status, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())


def test_a_project_unlike_any_other_is_diagnosed(run: Run, world: str) -> None:
    ran = run("check", "orders", "--project", "somewhere", "--region", "us-central1", "--world", world, "-q")
    assert (ran.status, ran.err) == (11, "")
    full = "projects/shop-prd/locations/us-central1/services/orders"
    assert run("check", full, "--world", world, "-q").status == 11


@pytest.mark.parametrize(
    ("argv", "title"),
    [
        (("nosuch", *HERE), "nosuch in shop-prod, us-central1"),
        (("nosuch", *SHOP), "nosuch in shop-prod"),
        (("orders", *SHOP, "--region", "europe-west1"), "orders in shop-prod, europe-west1"),
        (("https://order-123456789012.us-central1.run.app",), "behind order-123456789012.us"),
    ],
)  # fmt: skip
def test_what_is_no_slip_is_diagnosed_by_its_name(run: Run, world: str, argv: tuple[str, ...], title: str) -> None:
    report = json.loads(run("check", *argv, "--world", world, "-q", "--format", "json").out)
    assert report["cause"] == "reach/no-such-service"
    assert report["findings"][0]["title"].startswith(f"there is no Cloud Run service {title}")


def test_a_name_beside_what_tells_of_a_call_is_no_slip(run: Run, world: str) -> None:
    argv = ("order", *HERE, "--url", "https://order-123456789012.us-central1.run.app", "--world", world, "-q")
    assert json.loads(run("check", *argv, "--format", "json").out)["cause"] == "reach/no-such-service"


def test_a_caller_in_another_project(run: Run, world: str) -> None:
    document = yaml.safe_load(Path(world).read_text())
    account = "good@shop-prod.iam.gserviceaccount.com"
    document["resources"] |= {
        "//cloudresourcemanager.googleapis.com/projects/web-prod": {
            "name": "projects/210987654321",
            "projectId": "web-prod",
        },
        "//run.googleapis.com/projects/web-prod/locations/europe-west1/services/checkout": {
            "template": {"serviceAccount": account},
            "urls": ["https://checkout-210987654321.europe-west1.run.app"],
        },
    }
    Path(world).write_text(yaml.safe_dump(document))

    def caller(*more: str) -> str:
        argv = ("orders", *HERE, "--caller", "run/checkout", "--world", world, "-q", "--format", "json")
        return str(json.loads(run("check", *argv, *more).out)["caller"]["member"])

    assert caller() == "serviceAccount:checkout@shop-prod.iam.gserviceaccount.com"
    assert caller("--caller-project", "web-prod") == f"serviceAccount:{account}"
    shown = run("grant", "orders", *HERE, "--caller", "run/checkout", "--caller-project", "web-prod", "--world", world)
    assert account in shown.out + shown.err

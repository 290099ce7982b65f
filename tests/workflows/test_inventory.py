"""What the wizard lists: services of all regions, callers by kind, and what it says of what it cannot list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from crauth_doctor.sandbox import load_world, serve
from crauth_doctor.workflows.context import Context
from crauth_doctor.workflows.inventory import ProjectInventory

MORE = """\
  //run.googleapis.com/projects/shop-prod/locations/us-central1/jobs/report: {template: {template: {}}}
  //cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly:
    httpTarget: {uri: https://orders-123456789012.us-central1.run.app/}
  //cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/publishes:
    pubsubTarget: {topicName: projects/shop-prod/topics/t}
  //pubsub.googleapis.com/projects/shop-prod/subscriptions/pushed:
    topic: projects/shop-prod/topics/t
    pushConfig: {pushEndpoint: "https://orders-123456789012.us-central1.run.app/"}
  //pubsub.googleapis.com/projects/shop-prod/subscriptions/pulled: {topic: projects/shop-prod/topics/t}
iam:
"""


SAID: list[str] = []
"""What was being read."""


@pytest.fixture
def reader(world: str, request: pytest.FixtureRequest) -> Iterator[ProjectInventory]:
    path = Path(world)
    lacks = getattr(request, "param", "")
    content = path.read_text(encoding="utf-8").replace("iam:\n", MORE, 1)
    path.write_text(content.replace("operator: {", f"operator: {{lacks: [{lacks}], "), encoding="utf-8")
    with serve(load_world(world)) as box:
        yield ProjectInventory(Context({}, box.base, lambda: nullcontext(SAID.append)))


def test_services_of_all_regions(reader: ProjectInventory) -> None:
    listing = reader.services("shop-prod")
    assert [" ".join(one.label.split()) for one in listing.found] == [
        "checkout us-central1",
        "orders us-central1",
        "twin europe-west1",
        "twin us-central1",
    ]
    assert listing.found[1].value == "projects/shop-prod/locations/us-central1/services/orders"
    assert listing.note == ""


def test_callers_by_kind(reader: ProjectInventory) -> None:
    found = {one.value: one.group for one in reader.callers("shop-prod").found}
    assert found["run/checkout"] == "Cloud Run services"
    assert found["job/report"] == "Cloud Run jobs"
    assert found["scheduler/nightly"] == "Scheduler jobs"
    assert found["pubsub/pushed"] == "Pub/Sub push subscriptions"
    assert found["good@shop-prod.iam.gserviceaccount.com"] == "Service accounts"
    assert not {"pubsub/pulled", "scheduler/publishes"} & found.keys()


def test_where_a_short_name_would_mean_two_the_full_one_is_used(reader: ProjectInventory) -> None:
    values = {one.value for one in reader.callers("shop-prod").found}
    assert "run/twin" not in values
    assert "run/projects/shop-prod/locations/europe-west1/services/twin" in values


def test_each_list_is_read_once(reader: ProjectInventory) -> None:
    first = reader.callers("shop-prod")
    SAID.clear()
    assert reader.callers("shop-prod") is first
    reader.services("shop-prod")
    assert SAID == []


@pytest.mark.parametrize("reader", ["run.services.list"], indirect=True)
def test_services_that_may_not_be_listed(reader: ProjectInventory) -> None:
    listing = reader.services("shop-prod")
    assert listing.found == ()
    assert listing.note == "The services of shop-prod could not be listed (run.services.list is missing)."
    assert "Cloud Run services (run.services.list is missing)" in reader.callers("shop-prod").note


@pytest.mark.parametrize("reader", ["iam.serviceAccounts.list"], indirect=True)
def test_callers_that_may_not_be_listed_can_be_typed(reader: ProjectInventory) -> None:
    listing = reader.callers("shop-prod")
    assert listing.note == ("Not listed, and can be typed: Service accounts (iam.serviceAccounts.list is missing).")
    assert "run/checkout" in {one.value for one in listing.found}


def test_a_project_that_is_none(reader: ProjectInventory) -> None:
    listing = reader.services("no-such-project")
    assert listing.found == ()
    assert listing.note

"""A certificate that may not be read is none that is in order, and an empty URL is none that can be called."""

from __future__ import annotations

import pytest

from crauth_doctor.model.finding import Conclusion
from crauth_doctor.sandbox import parse_world, serve
from crauth_doctor.workflows import WorkflowError
from crauth_doctor.workflows.context import CallRequest, Context
from crauth_doctor.workflows.diagnose import check
from tests.built_in import document


def test_a_certificate_that_may_not_be_read_leaves_the_way_open() -> None:
    world = document("reach-domain-not-ready-load-balancer")["world"]
    world["operator"]["lacks"] = ["compute.sslCertificates.list"]
    request = CallRequest(
        "bookings",
        caller="run/website",
        project="larkspur-tours",
        region="asia-southeast1",
        url="https://book.larkspur.example/tours",
        audience="https://book.larkspur.example",
    )
    with serve(parse_world(world)) as box:
        assert check(Context({}, box.base), request).diagnosis.conclusion is Conclusion.UNDECIDED


def test_an_empty_url_is_refused() -> None:
    request = CallRequest("orders", project="shop-prod", region="us-central1", url="")
    with serve(parse_world(document("healthy")["world"])) as box, pytest.raises(WorkflowError, match="not a URL"):
        check(Context({}, box.base), request)

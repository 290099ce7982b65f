"""Where a host leads: the service's own hosts, another's, and those of which nothing is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crauth_doctor.model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from crauth_doctor.model.http import Call
from crauth_doctor.model.leads import call_leads_here
from crauth_doctor.model.load_balancer import LoadBalancer
from crauth_doctor.model.run import Domain, Service

HERE = Source("run.services.get", "//run.googleapis.com/x")
NAME = "projects/shop-prod/locations/us-central1/services/orders"
ORDERS = Service(
    NAME,
    (
        "https://orders-123456789012.us-central1.run.app",
        "https://orders-abc123-uc.a.run.app",
        "https://us-central1-shop-prod.cloudfunctions.net/Orders",
    ),
    tag_urls=("https://blue---orders-abc123-uc.a.run.app",),
    function="Orders",
)
NO_MAPPING = Absent(Source("run.domainmappings.get", "//run.googleapis.com/m"))


def leads(
    url: str,
    service: Fact[Service] | Service = ORDERS,
    domain: Fact[Domain] = NO_MAPPING,
    balancer: Fact[LoadBalancer] = NO_MAPPING,
) -> Fact[bool]:
    callee = Known(service, HERE) if isinstance(service, Service) else service
    return call_leads_here(Known(Call(url), HERE), callee, domain, balancer)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("https://orders-123456789012.us-central1.run.app/a?b", True),
        ("http://ORDERS-123456789012.us-central1.run.app", True),
        ("https://orders-abc123-uc.a.run.app/", True),
        ("https://blue---orders-abc123-uc.a.run.app/", True),
        ("https://blue---orders-123456789012.us-central1.run.app/", True),
        ("https://us-central1-shop-prod.cloudfunctions.net/Orders", True),
        ("https://us-central1-shop-prod.cloudfunctions.net/Orders/x", True),
        ("https://us-central1-shop-prod.cloudfunctions.net/Other", False),
        ("https://us-central1-web-prod.cloudfunctions.net/Orders", False),
        ("https://europe-west1-shop-prod.cloudfunctions.net/Orders", False),
        ("https://checkout-123456789012.us-central1.run.app/", False),
        ("https://nosuch-123456789012.us-central1.run.app/", False),
        ("https://orders-123456789012.europe-west1.run.app/", False),
        ("https://orders-999.us-central1.run.app/", False),
        ("https://orders-zzz999-uc.a.run.app/", False),
        ("https://checkout-abc123-uc.a.run.app/", False),
    ],
)
def test_urls_of_clouds_runs_own_tell_by_themselves(url: str, here: bool) -> None:
    assert leads(url) == Known(here, HERE)


def test_a_tag_that_the_service_does_not_list_may_be_gone() -> None:
    found = leads("https://gone---orders-abc123-uc.a.run.app/")
    assert isinstance(found, Unknown)
    assert found.obstacle is Obstacle.NOT_TOLD
    whole = replace(ORDERS, shows_tags=True)
    assert leads("https://gone---orders-abc123-uc.a.run.app/", whole) == Known(value=False, source=HERE)
    assert leads("https://blue---orders-123456789012.us-central1.run.app/", whole) == Known(value=True, source=HERE)


@pytest.mark.parametrize("url", ["https://orders.example.com/", "http://example.com", "https://203.0.113.7/"])
def test_any_other_host_may_lead_anywhere(url: str) -> None:
    fact = leads(url)
    assert isinstance(fact, Unknown)
    assert fact.obstacle is Obstacle.NOT_TOLD


@pytest.mark.parametrize(("service", "here"), [(NAME, True), (NAME.replace("orders", "other"), False)])
def test_a_mapping_tells(service: str, here: bool) -> None:
    mapping = Known(Domain("orders.example.com", service, ready=True), HERE)
    assert leads("https://orders.example.com/x", domain=mapping) == Known(here, HERE)
    assert isinstance(leads("https://else.example.com/x", domain=mapping), Unknown)


def test_what_was_not_read_is_named() -> None:
    refused = Unknown(NO_MAPPING.source, Obstacle.FORBIDDEN, "no", "run.domainmappings.get")
    assert leads("https://orders.example.com/", domain=refused) == refused
    assert leads("https://orders-123456789012.us-central1.run.app", service=refused) == refused
    assert leads("https://orders-123456789012.us-central1.run.app", service=NO_MAPPING) == NO_MAPPING


def test_a_service_whose_urls_are_switched_off_is_still_named_by_them() -> None:
    bare = replace(ORDERS, urls=(), tag_urls=(), function=None)
    assert leads("https://orders-1.us-central1.run.app", bare) == Known(value=True, source=HERE)
    assert leads("https://checkout-1.us-central1.run.app", bare) == Known(value=False, source=HERE)
    assert isinstance(leads("https://orders-abc123-uc.a.run.app", bare), Unknown)
    assert leads("https://us-central1-shop-prod.cloudfunctions.net/orders", bare) == Known(value=False, source=HERE)

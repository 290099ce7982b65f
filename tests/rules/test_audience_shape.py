"""What is wrong with an audience, by its form: a service has one URL of each form, and no other."""

from __future__ import annotations

import pytest

from crauth_doctor.rules.token import Shape, shape_of

BY_NUMBER = "https://orders-123456789012.us-central1.run.app"
BY_HASH = "https://orders-abc123defg-uc.a.run.app"
OF_FUNCTION = "https://us-central1-p.cloudfunctions.net/orders"


@pytest.mark.parametrize(
    ("audience", "accepted", "shape"),
    [
        ("https://orders-123456789012.europe-west1.run.app", (BY_NUMBER, BY_HASH), Shape.OTHER_SERVICE),
        ("https://orders-999999999999.us-central1.run.app", (BY_NUMBER, BY_HASH), Shape.OTHER_SERVICE),
        ("https://orders-zyx987wvut-uc.a.run.app", (BY_NUMBER, BY_HASH), Shape.OTHER_SERVICE),
        (BY_HASH, (BY_NUMBER,), Shape.UNKNOWN),
        (BY_NUMBER, (BY_HASH,), Shape.UNKNOWN),
        ("https://other-123456789012.us-central1.run.app", (BY_HASH,), Shape.OTHER_SERVICE),
        ("https://orders.example.com", (BY_NUMBER,), Shape.UNKNOWN),
        (OF_FUNCTION, (BY_HASH,), Shape.UNKNOWN),
        (OF_FUNCTION, ("https://other-abc123defg-uc.a.run.app",), Shape.OTHER_SERVICE),
        (OF_FUNCTION, ("https://us-central1-q.cloudfunctions.net/orders", BY_HASH), Shape.OTHER_SERVICE),
        (BY_HASH, (OF_FUNCTION,), Shape.UNKNOWN),
        (BY_HASH, (), Shape.UNKNOWN),
        (f"{BY_HASH}/v1", (), Shape.PATH),
    ],
)
def test_an_audience_of_cloud_runs_own_form(audience: str, accepted: tuple[str, ...], shape: Shape) -> None:
    assert shape_of(audience, accepted, "orders-123456789012.us-central1.run.app") is shape


def test_a_domain_that_leads_here_is_told_apart() -> None:
    found = shape_of("https://orders.example.com", (BY_NUMBER,), "orders-1.us-central1.run.app", leads_here=True)
    assert found is Shape.CUSTOM_DOMAIN

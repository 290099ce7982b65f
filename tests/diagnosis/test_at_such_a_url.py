"""What is left open is ordered by how often it occurs at a URL of this kind."""

from __future__ import annotations

import pytest

from crauth_doctor.workflows.explain import explain


@pytest.mark.parametrize(
    ("url", "status", "first", "later"),
    [
        ("https://canary---billing-abc-uc.a.run.app/", 401, "token/audience-tag-url", "token/audience-custom-domain"),
        ("https://us-central1-p.cloudfunctions.net/f", 401, "token/audience-function-path", "token/audience-tag-url"),
        ("https://api.example.com/", 401, "token/audience-custom-domain", "token/audience-function-path"),
        ("https://api.example.com/a", 404, "reach/host-header", "ingress/outside-vpc"),
        ("https://api.example.com/statusz", 404, "reach/reserved-path", "reach/host-header"),
        ("https://billing-abc-uc.a.run.app/", 404, "ingress/outside-vpc", "reach/host-header"),
    ],
)
def test_the_order_of_what_is_left(url: str, status: int, first: str, later: str) -> None:
    left = [each.rule for each in explain(f"GET {url} -> {status}\n").diagnosis.open]
    assert left.index(first) < left.index(later)
    assert left.index(first) < 6

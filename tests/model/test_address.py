from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crauth_doctor.model.address import Custom, Deterministic, Hashed, OfFunction, origin_of, parse_url

FUNCTION = "https://us-central1-shop-prod.cloudfunctions.net"
REGIONS = ["us-central1", "europe-west1", "northamerica-northeast2", "me-central2", "southamerica-east1"]
names = st.from_regex(r"[a-z]([a-z0-9]|-(?!-)){0,30}[a-z0-9]", fullmatch=True)
tags = st.one_of(st.none(), names)
paths = st.sampled_from(["", "/", "/a/b?c=https://x-1.us-central1.run.app", "#f", ":443/"])


@given(names, st.integers(1, 10**13), st.sampled_from(REGIONS))
def test_where_a_certificate_is_asked_for_it_is_cloud_runs_own_url_too(name: str, number: int, region: str) -> None:
    assert parse_url(f"https://{name}-{number}.{region}.mtls.run.app/") == Deterministic(name, str(number), region)


@given(names, st.integers(1, 10**13), st.sampled_from(REGIONS), tags, paths)
def test_a_deterministic_url_tells_everything(name: str, number: int, region: str, tag: str | None, path: str) -> None:
    url = f"https://{tag + '---' if tag else ''}{name}-{number}.{region}.run.app{path}"
    assert parse_url(url) == Deterministic(name, str(number), region)


@given(names, st.from_regex(r"[a-z0-9]{6,12}", fullmatch=True), st.sampled_from(["uc", "ew", "an", "od"]), tags)
def test_a_hash_url_tells_the_name(name: str, hash: str, code: str, tag: str | None) -> None:
    assert parse_url(f"https://{tag + '---' if tag else ''}{name}-{hash}-{code}.a.run.app") == Hashed(name)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert parse_url(text) is None or "://" in text
    parse_url(f"https://{text}")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (
            "https://us-central1-shop-prod.cloudfunctions.net/sendEmail/x",
            OfFunction("us-central1", "shop-prod", "sendEmail"),
        ),
        (FUNCTION, OfFunction("us-central1", "shop-prod", "")),
        ("https://my-svc-2-99.us-east4.run.app", Deterministic("my-svc-2", "99", "us-east4")),
        ("https://ORDERS-1.US-CENTRAL1.RUN.APP/", Deterministic("orders", "1", "us-central1")),
        ("http://orders.example.com:8080/x", Custom("orders.example.com")),
        ("https://orders-1.us-central1.run.app.evil.com", Custom("orders-1.us-central1.run.app.evil.com")),
        ("https://[::1/x", None),
        ("ftp://orders-1.us-central1.run.app", None),
        ("https://", None),
    ],
)
def test_forms(url: str, address: object) -> None:
    assert parse_url(url) == address


def test_the_origin_of_a_url() -> None:
    assert origin_of("https://Orders-1.us-central1.run.app:443/a?b") == "https://orders-1.us-central1.run.app"

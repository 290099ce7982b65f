"""A proxy's settings tell which Host reaches Google."""

from __future__ import annotations

import pytest

from crauth_doctor.model.asks.said import Said
from crauth_doctor.workflows.explain import explain

URL = "https://orders-abc123-uc.a.run.app"
NGINX = f"location / {{\n  proxy_pass {URL};\n  proxy_set_header Host {{}};\n}}\n"
VITE = f"export default {{ server: {{ proxy: {{ '/api': {{ target: '{URL}'{{}} }} }} }} }}\n"


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        (NGINX.replace("{}", "$host"), True),
        (NGINX.replace("{}", "$http_host"), True),
        (NGINX.replace("{}", "$proxy_host"), False),
        (NGINX.replace("{}", "orders-abc123-uc.a.run.app"), False),
        (NGINX.replace("  proxy_set_header Host {};\n", ""), False),
        (f"ProxyPreserveHost On\nProxyPass / {URL}/\n", True),
        (f"ProxyPass / {URL}/\n", False),
        (VITE.replace("{}", ""), True),
        (VITE.replace("{}", ", changeOrigin: true"), False),
        (f"services:\n  orders:\n    loadBalancer:\n      servers:\n        - url: {URL}\n", True),
    ],
)
def test_the_host_that_is_passed_on(settings: str, kept: bool) -> None:
    cause = explain(f"{settings}\nHTTP/2 404\n").diagnosis.cause
    assert (cause is not None and cause.rule == "reach/host-header") == kept


def test_an_answer_that_no_wrong_host_gets() -> None:
    cause = explain(f"{NGINX.replace('{}', '$host')}\nHTTP/2 403\n").diagnosis.cause
    assert cause is None or cause.rule != "reach/host-header"


def test_a_call_that_goes_round_until_its_headers_are_too_long() -> None:
    cause = explain(f"{NGINX.replace('{}', '$host')}\nHTTP/2 413\n").diagnosis.cause
    assert cause is not None
    assert cause.rule == "reach/host-header"


def test_settings_alone_stop_nothing() -> None:
    """The Host that is passed on may be a domain that is mapped to the service."""
    assert explain(NGINX.replace("{}", "$host")).diagnosis.cause is None


def test_another_status_than_the_usual_leaves_the_host_that_is_passed_on() -> None:
    found = explain(NGINX.replace("{}", "$http_host"), Said((("status", "other"),))).diagnosis
    left = {cause for ask in found.asks for reply in ask.replies for cause in reply.leaves}
    assert left == {"reach/host-header", "reach/plain-http"}
    assert found.explanations == (), "what was said is no doubt of its own"


@pytest.mark.parametrize(("status", "is_it"), [("404", True), ("403", False)])
def test_a_status_that_is_said_is_one_that_the_wrong_host_gets(status: str, is_it: bool) -> None:
    cause = explain(NGINX.replace("{}", "$http_host"), Said((("status", status),))).diagnosis.cause
    assert (cause is not None and cause.rule == "reach/host-header") is is_it

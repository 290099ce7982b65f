from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crauth_doctor.gcp import mint
from crauth_doctor.gcp.call import send
from crauth_doctor.gcp.door import JUNK
from crauth_doctor.gcp.google import Google
from crauth_doctor.gcp.own_urls import is_own, own_urls
from crauth_doctor.model.fact import Known, Obstacle, Unknown
from crauth_doctor.model.http import BODY_LIMIT, Response
from crauth_doctor.model.run import Service
from crauth_doctor.model.secret import Secret

from .conftest import CHECKOUT, ORDERS, URL, Open

OWN = frozenset({URL})
APP = f"//run.googleapis.com/{ORDERS}"


def token(google: Google) -> Secret:
    minted = mint.mint_as(google, CHECKOUT, URL)
    assert isinstance(minted, Known), minted
    return minted.value.secret


def sent(google: Google, url: str = f"{URL}/", secret: Secret | None = None, own: frozenset[str] = OWN) -> Response:
    fact = send(google, url, secret=secret, own=own)
    assert isinstance(fact, Known), fact
    return fact.value


def test_the_three_calls(opened: Open) -> None:
    _, google = opened()
    assert sent(google).status == 403
    junk = sent(google, secret=JUNK)
    assert junk.status == 401
    assert "invalid_token" in junk.headers["www-authenticate"]
    good = sent(google, secret=token(google))
    assert (good.status, good.body) == (200, "ok")
    assert good.seconds is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/",
        "https://orders-123456789012.us-central1.run.app.evil.example.com/",
        "https://orders-999999999999.us-central1.run.app/",
        "https://orders-123456789012.us-central1.run.app@evil.example.com/",
        "https://evil.example.com\\@orders-123456789012.us-central1.run.app/",
        "https://evil.example.com#@orders-123456789012.us-central1.run.app/",
        "https://orders-123456789012.us-central1.run.app:8443/",
        "https://orders-123456789012.us-central1.run.app:99999/",
        "http://orders-123456789012.us-central1.run.app/",
        "https://orders-123456789012.us-central1.run.app/\r\nhost: evil.example.com",
        "ftp://orders-123456789012.us-central1.run.app/",
        "//orders-123456789012.us-central1.run.app/",
        "https://[::1/",
        "https://",
        "",
    ],
)
def test_a_token_goes_nowhere_else(opened: Open, url: str) -> None:
    box, google = opened()
    secret = token(google)
    before = len(box.requests)
    fact = send(google, url, secret=secret, own=OWN)
    assert isinstance(fact, Unknown)
    assert fact.obstacle is Obstacle.NOT_ASKED
    assert len(box.requests) == before
    assert secret.reveal() not in repr(fact)


@pytest.mark.parametrize("path", ["/other", "/ingestion", "/ingest/../other", "/ingest/%2e%2e/other", "/", ""])
def test_a_functions_host_is_shared_and_its_path_is_not(opened: Open, path: str) -> None:
    _, google = opened()
    host = "https://us-central1-shop-prod.cloudfunctions.net"
    fact = send(google, host + path, secret=Secret("e.y.J"), own=frozenset({f"{host}/ingest"}))
    assert isinstance(fact, Unknown)
    assert fact.obstacle is Obstacle.NOT_ASKED


def test_own_urls_are_those_that_cloud_run_names() -> None:
    service = Service(
        ORDERS, (URL,), custom_audiences=("https://evil.example.com",), tag_urls=("https://t---x.run.app",)
    )
    assert own_urls(service) == {URL, "https://t---x.run.app", URL.replace("https://", "https://t---")}
    assert is_own(f"{URL}/a/b?c", OWN)
    assert is_own(URL.upper().replace("HTTPS", "https"), OWN)


@given(st.text(max_size=40), st.sampled_from(["https://", "http://", "//", ""]), st.booleans())
def test_whatever_the_url_a_token_stays_home(text: str, scheme: str, hidden: bool) -> None:
    google: Any = None  # nothing may be sent, so that no door is needed
    url = f"{scheme}{text}{URL if hidden else ''}"
    if not is_own(url, OWN):
        assert isinstance(send(google, url, secret=Secret("x"), own=OWN), Unknown)


def test_redirects_are_not_followed_and_cookies_not_kept(opened: Open) -> None:
    headers = {"location": "https://evil.example.com/next?state=s3cret", "set-cookie": "session=s3cret"}
    box, google = opened(apps={APP: [{"request": "* *", "status": 302, "headers": headers, "body": ""}]})
    secret = token(google)
    before = len(box.requests)
    found = sent(google, secret=secret)
    assert (found.status, found.headers["location"]) == (302, "https://evil.example.com/next")
    assert "set-cookie" not in found.headers
    assert "s3cret" not in repr(found)
    assert len(box.requests) == before + 1
    assert not google.calling_session().cookies


def test_an_echoed_token_is_hidden(opened: Open) -> None:
    _, google = opened()
    secret = token(google)
    stripped = f"{secret.reveal().rpartition('.')[0]}.SIGNATURE_REMOVED_BY_GOOGLE"
    google.sandbox, echo = None, ""
    echo = f"you sent Bearer {stripped} and {secret.reveal()}"
    box, google = opened(apps={APP: [{"request": "* *", "status": 200, "body": echo, "headers": {"x-echo": stripped}}]})
    found = sent(google, secret=token(google))
    assert secret.reveal().split(".")[1] not in repr(found)
    assert "you sent Bearer [hidden]" in found.body
    assert box.requests[-1].status == 200


@pytest.mark.parametrize("size", [BODY_LIMIT - 1, BODY_LIMIT, BODY_LIMIT * 8])
def test_a_body_is_read_up_to_its_limit(opened: Open, size: int) -> None:
    _, google = opened(apps={APP: [{"request": "* *", "status": 200, "body": "a" * size}]})
    assert len(sent(google, secret=token(google)).body) == min(size, BODY_LIMIT)


def test_an_answer_of_the_service_is_never_absent_nor_tried_again(opened: Open) -> None:
    box, google = opened(apps={APP: [{"request": "* *", "status": 503, "body": "busy"}]})
    secret = token(google)
    before = len(box.requests)
    assert sent(google, secret=secret).status == 503
    assert len(box.requests) == before + 1
    assert sent(google, url="https://nobody-1.us-central1.run.app/").status == 404


def test_a_call_that_hangs_is_timed_out(opened: Open) -> None:
    host = URL.removeprefix("https://")
    _, google = opened(seconds=0.3, faults=[{"match": host, "times": 3, "delay": 2}])
    fact = send(google, f"{URL}/")
    assert isinstance(fact, Unknown)
    assert fact.obstacle is Obstacle.TIMED_OUT


def test_a_netrc_file_replaces_no_token(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    box, google = opened()
    google.calling_session().trust_env = True
    google.calling_session().proxies = {"http": box.base}
    assert sent(google, secret=token(google)).status == 200
    assert sent(google).status == 403


def test_users_proxies_are_honoured_except_for_a_sandbox(
    opened: Open, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{nobody}")
    monkeypatch.setenv("HTTP_PROXY", f"http://{nobody}")
    _, google = opened()
    assert sent(google).status == 403
    google.sandbox = None
    google._made.clear()
    fact = send(google, f"{URL}/")
    assert isinstance(fact, Unknown)
    assert "proxy" in fact.detail.lower()


def test_no_log_carries_a_token(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    box, google = opened()
    secret = token(google)
    sent(google, secret=secret)
    logged = "".join(repr(record.__dict__) for record in caplog.records)
    assert secret.reveal() not in logged
    assert box.operator_token not in logged

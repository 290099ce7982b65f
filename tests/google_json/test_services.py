from __future__ import annotations

import pytest

from crauth_doctor.google_json.services import proxies_of


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, {}),
        ({"HTTP_PROXY": "http://p:1"}, {"HTTP_PROXY": "http://p:1"}),
        ({"no_proxy": "localhost"}, {"NO_PROXY": "localhost"}),
        ({"HTTP_PROXY": "http://upper:1", "http_proxy": "http://lower:1"}, {"HTTP_PROXY": "http://lower:1"}),
        ({"http_proxy": "http://lower:1", "HTTP_PROXY": "http://upper:1"}, {"HTTP_PROXY": "http://lower:1"}),
        ({"https_proxy": "http://me:p@ss/w0rd@p:1"}, {"HTTPS_PROXY": "http://p:1"}),
        ({"HTTPS_PROXY": "me:secret@p:1"}, {"HTTPS_PROXY": "p:1"}),
        ({"Http_Proxy": "http://p:1", "MY_HTTP_PROXY": "x", "PASSWORD": "x", "ALL_PROXY": "x"}, {}),
    ],
)
def test_only_proxies_are_kept(given: dict[str, str], kept: dict[str, str]) -> None:
    assert dict(proxies_of(given.items())) == kept

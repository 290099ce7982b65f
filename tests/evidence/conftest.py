"""Made-up tokens and pages in their real shapes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

PAGE = """<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>{title}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: {head}</h1>
<h2>{text}</h2>
<h2></h2>
</body></html>"""


@pytest.fixture(scope="session")
def jwt() -> Callable[..., str]:
    def make(signature: str = "c2lnbmF0dXJlLW9mLXRoZS10b2tlbg", **claims: object) -> str:
        def part(value: object) -> str:
            return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

        return f"{part({'alg': 'RS256', 'typ': 'JWT', 'kid': 'k1'})}.{part(claims)}.{signature}"

    return make


@pytest.fixture(scope="session")
def id_token(jwt: Callable[..., str]) -> str:
    return jwt(
        iss="https://accounts.google.com",
        aud="https://billing-123456789012.europe-west4.run.app",
        email="caller@acme-prod.iam.gserviceaccount.com",
        sub="110000000000000000001",
        iat=1780304128,
        exp=1780307728,
    )


@pytest.fixture(scope="session")
def page_403() -> str:
    text = "Your client does not have permission to get URL <code>/v1/items</code> from this server."
    return PAGE.format(title="403 Forbidden", head="Forbidden", text=text)


@pytest.fixture(scope="session")
def page_401() -> str:
    text = "Your client does not have permission to the requested URL <code>/v1/items</code>."
    return PAGE.format(title="401 Unauthorized", head="Unauthorized", text=text)


@pytest.fixture(scope="session")
def page_404() -> str:
    return PAGE.format(
        title="404 Page not found", head="Page not found", text="The requested URL was not found on this server."
    )

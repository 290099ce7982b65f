"""What works straight to the service's own URL, with a token, is let in: something in between changes the request."""

from __future__ import annotations

from crauth_doctor.workflows.explain import explain

PAGE = """\
<html><head>
<title>403 Forbidden</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Forbidden</h1>
<h2>Your client does not have permission to get URL <code>/v1/items</code> from this server.</h2>
</body></html>
"""
THROUGH = f"""\
$ curl -i -H "Authorization: Bearer $TOKEN" https://api.shop.example/v1/items
HTTP/2 403
content-type: text/html; charset=UTF-8
server: cloudflare

{PAGE}"""
DIRECTLY = """
$ curl -i -H "Authorization: Bearer $TOKEN" https://orders-abc123-uc.a.run.app/v1/items
HTTP/2 200
content-type: application/json
server: Google Frontend
"""


def test_the_role_is_there() -> None:
    found = explain(THROUGH + DIRECTLY).diagnosis
    assert found.cause is not None
    assert found.cause.rule == "token/header-stripped"
    assert "iam/missing-invoker" not in {each.rule for each in found.also}


def test_without_the_direct_call_the_role_may_be_missing() -> None:
    found = explain(THROUGH).diagnosis
    assert "iam/missing-invoker" in {each.rule for each in (*found.open, found.cause) if each}

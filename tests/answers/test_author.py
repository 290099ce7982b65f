"""Who wrote this response? The pages are Google's, as captured; the application may write anything."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from crauth_doctor.answers.author import Author, read
from crauth_doctor.model.finding import Stage
from crauth_doctor.model.http import Response, Shown
from tests.rules.scenes import FORBIDDEN, NOT_FOUND, ROBOT, SERVED, UNVERIFIED, by_app, page

ARMOR = (
    '<!doctype html><meta charset="utf-8"><meta name=viewport content="width=device-width, initial-scale=1">'
    "<title>403</title>403 Forbidden"
)
DJANGO = (
    '<!DOCTYPE html><html lang="en"><head><title>403 Forbidden</title></head><body><div id="summary">'
    "<h1>Forbidden <span>(403)</span></h1><p>CSRF verification failed. Request aborted.</p></div></body></html>"
)
THROUGH = {"server": "Google Frontend"}
ANYWHERE = {Stage.REACH, Stage.INGRESS, Stage.IAP, Stage.TOKEN, Stage.IAM, Stage.APP}
REFUSED = {Stage.TOKEN, Stage.IAM}
HEAD = (
    '<html><head>\n<meta http-equiv="content-type" content="text/html;charset=utf-8">\n<title>{}</title>\n</head>\n'
    "<body tex (truncated...)"
)
NOT_SHOWN = Response(
    404,
    {"content-type": "text/html; charset=UTF-8", "server": "Google Frontend", "content-length": "272"},
    shown=Shown.NOTHING,
)
GET_URL = "Your client does not have permission to get URL /v1 from this server."
GOOGLE_ERROR = '{"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}'


def cut(response: Response) -> Response:
    return replace(response, shown=Shown.CUT)


@pytest.mark.parametrize(
    ("response", "with_token", "author", "stages"),
    [
        (NOT_FOUND, True, Author.FRONT_END_404, {Stage.REACH, Stage.INGRESS}),
        (ROBOT, None, Author.RESERVED_PATH, {Stage.REACH}),
        (page(403, "Access is forbidden."), True, Author.LEGACY_INGRESS, {Stage.INGRESS}),
        (FORBIDDEN, True, Author.INVOKER_CHECK, {Stage.IAM}),
        (FORBIDDEN, False, Author.INVOKER_CHECK, {Stage.TOKEN}),
        (FORBIDDEN, None, Author.INVOKER_CHECK, {Stage.TOKEN, Stage.IAM}),
        (UNVERIFIED, True, Author.TOKEN_CHECK, {Stage.TOKEN}),
        (
            Response(
                401,
                {
                    "www-authenticate": 'Bearer error="invalid_token" error_description="The access token '
                    'could not be verified"'
                },
            ),
            True,
            Author.TOKEN_CHECK,
            {Stage.TOKEN},
        ),
        (Response(302, {"x-goog-iap-generated-response": "true"}), None, Author.IAP, {Stage.IAP}),
        (Response(401, {}, "Invalid IAP credentials: empty token"), None, Author.IAP, {Stage.IAP}),
        (Response(403, {}, ARMOR), None, Author.CLOUD_ARMOR, {Stage.REACH}),
        (Response(407, {"proxy-authenticate": "Basic"}), None, Author.PROXY, {Stage.REACH}),
        (Response(403, {"via": "1.1 squid"}, "Access Denied"), None, Author.PROXY, {Stage.REACH}),
        (by_app(401), True, Author.APPLICATION, {Stage.APP}),
        (Response(404, {"server": "github.com"}, '{"message": "Not Found"}'), None, Author.UNCERTAIN, ANYWHERE),
        (Response(404, {"server": "Google Frontend"}, '{"message": "no"}'), None, Author.APPLICATION, {Stage.APP}),
        (by_app(404), True, Author.APPLICATION, {Stage.APP}),
        (Response(403, {"content-type": "application/json"}, '{"error":"no"}'), True, Author.APPLICATION, {Stage.APP}),
        (Response(403, THROUGH, DJANGO), None, Author.APPLICATION, {Stage.APP}),
        (Response(403, {}, DJANGO), None, Author.UNCERTAIN, ANYWHERE),
        (cut(Response(403, THROUGH, DJANGO)), None, Author.APPLICATION, {Stage.APP}),
        (cut(Response(403, THROUGH, DJANGO[:40])), None, Author.UNCERTAIN, ANYWHERE),
        (
            cut(Response(403, THROUGH, "<h1> Error: Forbidden</h1>")),
            None,
            Author.UNCERTAIN,
            ANYWHERE,
        ),
        (
            Response(403, THROUGH, "<title>Error 403 (Forbidden)!!1</title>"),
            None,
            Author.UNCERTAIN,
            ANYWHERE,
        ),
        (by_app(503), True, Author.APPLICATION, {Stage.APP}),
        (Response(503, {}, ""), True, Author.UNCERTAIN, {Stage.REACH, Stage.APP}),
        (Response(404, {"server": "Google Frontend"}, ""), True, Author.UNCERTAIN, ANYWHERE),
        (Response(403, {"x-powered-by": "Express"}, "<h2>No"), True, Author.APPLICATION, {Stage.APP}),
        (Response(403, {"etag": 'W/"9-a"'}, GET_URL), True, Author.APPLICATION, {Stage.APP}),
        (Response(401, {"set-cookie": "[hidden]"}, ""), True, Author.APPLICATION, {Stage.APP}),
        (Response(401, {"set-cookie": "[hidden]", "server": "cloudflare"}, ""), True, Author.UNCERTAIN, ANYWHERE),
        (Response(403, {"content-type": "text/plain"}, "not for you"), True, Author.APPLICATION, {Stage.APP}),
        (Response(403, {"content-type": "text/html"}, "<html>no</html>"), True, Author.UNCERTAIN, ANYWHERE),
        (Response(403, {}, json.dumps({"detail": FORBIDDEN.body})), True, Author.APPLICATION, {Stage.APP}),
        (Response(403, {}, GOOGLE_ERROR), True, Author.UNCERTAIN, ANYWHERE),
        (page(411, "POST requests require a length."), True, Author.PLATFORM, {Stage.REACH}),
        (page(503, "The server encountered an error."), True, Author.PLATFORM, {Stage.REACH, Stage.APP}),
        (page(403, "Something new."), True, Author.UNCERTAIN, ANYWHERE - {Stage.APP}),
        # cut: what is not there proves nothing, and marks without the rest of their page prove no more
        (cut(Response(403, {}, "<html><head>")), True, Author.UNCERTAIN, ANYWHERE),
        (cut(Response(403, {}, '{"error":')), True, Author.UNCERTAIN, ANYWHERE),
        (cut(Response(403, {"content-type": "text/plain"}, "not fo")), True, Author.UNCERTAIN, ANYWHERE),
        (cut(Response(403, {}, GET_URL)), True, Author.UNCERTAIN, {Stage.IAM, Stage.APP}),
        (cut(Response(403, {}, GET_URL)), None, Author.UNCERTAIN, {Stage.TOKEN, Stage.IAM, Stage.APP}),
        (cut(FORBIDDEN), True, Author.UNCERTAIN, {Stage.IAM}),
        (cut(UNVERIFIED), True, Author.UNCERTAIN, {Stage.TOKEN}),
        (cut(NOT_FOUND), True, Author.UNCERTAIN, {Stage.REACH, Stage.INGRESS}),
        (cut(Response(401, {}, HEAD.format("401 Unauthorized"))), None, Author.UNCERTAIN, {Stage.TOKEN}),
        (cut(Response(403, {}, HEAD.format("403 Forbidden"))), None, Author.UNCERTAIN, {*REFUSED, Stage.INGRESS}),
        (cut(Response(403, {}, HEAD.format("403 Forbidden")[12:])), None, Author.UNCERTAIN, ANYWHERE),
        (replace(NOT_SHOWN, status=404), None, Author.UNCERTAIN, {Stage.REACH, Stage.INGRESS}),
        (replace(NOT_SHOWN, status=403), None, Author.UNCERTAIN, ANYWHERE),
        (replace(by_app(403), body="", shown=Shown.NOTHING), True, Author.APPLICATION, {Stage.APP}),
        (Response(403, shown=Shown.NOTHING), True, Author.UNCERTAIN, ANYWHERE),
    ],
)
def test_author(response: Response, with_token: bool | None, author: Author, stages: set[Stage]) -> None:
    signature = read(response, with_token=with_token)
    assert (signature.author, set(signature.stages)) == (author, stages)
    assert not signature.passed
    assert signature.because


def test_served() -> None:
    assert read(SERVED, with_token=True).passed


def test_googles_server_header_proves_nothing() -> None:
    answer = Response(403, {"server": "Google Frontend", "x-cloud-trace-context": "a/1"}, "no")
    assert read(answer, with_token=True).author is Author.APPLICATION


def test_a_body_of_another_type_than_its_header_says_is_nobodys() -> None:
    """The page was cut away, and what stands below it in the paste is an exported setting."""
    exported = Response(404, {"content-type": "text/html; charset=UTF-8"}, '{"name": "projects/p/services/s"}')
    assert read(exported, with_token=True).author is Author.UNCERTAIN
    assert read(Response(404, {}, '{"error": "no"}'), with_token=True).author is Author.APPLICATION


def test_json_in_the_form_of_a_gateways_refusals_may_be_the_gateways() -> None:
    own = Response(401, {"content-type": "application/json"}, '{"code":401,"message":"Jwt is missing"}')
    assert read(own, with_token=None).stages == {Stage.REACH, Stage.APP}
    other = Response(401, {"content-type": "application/json"}, '{"code":401,"message":"no","path":"/v1"}')
    assert read(other, with_token=None).author is Author.APPLICATION

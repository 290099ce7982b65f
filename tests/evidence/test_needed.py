# ruff: noqa: E501 - one row of the table, one report
"""Every serialisation and every kind of thing is needed: of each there is a report that it alone understands."""

from __future__ import annotations

import ast
import html
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from crauth_doctor.evidence import calls, read, reader, things, trees
from crauth_doctor.evidence.calls import (
    clients,
    curl,
    dumps,
    facts,
    http,
    inline,
    joining,
    labelled,
    loose_tokens,
    mcp_config,
    objects,
    pages,
    panels,
    sender,
    wire,
)
from crauth_doctor.evidence.things import (
    claims,
    columns,
    describe,
    errors,
    exports,
    expressions,
    hcl,
    log_fields,
    logs,
    outputs,
    proxies,
    quoted_logs,
    tables,
    written_commands,
    written_senders,
)
from crauth_doctor.evidence.trees import broken_lines, documents, literals, prefixes, text, yamlish
from crauth_doctor.model.caller import CallerKind
from crauth_doctor.model.evidence import EventKind, Evidence, Wording
from crauth_doctor.model.fact import value_of
from crauth_doctor.model.run import Ingress
from crauth_doctor.workflows.explain import facts_of

URL = "https://orders-abc123-uc.a.run.app/v1"
HEAD = "HTTP/2 403\ncontent-type: text/html\nserver: Google Frontend\n"
ENTRY = {"insertId": "a", "logName": "projects/p/logs/run.googleapis.com%2Frequests", "httpRequest": {"status": 403}}
NOT_AUTHENTICATED = "The request was not authenticated."
CLAIMS = {"iss": "https://accounts.google.com", "aud": URL, "exp": 1780307728, "iat": 1780304128}
SERVICE = "projects/p/locations/r/services/orders"
JOB = {
    "name": "projects/p/locations/r/jobs/j",
    "httpTarget": {"uri": URL, "oidcToken": {"serviceAccountEmail": "a@b.c"}},
}


def status(evidence: Evidence) -> object:
    return next((each.response.status for each in evidence.exchanges if each.response), None)


def server(evidence: Evidence) -> object:
    return next((each.response.headers.get("server") for each in evidence.exchanges if each.response), None)


def called(evidence: Evidence) -> object:
    return next((each.call.url for each in evidence.exchanges if each.call), None)


def logged(evidence: Evidence) -> object:
    return [each.status for each in evidence.logs]


def ingress(evidence: Evidence) -> object:
    return next((each.ingress or each.fields.get("ingress") for each in evidence.exports), None)


def target(evidence: Evidence) -> object:
    return next((each.target for each in evidence.exports), None)


def audience(evidence: Evidence) -> object:
    return next((each.token.audience for each in evidence.credentials if each.token), None)


NOTHING: Callable[..., object] = lambda *_, **__: None  # noqa: E731 - a table of what stands in for readers
NONE: Callable[..., Iterator[object]] = lambda *_: iter(())  # noqa: E731
AS_IT_IS: Callable[[Any], Any] = lambda given: given  # noqa: E731

Row = tuple[ModuleType, str, Callable[..., object], str, Callable[[Evidence], object], object]

NEEDED: list[Row] = [
    (curl, "read", NOTHING, f"$ curl -H 'Authorization: Bearer x' {URL}\n", called, URL),
    (http, "read", NOTHING, HEAD, server, "Google Frontend"),
    (wire, "read", NOTHING, f"--> GET {URL}\nHost: x\n--> END GET\n<-- 403 {URL} (9ms)\nserver: Google Frontend\n<-- END HTTP\n", server, "Google Frontend"),
    (panels, "read", NOTHING, f"Request URL: {URL}\nRequest Method: GET\nStatus Code: 403\nResponse Headers\nserver: Google Frontend\ndate: x\n", server, "Google Frontend"),
    (objects, "read_recording", NOTHING, json.dumps({"log": {"entries": [{"request": {"url": URL, "method": "GET"}, "response": {"status": 403, "headers": [{"name": "server", "value": "x"}]}}]}}), server, "x"),
    (objects, "read", NOTHING, f"Response {{\n  status: 401,\n  headers: Headers {{ server: 'x', date: 'y' }},\n  url: '{URL}'\n}}\n", server, "x"),
    (mcp_config, "read", NOTHING, json.dumps({"mcpServers": {"orders": {"httpUrl": URL}}}), called, URL),
    (dumps, "read", NOTHING, f"AxiosError: failed\n    at settle (a.js:1:2)\n  config: {{\n    url: '{URL}',\n    method: 'get',\n  }},\n  response: {{\n    status: 403,\n    headers: {{ server: 'x' }},\n    data: 'no'\n  }}\n", server, "x"),
    (inline, "read", NOTHING, "status=403 header=map[Server:[x] Date:[y] Www-Authenticate:[Bearer]]\n", server, "x"),
    (inline, "read_pairs", NOTHING, "':path', '/v1'\n':method', 'GET'\n':authority', 'orders-abc123-uc.a.run.app'\n\n':status', '403'\n'server', 'x'\n", lambda found: (status(found), called(found), server(found)), (403, URL, "x")),
    (pages, "read", NOTHING, "<html><head>\n<title>403 Forbidden</title>\n</head></html>\n", status, 403),
    (clients, "read", NOTHING, f"GET {URL} -> 403\n", status, 403),
    (joining, "joined", AS_IT_IS, f"GET {URL} -> 403\n{HEAD}", lambda found: len(found.exchanges), 1),
    (expressions, "read", NOTHING, f"token = fetch_id_token(Request(), '{URL}')\n", lambda found: [one.audience for one in found.expressions], [URL]),
    (claims, "read", NOTHING, json.dumps(CLAIMS, indent=2), audience, URL),
    (columns, "read", NOTHING, "SERVICE  REGION  URL\norders   r       https://orders-abc123-uc.a.run.app\n", lambda found: [one.fields["service"] for one in found.exports], ["orders"]),
    (tables, "read", NOTHING, "$ gcloud run services describe orders --format='value(ingress)'\ninternal\n", ingress, "internal"),
    (describe, "read", NOTHING, f"Service orders in region us-central1\n\nURL:     {URL}\nIngress: internal\n", ingress, Ingress.INTERNAL),
    (errors, "read", NOTHING, "java.net.UnknownHostException: a.run.app\n", lambda found: len(found.errors), 1),
    (errors, "read_document", NOTHING, json.dumps({"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "no"}}), lambda found: [one.api for one in found.errors], ["googleapis.com"]),
    (errors, "read_within", NOTHING, json.dumps({"level": "error", "msg": "invalid_grant: Invalid JWT Signature."}), lambda found: len(found.errors), 1),
    (exports, "read", NOTHING, json.dumps({"name": SERVICE, "ingress": "INGRESS_TRAFFIC_ALL"}, indent=2), ingress, Ingress.ALL),
    (exports, "resource", NOTHING, json.dumps(JOB, indent=2), target, URL),
    (hcl, "read", NOTHING, f'resource "google_pubsub_subscription" "s" {{\n  push_config {{\n    push_endpoint = "{URL}"\n  }}\n}}\n', target, URL),
    (written_commands, "read", NOTHING, f"$ gcloud scheduler jobs create http j --uri={URL}\n", target, URL),
    (written_senders, "read", NOTHING, f"task = {{'http_request': {{'url': '{URL}', 'oidc_token': {{'service_account_email': who()}}}}}}\n", target, URL),
    (logs, "read", NOTHING, json.dumps([ENTRY], indent=2), logged, [403]),
    (log_fields, "read", NOTHING, "status       PERMISSION_DENIED\ndebugInfo    URL_ERROR-ERROR_OTHER. Original HTTP response code number = 403\n", logged, [403]),
    (quoted_logs, "read", NOTHING, "403 The request was not authenticated. Empty Authorization header value.\n", lambda found: [one.wording for one in found.logs], [Wording.EMPTY_HEADER]),
    (outputs, "read", NOTHING, "Deleted service [orders].\n", lambda found: [one.kind for one in found.events], [EventKind.DELETED]),
    (proxies, "read", NOTHING, f"proxy_pass {URL};\nproxy_set_header Host $host;\n", lambda found: [one.kind for one in found.events], [EventKind.HOST_KEPT]),
    (loose_tokens, "read", lambda _: [], "Authorization: Bearer undefined\n", lambda found: [one.header for one in found.credentials], ["authorization"]),
    (labelled, "read", NOTHING, f"audience: {URL}\n", lambda found: [one.audience for one in found.expressions], [URL]),
    (documents, "find", NONE, json.dumps({"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "no: it is\ncut off"}}, indent=2)[:-3], lambda found: [one.api for one in found.errors], ["googleapis.com"]),
    (documents, "find_loose", NONE, f"The log says {json.dumps(ENTRY)}\n", logged, [403]),
    (literals, "value_of", NOTHING, f"decoded: {CLAIMS!r}\n", audience, URL),
    (yamlish, "find", NONE, "insertId: a\nhttpRequest:\n  status: 403\n", logged, [403]),
    (prefixes, "_without_common", AS_IT_IS, "".join(f"Jun  1 08:52:37 web orders[12]: {line}\n" for line in HEAD.splitlines()), server, "Google Frontend"),
    (prefixes, "_without_json", AS_IT_IS, "".join(json.dumps({"level": 50, "msg": line}) + "\n" for line in HEAD.splitlines()), server, "Google Frontend"),
    (prefixes, "_without_runners", AS_IT_IS, "".join(f"web-1   | {line}\n" for line in HEAD.splitlines()) + "jobs-1  | ready\njobs-1  | idle\n", server, "Google Frontend"),
    (broken_lines, "joined", AS_IT_IS, json.dumps({**ENTRY, "textPayload": f"{NOT_AUTHENTICATED} Empty Authorization header value."}, indent=2).replace("request was", "request\nwas"), lambda found: [one.wording for one in found.logs], [Wording.EMPTY_HEADER]),
    (text, "_unfolded", AS_IT_IS, repr(HEAD), server, "Google Frontend"),
    (text, "_as_typed", AS_IT_IS, f"{{\n  \u201cname\u201d: \u201c{SERVICE}\u201d,\n  \u201cingress\u201d: \u201cINGRESS_TRAFFIC_ALL\u201d\n}}\n", ingress, Ingress.ALL),
    (prefixes, "strip", AS_IT_IS, "".join(f"Step #1: {line}\n" for line in HEAD.splitlines()), server, "Google Frontend"),
    (text, "_without_quoting", AS_IT_IS, "".join(f"> {line}\n" for line in HEAD.splitlines()), server, "Google Frontend"),
    (html, "unescape", AS_IT_IS, "&lt;html&gt;&lt;title&gt;403 Forbidden&lt;/title&gt;&lt;/html&gt;\n", status, 403),
    (sender, "complete", lambda given, _: given, "> GET /v1 HTTP/2\n> host: orders-abc123-uc.a.run.app\n> user-agent: Google-Cloud-Scheduler\n>\n< HTTP/2 403\n< server: Google Frontend\n", lambda found: getattr(value_of(facts_of(found).caller), "kind", None), CallerKind.SCHEDULER),
    (facts, "failing_of", NOTHING, f"GET {URL} -> 403\n", lambda found: getattr(value_of(facts_of(found).seen), "status", None), 403),
]  # fmt: skip


@pytest.mark.parametrize(("module", "name", "instead", "given", "found", "expected"), NEEDED)
def test_a_report_that_it_alone_understands(
    module: ModuleType,
    name: str,
    instead: Callable[..., object],
    given: str,
    found: Callable[[Evidence], object],
    expected: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert found(read(given)) == expected
    own = getattr(module, name)
    monkeypatch.setattr(module, name, instead)
    monkeypatch.setattr(reader, "_READERS", tuple(each for each in reader._READERS if each is not own))
    assert found(read(given)) != expected, "something else reads it as well"


def test_whatever_reads_is_in_the_table() -> None:
    listed = {module.__name__ for module, *_ in NEEDED}
    for room in (trees, things, calls):
        for path in Path(str(room.__file__)).parent.glob("*.py"):
            names = {
                node.name
                for node in ast.parse(path.read_text(encoding="utf-8")).body
                if isinstance(node, ast.FunctionDef)
            }
            if names & {"read", "find", "complete"} and path.stem != "commands":
                assert f"{room.__name__}.{path.stem}" in listed

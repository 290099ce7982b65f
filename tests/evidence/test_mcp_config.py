"""What clients of MCP servers are configured to send, and what it means for a refusal beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.fact import Absent
from crauth_doctor.model.finding import Conclusion
from crauth_doctor.workflows.explain import explain, facts_of

URL = "https://tools-604418820317.us-central1.run.app/mcp"
SERVERS: dict[str, tuple[str, dict[str, Any]]] = {
    "VS Code": ("servers", {"type": "http", "url": URL}),
    "Cursor": ("mcpServers", {"url": URL}),
    "Gemini CLI": ("mcpServers", {"httpUrl": URL, "timeout": 5000}),
    "Windsurf": ("mcpServers", {"serverUrl": URL}),
    "mcp-remote": ("mcpServers", {"command": "npx", "args": ["-y", "mcp-remote", URL, "--transport", "http-only"]}),
}


def config(client: str, **more: object) -> str:
    key, server = SERVERS[client]
    other = {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem"]}
    return json.dumps({key: {"files": other, "tools": {**server, **more}}}, indent=2)


@pytest.mark.parametrize("client", SERVERS)
def test_a_server_that_is_given_no_header_is_called_without_a_token(client: str, page_403: str) -> None:
    page = page_403.replace("<code>/v1/items</code>", "<code>/mcp</code>")
    text = f"The settings:\n\n{config(client)}\n\nThen its log has\n\n{page}\n"
    (call,) = (each.call for each in read(config(client)).exchanges)
    assert call is not None
    assert (call.url, call.method) == (URL, "POST")
    assert isinstance(facts_of(read(text)).token, Absent)
    found = explain(text).diagnosis
    assert found.cause is not None
    assert (found.cause.rule, found.conclusion) == ("token/missing", Conclusion.LIKELY)


@pytest.mark.parametrize(
    "more",
    [
        {"headers": {"Authorization": "Bearer ${input:token}"}},
        {"oauth": {"scopes": ["openid"]}},
        {"authProviderType": "service_account_impersonation", "targetAudience": URL},
    ],
)
def test_one_that_signs_in_may_send_one(more: dict[str, object], page_403: str) -> None:
    text = f"{config('Gemini CLI', **more)}\n\n{page_403}\n"
    assert not isinstance(facts_of(read(text)).token, Absent)


def test_the_application_default_credentials_of_gemini_cli_are_an_access_token() -> None:
    text = f"{config('Gemini CLI', authProviderType='google_credentials')}\n\nPOST {URL} 401 Unauthorized\n"
    cause = explain(text).diagnosis.cause
    assert cause is not None
    assert cause.rule == "token/access-token"


def test_a_header_that_mcp_remote_is_given_is_sent() -> None:
    key, server = SERVERS["mcp-remote"]
    args = [*server["args"], "--header", "Authorization: Bearer ${TOKEN}"]
    (call,) = read(json.dumps({key: {"tools": {"command": "npx", "args": args}}})).exchanges
    assert [made.header for made in call.credentials] == ["authorization"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"servers": {"tools": {"url": URL}}}),
        json.dumps({"servers": [{"url": URL}]}),
        json.dumps({"mcpServers": {"tools": {"command": "uvx", "args": ["other", URL]}}}),
    ],
)
def test_what_only_resembles_one(text: str) -> None:
    assert not [each for each in read(text).exchanges if each.headers_known]

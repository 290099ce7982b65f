"""Remote MCP servers in a client's configuration: each is called at its URL, with the headers that stand there alone.

Sources: https://code.visualstudio.com/docs/copilot/reference/mcp-configuration,
https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md,
https://github.com/geelen/mcp-remote#custom-headers
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ...google_json import json_access as look
from ...model.evidence import Expression, Mint, PieceKind, Seen
from ..paste import Paste
from ..trees.documents import Tree
from ..trees.redactor import clean_url
from . import objects
from .objects import Parts

_SERVERS = ("mcpServers", "servers", "context_servers")
_URLS = ("httpUrl", "url", "serverUrl")
_REMOTE = frozenset({"http", "sse", "streamable-http", "streamableHttp"})
_ADC = "google_credentials"
"""Gemini CLI's own word for an access token of the Application Default Credentials."""
_ENTRIES = 20


def read(paste: Paste, document: Tree) -> bool:
    """Take a document that configures servers of which at least one is called by its URL."""
    found = list(_calls(document.value))
    if not found:
        return False
    lines = paste.take(document.start, document.end, PieceKind.EXPORT, "what a client of MCP servers calls")
    for entry, parts in found:
        paste.exchanges.append(objects.exchange(paste, Seen.CONFIGURED, lines, parts))
        if look.text(entry, "authProviderType") == _ADC:
            paste.expressions.append(Expression(Mint.LIBRARY_ACCESS, lines=lines))
    return True


def _calls(value: object) -> Iterator[tuple[object, Parts]]:
    within = look.mapping(value, "mcp") or value
    name = next((name for name in _SERVERS if look.mapping(within, name)), "")
    for entry in list(look.mapping(within, name).values())[:_ENTRIES] if name else []:
        if name == "servers" and look.text(entry, "type") not in _REMOTE and not look.text(entry, "command"):
            continue  # anything may be called so
        parts = _bridged(entry) if look.text(entry, "command") else _remote(entry)
        if parts:
            yield entry, parts


def _remote(entry: object) -> Parts | None:
    url = clean_url(next((text for name in _URLS if (text := look.text(entry, name))), ""))
    headers = look.mapping(entry, "headers")
    sent = [(name.lower(), text) for name in headers if (text := look.text(headers, name))]
    signs_in = any("auth" in name.lower() or "token" in name.lower() for name in look.mapping(entry))
    return Parts(url, "POST", sent, whole=not signs_in) if url.startswith("http") else None


def _bridged(entry: object) -> Parts | None:
    """Return the call of `mcp-remote`, by which clients that start programs only reach a URL."""
    words = look.texts(entry, "args")
    url = clean_url(next((word for word in words if word.startswith("http")), ""))
    if not url or not any("mcp-remote" in word for word in words):
        return None
    given = [after.partition(":") for word, after in pairwise(words) if word == "--header"]
    return Parts(url, "POST", [(name.lower(), text.strip()) for name, _, text in given], whole=True)

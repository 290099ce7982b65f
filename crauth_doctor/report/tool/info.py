"""What a run would use: versions, credentials and where they were found, endpoints and proxies. Nothing secret."""

from __future__ import annotations

from ...deferred import dataclass
from ...redaction import clean
from ..json import written
from ..layout import Look, TextPage


@dataclass(frozen=True)
class CredentialsInUse:
    """Whose rights are used."""

    kind: str  # as a credentials file calls it, or what else they are
    origin: str  # where they were found
    email: str = ""  # whose they are; empty where only Google could tell
    impersonated: str = ""  # e-mail of the service account that they stand for; empty for none
    quota_project: str = ""  # the project that API calls are counted to; empty for none


@dataclass(frozen=True)
class RunInfo:
    """What a run would use."""

    versions: tuple[tuple[str, str], ...]  # of this tool, of Python, and of the libraries
    credentials: CredentialsInUse | None  # None where there are none that can be used
    problem: str  # why there are none, in a sentence
    # names and values of gcloud's settings and of the environment's; an empty value is not set
    defaults: tuple[tuple[str, str], ...]
    endpoints: tuple[str, ...]  # base URLs of Google's APIs
    metadata: str  # base URL of the metadata server
    sandbox: str  # base URL of the sandbox that stands in for Google; empty for Google
    network: tuple[tuple[str, str], ...]  # the environment's variables that tell of proxies and certificates


def as_text(info: RunInfo, look: Look) -> str:
    """Return it as text, with a newline at the end."""
    page = TextPage(look)
    page.heading("Versions")
    _table(page, info.versions)
    page.heading("Credentials")
    _credentials(page, info)
    page.heading("Defaults")
    _table(page, tuple((name, value or "not set") for name, value in info.defaults))
    page.heading("Endpoints")
    if info.sandbox:
        page.paragraph(f"The sandbox at {info.sandbox} replaces Google: every API call goes there.")
    else:
        for url in info.endpoints:
            page.paragraph(clean(url))
    page.paragraph(f"Metadata server: {clean(info.metadata)}")
    page.heading("Proxies and certificates")
    if info.network:
        _table(page, info.network)
    else:
        page.paragraph("The environment names none.")
    return str(page)


def _credentials(page: TextPage, info: RunInfo) -> None:
    found = info.credentials
    if found is None:
        page.paragraph(clean(info.problem))
        return
    rows = (
        ("kind", found.kind),
        ("found in", found.origin),
        ("account", found.email or "not told by the credentials themselves"),
        ("impersonating", found.impersonated),
        ("billing project", found.quota_project),
    )
    _table(page, tuple((name, value) for name, value in rows if value))


def _table(page: TextPage, rows: tuple[tuple[str, str], ...]) -> None:
    width = max(len(name) for name, _ in rows) + 2
    for name, value in rows:
        page.lines += page.wrapped(clean(value), f"  {name:<{width}}", " " * (width + 2))


def as_json(info: RunInfo) -> str:
    """Return it as JSON, with a newline at the end."""
    found = info.credentials
    credentials = found and {
        "kind": found.kind,
        "origin": clean(found.origin),
        "email": clean(found.email) or None,
        "impersonated": clean(found.impersonated) or None,
        "quotaProject": clean(found.quota_project) or None,
    }
    return written(
        {
            "versions": dict(info.versions),
            "credentials": credentials,
            "problem": clean(info.problem) or None,
            "defaults": {name: clean(value) or None for name, value in info.defaults},
            "endpoints": list(info.endpoints),
            "metadata": clean(info.metadata),
            "sandbox": info.sandbox or None,
            "network": {name: clean(value) for name, value in info.network},
            "exit": 0,
        },
    )

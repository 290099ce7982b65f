"""What a run would use, without asking Google for anything."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from ... import __version__
from ...gcp.credentials import metadata_base
from ...gcp.identity import own_email
from ...gcp.methods import HOSTS
from ...gcp.settings import configuration_name, configured, settings
from ...redaction import shown_url
from ...report.tool.info import CredentialsInUse, RunInfo
from .. import WorkflowError
from ..diagnose import open_connection

if TYPE_CHECKING:
    from ...gcp.google import Google
    from ..context import CallRequest, Context

_LIBRARIES: Final = ("click", "google-auth", "google-cloud-iam", "google-cloud-run", "requests", "urllib3")
_UNLISTED: Final = ("iamcredentials.googleapis.com", "oauth2.googleapis.com")
"""Hosts that Google's own clients ask: for tokens, and whose they are."""
_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_OTHERS: Final = (
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "GOOGLE_API_USE_CLIENT_CERTIFICATE",
    "GOOGLE_API_USE_MTLS_ENDPOINT",
)
"""What `requests` and google-auth take from the environment.

Source: https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification, https://google.aip.dev/auth/4114
"""


def info(context: Context, request: CallRequest) -> RunInfo:
    """Find out what a run would use. Google is asked for nothing; a metadata server may be, for being there."""
    environ = configured(context.environ, request.configuration)
    google, problem = _connection(context, request)
    defaults = settings(environ)
    return RunInfo(
        versions=_versions(),
        credentials=_credentials(google, request) if google else None,
        problem=problem,
        defaults=(
            ("configuration", configuration_name(environ)),
            ("project", defaults.project or ""),
            ("region", defaults.region or ""),
            ("account", defaults.account or ""),
            ("impersonate", defaults.impersonate or ""),
        ),
        endpoints=tuple(google.base(host) if google else f"https://{host}" for host in sorted({*HOSTS, *_UNLISTED})),
        metadata=google.metadata() if google else metadata_base(environ),
        sandbox=context.sandbox_url or "",
        network=tuple(_network(environ)),
    )


def _connection(context: Context, request: CallRequest) -> tuple[Google | None, str]:
    try:
        return open_connection(context, request), ""
    except WorkflowError as error:
        return None, str(error)


def _versions() -> tuple[tuple[str, str], ...]:
    own = (("crauth-doctor", __version__), ("Python", platform.python_version()), ("system", platform.platform()))
    return (*own, *((name, _version_of(name)) for name in _LIBRARIES))


def _version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _credentials(google: Google, request: CallRequest) -> CredentialsInUse:
    operator = (google.operator or "").partition(":")[2]
    quota = request.billing_project or getattr(google.credentials, "quota_project_id", None)
    return CredentialsInUse(
        google.kind, google.origin, operator or own_email(google) or "", google.impersonated or "", quota or ""
    )


def _network(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the variables that are set; of a proxy's URL, no password."""
    names = [name for proxy in _PROXIES for name in (proxy.upper(), proxy)]
    return [(name, shown_url(environ[name])) for name in (*names, *_OTHERS) if environ.get(name)]

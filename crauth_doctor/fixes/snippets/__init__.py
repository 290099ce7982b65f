"""The caller's own code, with this service's right audience in it: templates, filled in and quoted."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ...deferred import dataclass
from ...model.caller_kinds import named
from ...model.change import GrantRole
from ...model.iam import INVOKER
from ...model.run import Service, host_of, is_run_app
from .. import terraform
from ..names import parse

if TYPE_CHECKING:
    from jinja2 import Environment

LANGUAGES: Final[Mapping[str, str]] = {
    "python": "python",
    "python-httpx": "python",
    "node": "js",
    "go": "go",
    "java": "java",
    "csharp": "csharp",
    "php": "php",
    "ruby": "ruby",
    "curl": "sh",
    "grpc": "python",
    "scheduler": "sh",
    "tasks": "sh",
    "pubsub": "sh",
    "eventarc": "sh",
    "workflows": "yaml",
    "apigateway": "yaml",
    "terraform": "hcl",
}
"""What a snippet may be asked for in, and what Markdown calls the language that it is then written in."""

SET_UPS: Final = frozenset({"scheduler", "tasks", "pubsub", "eventarc", "workflows", "apigateway", "terraform"})
"""Those that set a caller up, and are no program of its own."""

OWN_URL: Final = (
    "The audience is the service's own URL, scheme and host only, whatever path is called: with a path, a tag URL or a "
    "custom domain that is not declared, the call gets 401."
)
DECLARED: Final = (
    "The audience is one that the service declares for this domain, as the exact string: with anything else added "
    "to it the call gets 401."
)
AS_GIVEN: Final = "The audience is as it was given: if it is not one of the service's own, the call gets 401."
FUNCTION: Final = (
    "The audience is the function's URL with its name, which the service declares: without the name the call gets 401."
)
BOUND: Final = "Not bound to the agent's certificate, which plain https does not show: a bound token gets 401 here."
UNBINDS: Final = frozenset({"python", "python-httpx", "grpc", "java"})
"""Languages whose libraries can ask for one token that is not bound.

Source: https://github.com/googleapis/google-cloud-java/blob/main/google-auth-library-java/README.md
"""
_ADDITIVE: Final = (
    "Additive: google_cloud_run_v2_service_iam_binding and _iam_policy would take the role from everybody else."
)
_BY_EVENTARC: Final = "Eventarc sets the audience by itself, to the service's own URL; the account is what counts."
_ACCOUNT: Final = "CALLER_ACCOUNT_EMAIL"
_COLUMNS: Final = 80


@dataclass(frozen=True)
class Wiring:
    """One call, as its code needs it."""

    url: str  # what is called, with its path
    audience: str  # the `aud` to ask for
    reason: str = OWN_URL  # why that one
    service: str = ""  # full resource name of the service; empty where it is not known
    account: str = ""  # e-mail of the service account that the caller runs as; empty where it is not known
    resource: str = ""  # full resource name of the caller; empty where it is none
    member: str = ""  # the caller as IAM writes it; empty where it is not known
    # whether the code runs outside Google Cloud, or as somebody else, and so has to impersonate
    impersonate: bool = False
    # whether client libraries would bind its tokens to a certificate that is not shown where it calls
    unbound: bool = False
    role: str = INVOKER  # what the caller is given on the service


def audience_for(service: Service, url: str) -> tuple[str, str]:
    """Return the audience to ask for when the service is called by this URL, and the reason for it.

    The service's own URL is always accepted; a custom audience only where the called domain is declared as one.
    Source: https://docs.cloud.google.com/run/docs/configuring/custom-audiences
    """
    host = host_of(url)
    declared = [one for one in service.custom_audiences if host and host_of(one) == host]
    if host.endswith(".cloudfunctions.net"):
        fitting = [one for one in declared if url == one or url.startswith((f"{one}/", f"{one}?"))]
        if fitting:
            return fitting[0], FUNCTION
    elif not is_run_app(url) and declared:
        return min(declared, key=len), DECLARED
    own = next((one for one in service.urls if host_of(one) == host), service.url)
    return (own if is_run_app(own) else service.url), OWN_URL


def snippet(language: str, wiring: Wiring) -> str:
    """Return the code, with a newline at its end.

    Args:
        language: one of `LANGUAGES`.
        wiring: the call.

    Raises:
        ValueError: what would stand in the code holds characters that code cannot hold.
    """
    for text in (wiring.url, wiring.audience, wiring.service, wiring.account, wiring.resource, wiring.member):
        if not text.isprintable():
            raise ValueError(f"{text!a} holds characters that no URL, audience or name may hold")
    if language == "terraform":
        return _terraform(wiring)
    reason = _BY_EVENTARC if language == "eventarc" else wiring.reason
    template = _environment().get_template(f"{language}.j2")
    return template.render(_names(language, wiring), reason=reason)


def _names(language: str, wiring: Wiring) -> dict[str, object]:
    service, caller = parse(wiring.service), parse(wiring.resource)
    known = caller if language_of_resource(wiring.resource) == language else parse("")
    return {
        "url": wiring.url,
        "audience": wiring.audience,
        "target": f"{host_of(wiring.url)}:{urlsplit(wiring.url).port or 443}",
        "account": wiring.account or _ACCOUNT,
        "impersonate": wiring.impersonate,
        "unbound": wiring.unbound,
        "bound": BOUND,
        "resource": wiring.resource if known.id else "",
        "name": known.id or _PLACEHOLDERS.get(language, "NAME"),
        "project": known.project or service.project or "PROJECT",
        "location": known.region or service.region or "REGION",
        "service_id": service.id or "SERVICE",
        "service_region": service.region or "REGION",
    }


_PLACEHOLDERS: Final = {"scheduler": "JOB", "tasks": "QUEUE", "pubsub": "SUBSCRIPTION", "eventarc": "TRIGGER"}


def language_of_resource(resource: str) -> str | None:
    """Return what the caller of this full resource name is set up in."""
    found = named(resource)
    return found[0].language if found else None


def _terraform(wiring: Wiring) -> str:
    member = wiring.member or f"serviceAccount:{wiring.account or _ACCOUNT}"
    service = wiring.service or "//run.googleapis.com/projects/PROJECT/locations/REGION/services/SERVICE"
    block = terraform.block(GrantRole(service, wiring.role, member))
    if block is None:
        raise ValueError(f"no Terraform gives {member} the right to call: it would open the service to everybody")
    return f"{_comment(_ADDITIVE, '# ')}\n{block}\n"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(  # noqa: S701 - it writes code, not HTML; every value is quoted for its language
        loader=PackageLoader("crauth_doctor.fixes.snippets", ""),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {"quoted": _quoted, "single": _single, "shell": shlex.quote, "comment": _comment}
    return found


def _quoted(text: str) -> str:
    """Quote with double quotes, as Python, JavaScript, Go, Java, C# and YAML read them."""
    return json.dumps(text, ensure_ascii=False)


def _single(text: str) -> str:
    """Quote with single quotes, as PHP and Ruby read them, which then look for no variables inside."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _comment(text: str, mark: str, indent: int = 0) -> str:
    """Write a comment over as many lines as it needs; the first one is indented by the template."""
    lines = textwrap.wrap(text, _COLUMNS - indent - len(mark), break_on_hyphens=False)
    return f"\n{' ' * indent}".join(f"{mark}{line}" for line in lines)

"""What this tool may write at all, whoever asks: a rule, a command, or a receipt that somebody else wrote. Pure."""

from __future__ import annotations

from typing import Final

from ..deferred import regex
from ..model.iam import EVERYBODY, INVOKER, SERVICES_INVOKER
from .policy_json import Json, UnsafeError

ROLES: Final = frozenset(
    {
        INVOKER,
        SERVICES_INVOKER,
        "roles/iam.serviceAccountOpenIdTokenCreator",
        "roles/iam.serviceAccountTokenCreator",
        "roles/iap.httpsResourceAccessor",
    }
)
"""The roles that this tool gives, and so the only ones that it gives back."""
_E_MAIL: Final = r"[A-Za-z0-9][A-Za-z0-9._%+'-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z][A-Za-z0-9-]*"
_MEMBER: Final = regex(rf"(?:user|group|serviceAccount):{_E_MAIL}")
_AGENT: Final = regex(
    r"principal://agents\.global\.[a-z]+-\d+\.system\.id\.goog/resources/[a-z]+/projects/\d+/locations/[a-z0-9-]+/"
    r"[A-Za-z]+/[A-Za-z0-9-]+"
)
"""One agent as itself, which Google's pages grant the invoker role to.

Source: https://docs.cloud.google.com/iam/docs/auth-agent-own-identity-external
"""
_ACCOUNT: Final = regex(rf"(?:{_E_MAIL})")
_NUMBER_IN_URL: Final = regex(r"-(\d{6,})\.[a-z0-9-]+\.run\.app")
_NOT_A_MEMBER: Final = {
    "domain": "a domain lets in everybody of a Workspace account: create a group, and grant that",
    "principal": "Cloud Run accepts no federated principals: grant a service account, and let them impersonate it",
    "principalSet": "Cloud Run accepts no federated principals: grant a service account, and let them impersonate it",
    "deleted": "it names a deleted account",
}


def why_no_member(member: str) -> str | None:
    """Return why a member is never given a role by this tool; None where it may be.

    An e-mail address is plain ASCII without a comma, a query or a bracket: what looks like another one is none.
    Source: https://docs.cloud.google.com/iam/docs/principal-identifiers
    """
    kind = member.partition(":")[0]
    if member.strip().lower() in {one.lower() for one in EVERYBODY}:
        return "it is never granted anything by this tool"
    if _AGENT.fullmatch(member):
        return None
    if kind in _NOT_A_MEMBER:
        return _NOT_A_MEMBER[kind]
    if not member.isascii():
        odd = next(c for c in member if not c.isascii())
        return f"it has a character that is not ASCII (U+{ord(odd):04X}), and may only look like somebody you know"
    if not _MEMBER.fullmatch(member):
        return "it is not a member: pass user:E-MAIL, group:E-MAIL or serviceAccount:E-MAIL, one alone"
    return None


def refuse_gift(role: str, member: str) -> None:
    """Refuse to give a role that this tool does not give, or to whom it gives none.

    Raises:
        UnsafeError: it is such a role or member.
    """
    why = why_no_member(member)
    if why is not None:
        raise UnsafeError(f"{member} is never granted anything by this tool: {why}.")
    refuse_role(role)


def refuse_role(role: str) -> None:
    """Refuse a role that this tool does not give, and so does not take back either.

    Raises:
        UnsafeError: it is one.
    """
    if role not in ROLES:
        raise UnsafeError(f"{role} is not a role that this tool grants or removes: change it with gcloud.")


def refuse_foreign_account(document: Json, resource: str, email: str | None) -> None:
    """Refuse to run a workload as an account of another project, or as one whose project its name does not tell.

    Source: https://docs.cloud.google.com/iam/docs/service-account-types

    Raises:
        UnsafeError: it is one.
    """
    if email is None:
        return  # unset, it is the project's own default account
    if not _ACCOUNT.fullmatch(email):
        raise UnsafeError(f"{email} is not a service account's e-mail.")
    project = resource.removeprefix("//run.googleapis.com/projects/").partition("/")[0].lower()
    own = {project, *numbers_of(document)}
    local, _, domain = email.lower().partition("@")
    owner = domain.removesuffix(".iam.gserviceaccount.com")
    if domain == "developer.gserviceaccount.com":
        owner = local.removesuffix("-compute")
    elif domain == "appspot.gserviceaccount.com":
        owner = local
    elif ":" in project:  # example.com:shop is written shop.example.com there
        own.add(".".join(reversed(project.split(":"))))
    if owner not in own:
        raise UnsafeError(
            f"{email} is not known to belong to the project {project}: this tool runs no workload as that account."
        )


def numbers_of(document: Json) -> set[str]:
    """Return the numbers of its project that a service's URLs tell."""
    urls = document.get("urls")
    return set(_NUMBER_IN_URL.findall(" ".join(map(str, urls)))) if isinstance(urls, list) else set()

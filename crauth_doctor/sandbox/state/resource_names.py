"""Full resource names: `//SERVICE.googleapis.com/PATH`, and the project that one stands in."""

from __future__ import annotations

import hashlib
import re

RUN = "//run.googleapis.com/"
IAM = "//iam.googleapis.com/"
PROJECTS = "//cloudresourcemanager.googleapis.com/"

_PROJECT = re.compile(r"^(//[^/]+/)?projects/([^/]+)(.*)$", re.DOTALL)


def service_of(name: str) -> str:
    """The API host of a full resource name: `run.googleapis.com`."""
    return name.removeprefix("//").partition("/")[0]


def path_of(name: str) -> str:
    """The relative resource name: what follows the API host."""
    return name.removeprefix("//").partition("/")[2]


def project_in(name: str) -> str | None:
    """The project (id or number, as written) in a full or relative resource name."""
    found = _PROJECT.match(name)
    return found.group(2) if found else None


def with_project(name: str, project: str) -> str:
    """The same resource name with its project written another way."""
    return _PROJECT.sub(lambda m: f"{m.group(1) or ''}projects/{project}{m.group(3)}", name)


def run_service(project: str, location: str, service: str) -> str:
    """The full name of a Cloud Run service."""
    return f"{RUN}projects/{project}/locations/{location}/services/{service}"


def service_account(project: str, email: str) -> str:
    """The full name of a service account."""
    return f"{IAM}projects/{project}/serviceAccounts/{email}"


def stable_number(seed: str, digits: int) -> str:
    """A number that is always the same for the same seed, and never begins with 0."""
    value = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    return str(10 ** (digits - 1) + value % (9 * 10 ** (digits - 1)))


def account_project(email: str) -> str | None:
    """The project (id or number) that a service account's e-mail names, if it is one that a user creates or owns.

    https://cloud.google.com/iam/docs/service-account-types
    """
    local, _, domain = email.partition("@")
    if domain == "developer.gserviceaccount.com" and local.endswith("-compute"):
        return local.removesuffix("-compute")
    if domain == "appspot.gserviceaccount.com":
        return local
    owner = domain.removesuffix(".iam.gserviceaccount.com")
    if owner == domain or owner.startswith("gcp-sa-") or local.startswith("service-"):
        return None
    return owner

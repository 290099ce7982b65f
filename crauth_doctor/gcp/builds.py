"""Cloud Build triggers, and the account of builds that name none.

Documentation: https://docs.cloud.google.com/build/docs/api/reference/rest/v1/projects.locations.triggers,
https://docs.cloud.google.com/build/docs/cloud-build-service-account-updates
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..model.fact import Fact
from . import products, rest
from .google import Google

HOST: Final = products.BUILD_TRIGGER.host


@dataclass(frozen=True, slots=True)
class BuildTrigger:
    """A trigger, in what tells who its builds are.

    Args:
        account: e-mail or unique id of the account that is set, on the trigger or in its inline build.
        pool: the private pool that its inline build runs in.
        by_file: whether its build stands in a file of the repository, which is not read.
    """

    account: str | None
    pool: str | None = None
    by_file: bool = False


def build_trigger(google: Google, name: str) -> Fact[BuildTrigger]:
    """Read a trigger by `projects/P/locations/R/triggers/T`, T its name or its id."""

    def parse(found: rest.Json) -> BuildTrigger:
        build: Mapping[str, Any] = found.get("build") or {}
        pool = ((build.get("options") or {}).get("pool") or {}).get("name")
        account = _last(found.get("serviceAccount")) or _last(build.get("serviceAccount"))
        return BuildTrigger(account, str(pool or "") or None, by_file=not build)

    return rest.get(google, products.BUILD_TRIGGER, f"//{HOST}/{name}", parse, name=name)


def default_account(google: Google, project: str, location: str) -> Fact[str | None]:
    """Read whose account builds have that name none: the project's own setting; None where there is none by default."""
    name = f"projects/{project}/locations/{location}/defaultServiceAccount"

    def parse(found: rest.Json) -> str | None:
        return _last(found.get("serviceAccountEmail"))

    return rest.get(google, products.BUILD_ACCOUNT, f"//{HOST}/{name}", parse, name=name)


def _last(value: object) -> str | None:
    return str(value or "").rsplit("/", 1)[-1] or None

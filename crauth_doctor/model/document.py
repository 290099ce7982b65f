"""What Google's APIs say, by full resource name, as it was pasted, saved or read; what is not in it is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final, TypeAlias

from ..deferred import dataclass

ResourceJson: TypeAlias = Mapping[str, Any]
"""One answer of an API, as it writes it; of services, in the words of version 2."""

TROUBLESHOOTER: Final = "//policytroubleshooter.googleapis.com/"
"""Before the principal and, after a space, the full resource name that Policy Troubleshooter was asked about."""

POLICY_OF: Final = "policy of "
"""Before the full name of what an allow policy is set on, where `partial` or `wanted` name the policy."""


@dataclass(frozen=True)
class Document:
    """Google's JSON by full resource name, with holes; it holds no token and no value of an environment variable.

    `-` stands in a name for a project or location that nothing names.
    """

    # resources by full name (`//run.googleapis.com/projects/P/locations/R/services/S`)
    resources: Mapping[str, ResourceJson] = field(default_factory=dict)
    # allow policies, by the full name of what they are set on
    iam: Mapping[str, ResourceJson] = field(default_factory=dict)
    # deny policies, by the full name of what they are attached to
    deny: Mapping[str, tuple[ResourceJson, ...]] = field(default_factory=dict)
    # organization policies, by the full name of what they hold for, and their constraint
    org_policies: Mapping[str, Mapping[str, ResourceJson]] = field(default_factory=dict)
    logs: tuple[ResourceJson, ...] = ()
    absent: frozenset[str] = frozenset()  # full names that were looked for, and are not there
    unread: tuple[ResourceJson, ...] = ()  # reads that failed: `read`, `target`, `obstacle`, `permission`
    # calls that were made: `url`, `method`, `token`, `status`, `headers`, `body`, `at`
    calls: tuple[ResourceJson, ...] = ()
    asked: ResourceJson = field(default_factory=dict)  # the question: `service`, `caller`, `path` …
    at: int | None = None  # when all this held, seconds since 1970; None where nothing tells
    # full names of what is there only in part, so that a field that is not shown is unknown
    partial: frozenset[str] = frozenset()
    # full names of what somebody asked for, which need not be so: Terraform's source, a manifest
    wanted: frozenset[str] = frozenset()

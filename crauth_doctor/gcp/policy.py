"""Allow policies as Google's APIs write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model.iam import Binding, Condition, Policy


def policy(document: Mapping[str, Any]) -> Policy:
    """Make a policy of its JSON. Documentation: https://docs.cloud.google.com/iam/docs/reference/rest/v1/Policy."""
    bindings = tuple(
        Binding(str(item["role"]), frozenset(map(str, item.get("members", ()))), _condition(item.get("condition")))
        for item in document.get("bindings", ())
    )
    return Policy(bindings, str(document.get("etag", "")), int(document.get("version", 1)))


def _condition(document: Mapping[str, Any] | None) -> Condition | None:
    if not document or not document.get("expression"):
        return None
    return Condition(str(document["expression"]), str(document.get("title", "")))

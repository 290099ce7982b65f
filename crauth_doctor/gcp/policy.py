"""Allow policies as Google's APIs write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model.iam import Binding, Condition, Policy
from .read import NotUnderstoodError


def policy(document: Mapping[str, Any]) -> Policy:
    """Make a policy of its JSON. Documentation: https://docs.cloud.google.com/iam/docs/reference/rest/v1/Policy.

    Raises:
        NotUnderstoodError: it is no policy that an API wrote; all of these have an etag, empty ones too.
    """
    etag, bindings = document.get("etag"), document.get("bindings", [])
    if not isinstance(etag, str) or not etag:
        raise NotUnderstoodError("an answer without an etag, which every policy has")
    if not isinstance(bindings, list):
        raise NotUnderstoodError("a policy whose bindings are no list")
    return Policy(tuple(map(_binding, bindings)), etag, int(document.get("version", 1)))


def _binding(item: Any) -> Binding:
    role, members = (item.get("role"), item.get("members", [])) if isinstance(item, Mapping) else (None, None)
    if not isinstance(role, str) or not isinstance(members, list) or not all(isinstance(one, str) for one in members):
        raise NotUnderstoodError("a policy with a binding that is none")
    return Binding(role, frozenset(members), _condition(item.get("condition")))


def _condition(document: Any) -> Condition | None:
    if document is None or document == {}:
        return None
    expression = document.get("expression") if isinstance(document, Mapping) else None
    if not isinstance(expression, str) or not expression:
        raise NotUnderstoodError("a policy with a condition that is none")
    return Condition(expression, str(document.get("title", "")))

"""Changes as JSON and back, for receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, Final, get_args

from ..model.change import Applicable
from ..model.iam import Condition
from ..model.run import Egress, Ingress

_CLASSES: Final[Mapping[str, Any]] = {kind.__name__: kind for kind in get_args(Applicable)}
_ENUMS: Final[Mapping[str, type[Enum]]] = {"ingress": Ingress, "egress": Egress}


def document_of(change: Applicable) -> dict[str, Any]:
    """Return a change as JSON: `{"kind": "GrantRole", …}`."""
    document: dict[str, Any] = {"kind": type(change).__name__}
    for one in fields(change):
        value = getattr(change, one.name)
        if isinstance(value, Condition):
            value = {"expression": value.expression, "title": value.title}
        document[one.name] = value.value if isinstance(value, Enum) else value
    return document


def change_of(document: Mapping[str, Any]) -> Applicable:
    """Return the change that a document of `document_of` says.

    Raises:
        ValueError, KeyError, TypeError: it says none.
    """
    kind = _CLASSES[document["kind"]]
    given = {key: _value(key, value) for key, value in document.items() if key != "kind"}
    change: Applicable = kind(**given)
    return change


def _value(key: str, value: Any) -> Any:
    if key == "condition" and value is not None:
        return Condition(value["expression"], value["title"])
    return _ENUMS[key](value) if key in _ENUMS else value

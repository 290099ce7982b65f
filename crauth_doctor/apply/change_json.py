"""What a receipt holds, as JSON and back: a change, and what is kept of its document before and after. Pure.

What is read back is checked, for anybody may have written it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, Final, get_args

from ..deferred import regex
from ..google_json.services import INGRESS_WORD
from ..model.change import Applicable
from ..model.iam import Condition
from ..model.run import Egress, Ingress
from .policy_json import UnsafeError, refuse_unsafe
from .resource_edits import BindingEdit, edit_of

_CLASSES: Final[Mapping[str, type[Applicable]]] = {kind.__name__: kind for kind in get_args(Applicable)}
_ENUMS: Final[Mapping[str, type[Enum]]] = {"ingress": Ingress, "egress": Egress}
_FLAGS: Final = frozenset({"widens", "on"})
_MAY_BE_NULL: Final = frozenset({"condition", "network", "subnetwork", "target", "function"})
_RESOURCES: Final = frozenset({"resource", "service", "workload", "sender"})
_RESOURCE: Final = regex(r"//[a-z]+\.googleapis\.com(?:/(?!\.)[A-Za-z0-9@._:~+-]+)+")
_SUBNETWORK: Final = regex(r"(?://compute\.googleapis\.com/)?(?:(?!\.)[A-Za-z0-9._:-]+/)*(?!\.)[A-Za-z0-9._:-]+")
_LONGEST: Final = 4096


def document_of(change: Applicable) -> dict[str, Any]:
    """Return a change as JSON: `{"kind": "GrantRole", …}`."""
    document: dict[str, Any] = {"kind": type(change).__name__}
    for one in fields(change):
        value = getattr(change, one.name)
        if isinstance(value, Condition):
            described = {"description": value.description} if value.description else {}
            value = {"expression": value.expression, "title": value.title, **described}
        document[one.name] = value.value if isinstance(value, Enum) else value
    return document


def change_of(document: Any) -> Applicable:
    """Return the change that a document of `document_of` says.

    Raises:
        ValueError: it says none; the message says why.
    """
    if not isinstance(document, dict):
        raise ValueError("its change is not an object")  # noqa: TRY004 - whatever is wrong with a text is a ValueError
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in _CLASSES:
        raise ValueError("this tool knows no such change")
    names = {one.name for one in fields(_CLASSES[kind])}
    given = {key: _value(kind, key, value) for key, value in document.items() if key != "kind"}
    if not given.keys() <= names:
        raise ValueError(f"its change has parts that a {kind} has not")
    try:
        return _CLASSES[kind](**given)
    except TypeError:
        raise ValueError(f"its change lacks parts that a {kind} has") from None


def _value(kind: str, key: str, value: Any) -> Any:
    if value is None and key in _MAY_BE_NULL:
        return None
    if key in _FLAGS:
        if not isinstance(value, bool):
            raise ValueError(f"its {key} is neither true nor false")
        return value
    if key == "condition":
        return _condition(value)
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise ValueError(f"its {key} is not plain text")
    if key in _RESOURCES and not _RESOURCE.fullmatch(value):
        raise ValueError(f"its {key} is not a full resource name")
    if key == "subnetwork" and kind == "EnablePrivateAccess" and not _SUBNETWORK.fullmatch(value):
        raise ValueError("its subnetwork is not a resource name")
    return _ENUMS[key](value) if key in _ENUMS else value


def _condition(value: Any) -> Condition:
    match value:
        case {"expression": str(), "title": str(), **rest} if rest.keys() <= {"description"} and all(
            isinstance(one, str) for one in rest.values()
        ):
            return Condition(**value)
        case _:
            raise ValueError("its condition is not valid")


def refuse_unkept(change: Applicable, document: Any) -> None:
    """Refuse what a receipt cannot have kept of this change's document.

    Raises:
        ValueError: it is no such thing; the message says why.
    """
    if not isinstance(document, dict) or not isinstance(document.get("etag", ""), str):
        raise ValueError("what it keeps is no object, or its etag no text")  # noqa: TRY004 - as all of this
    kept = {key: value for key, value in document.items() if key != "etag"}
    edit = edit_of(change)
    if isinstance(edit, BindingEdit):
        _refuse_bindings(kept)
        return
    paths = edit.kept({}).keys()
    for path, value in kept.items():
        is_known = path in paths and _IS[path.rpartition(".")[2]](value)
        if not is_known:
            raise ValueError(f"what it keeps of {path[:80]!r} is none of its values")


def _refuse_bindings(kept: Mapping[str, Any]) -> None:
    if not kept.keys() <= {"bindings"}:
        raise ValueError("it keeps something else than a policy's bindings")
    try:
        refuse_unsafe({"version": 3, "etag": "-", "bindings": kept.get("bindings", [])})
    except UnsafeError as error:
        raise ValueError(str(error)) from None


def _is_text(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.isprintable())


def _is_flag(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _is_ingress(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.startswith(INGRESS_WORD) and value.isprintable())


def _are_texts(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _is_access(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    interfaces = value.get("networkInterfaces", [])
    return isinstance(interfaces, list) and all(isinstance(one, dict) for one in interfaces)


_IS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "ingress": _is_ingress,
    "customAudiences": _are_texts,
    "defaultUriDisabled": _is_flag,
    "invokerIamDisabled": _is_flag,
    "vpcAccess": _is_access,
    "serviceAccount": _is_text,
    "disabled": _is_flag,
    "privateIpGoogleAccess": _is_flag,
    "audience": _is_text,
}

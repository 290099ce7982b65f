"""What a receipt keeps of a document before and after its change, checked when it is read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..model.change import Applicable
from .policy_json import UnsafeError, refuse_unsafe
from .resource_edits import BindingEdit, edit_of

_INGRESS: Final = "INGRESS_TRAFFIC_"


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
    return value is None or (isinstance(value, str) and value.startswith(_INGRESS) and value.isprintable())


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

"""Several calls in one run: one connection, shared reads, and a deadline for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ...collect.doors.wrapped import SharedDoor
from ...report.several import PairResult
from ...report.status import ExitStatus
from ..context import CallRequest, Context, MisuseError, WorkflowError
from ..diagnose import diagnosed, door_of
from .yaml_lines import Node, YamlFile, placed

if TYPE_CHECKING:
    from ...gcp.door import Door

_KEYS: Final = ("service", "caller", "url", "path", "method", "audience")
_RUN: Final = "//run.googleapis.com/"


def check_pairs(context: Context, requests: Sequence[CallRequest]) -> tuple[PairResult, ...]:
    """Find out of several calls why each fails. Nothing is changed.

    The calls have no evidence; the connection is made as the first one says.

    Raises:
        WorkflowError: there is no way to Google. A call that names nothing is told in its own result.
    """
    if not requests:
        raise MisuseError("There is no call to check: name one.")
    door = SharedDoor(door_of(context, requests[0]))
    return tuple(_checked(context, one, door) for one in requests)


def _checked(context: Context, request: CallRequest, door: Door) -> PairResult:
    asked = request.caller or "me"
    try:
        report = diagnosed(context, request, door.within(request.seconds), None)
    except WorkflowError as error:
        return PairResult(request.service, asked, None, str(error), ExitStatus(error.status))
    return PairResult(request.service, asked, report)


def pairs_in(text: str, name: str, request: CallRequest) -> tuple[CallRequest, ...]:
    """Read a file of calls: a YAML list of mappings.

    What `request` says holds for all of them; what they say themselves comes before it.

    Raises:
        MisuseError: it is none; its line and the nearest word are told.
    """
    file = YamlFile(text, name)
    return tuple(_pair(file, node, request) for node in file.items(file.root))


def _pair(file: YamlFile, node: Node, request: CallRequest) -> CallRequest:
    fields = file.fields(node, "a call", _KEYS)
    said = {key: file.text(value) for key, value in fields.items()}
    if "service" not in said:
        raise file.wrong(node, "this call names no service.")
    if not said.get("path", "/").startswith("/"):
        raise file.wrong(fields["path"], "a path starts with /.")
    if not said.get("method", "GET").isalpha():
        raise file.wrong(fields["method"], "a method is a word such as GET.")
    return in_place(
        replace(
            request,
            service=said["service"],
            caller=said.get("caller", request.caller),
            url=said.get("url", request.url),
            path=said.get("path", request.path),
            method=said.get("method", request.method).upper(),
            audience=said.get("audience", request.audience),
        )
    )


def in_place(request: CallRequest) -> CallRequest:
    """Return a call with `@PROJECT` and `@PROJECT/REGION` behind its names read as where they are.

    Raises:
        MisuseError: a caller's region cannot be told so.
    """
    service, project, region = placed(request.service)
    if project is not None:
        request = replace(request, service=service.removeprefix("run/"), project=project, region=region)
    elif service.startswith(_RUN):
        request = replace(request, service=service.removeprefix(_RUN))
    caller, project, region = placed(request.caller or "")
    if project is None:
        return request
    if region is not None and not caller.startswith("run/"):
        raise MisuseError(f"{request.caller}: give the caller's full resource name in place of its region.")
    if region is not None:
        caller = f"{_RUN}projects/{project}/locations/{region}/services/{caller.removeprefix('run/')}"
    return replace(request, caller=caller, caller_project=project)

"""YAML in a paste: where it begins and ends, and whether it means something here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate

from ...deferred import regex
from .documents import Tree

_TOTAL_LIMIT = 256 * 1024
_KEY = regex(
    r"^(?P<indent>\s*)(?:- )*[\"']?(?!(?:ERROR|WARNING|Error|Warning|Exception|INFO|DEBUG):\s)"
    r"(?P<key>[A-Za-z_@.][\w@./-]{0,80})[\"']?:(?:\s|$)"
)
_ITEM = regex(r"^\s*- \S|^\s*-\s*$")
_DEEPER = regex(r"^\s+\S")
_WORTH = frozenset(
    (  # noqa: SIM905 - a table of words is read more easily so
        "apiVersion bindings etag httpTarget httpRequest textPayload jsonPayload protoPayload pushConfig "
        "oidcToken oauthToken serviceConfig httpsTrigger template ingress insertId logName metadata spec "
        "status destination eventFilters appEngineHttpTarget listPolicy booleanPolicy rules iap constraint "
        "jobName debugInfo urlMask environment serviceAccount serviceAccountEmail main steps auth uniqueId "
        "oauth2ClientId privateIpGoogleAccess dnsName x-google-backend jsonPayload.status httpRequest.status "
        "projectId projectNumber lifecycleState includedPermissions selfLink parent folder "
        "name customAudiences invokerIamDisabled accessTuple overallAccessState attributeMapping gatewayServiceAccount "
    ).split()
)
"""Keys that settings and log entries have, and prose has not."""
_TOGETHER = ({"iss", "aud", "exp"}, {"@type", "reason"}, {"call", "args", "url"})
"""Keys that mean something together: a token's claims, the details of an API's error, a step of a workflow."""


def find(lines: list[str], is_free: Callable[[int], bool], after_command: Callable[[int], bool]) -> Iterator[Tree]:
    """Yield every YAML mapping or list with a key that means something here."""
    index, budget = 0, _TOTAL_LIMIT
    while index < len(lines):
        if not is_free(index) or not (
            _KEY.match(lines[index]) or _ITEM.match(lines[index]) or lines[index].strip() == "---"
        ):
            index += 1
            continue
        end = _end_of(lines, index, is_free)
        if budget > 0 and _is_worth_it(lines[index:end], after_command=after_command(index)):
            sizes = accumulate(len(line) + 1 for line in lines[index:end])
            shown = index + sum(size <= budget for size in sizes)
            budget -= sum(len(line) + 1 for line in lines[index:shown])
            from .yaml_values import load

            value, partial = load("\n".join(lines[index:shown]))
            if isinstance(value, dict | list) and value:
                yield Tree(index, end, value, partial or shown < end)
        index = max(end, index + 1)


def _end_of(lines: list[str], start: int, is_free: Callable[[int], bool]) -> int:
    base = len(lines[start]) - len(lines[start].lstrip())
    index = start
    while index < len(lines) and is_free(index):
        line = lines[index]
        if not line.strip():
            following = lines[index + 1] if index + 1 < len(lines) else ""
            if not _DEEPER.match(following) or len(following) - len(following.lstrip()) <= base:
                break
        else:
            indent = len(line) - len(line.lstrip())
            if indent < base or (
                indent == base and not (_KEY.match(line) or _ITEM.match(line) or line.strip() == "---")
            ):
                break
        index += 1
    return index


def _is_worth_it(block: list[str], *, after_command: bool) -> bool:
    keys = {found["key"] for line in block[:4000] if (found := _KEY.match(line))}
    known = keys & _WORTH
    if any(keys >= each for each in _TOGETHER):
        return True
    if len(block) == 1:
        return after_command and "etag" in known
    return bool(known - {"name", "status", "main", "rules", "template", "environment"}) or (
        after_command and bool(known)
    )

"""Jobs, tasks, subscriptions, triggers and services as gcloud's commands make them: what is asked for, no more.

Sources: https://docs.cloud.google.com/sdk/gcloud/reference/scheduler/jobs/create/http,
https://docs.cloud.google.com/sdk/gcloud/reference/tasks/create-http-task,
https://docs.cloud.google.com/sdk/gcloud/reference/pubsub/subscriptions/create,
https://docs.cloud.google.com/sdk/gcloud/reference/eventarc/triggers/create,
https://docs.cloud.google.com/sdk/gcloud/reference/run/deploy
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ...deferred import regex
from ...model.evidence import PieceKind
from ..paste import Paste
from ..trees.commands import Command
from .exports import resource, service_export
from .expressions import to_an_api

_Value = dict[str, object]
_Flags = Mapping[str, str]
_OAUTH: Final = "--oauth-service-account-email"
_TAKES_A_VALUE: Final = frozenset(
    ("--uri", "--url", "--push-endpoint", "--location", "--region", "--project", "--queue", "--topic", "--schedule")
)
_COMPUTED: Final = regex(r"[$`<>\[\]{}]")


def read(paste: Paste) -> None:
    """Take each gcloud command that makes something that sends calls or receives them, and did not fail."""
    for command in paste.commands:
        if command.program != "gcloud" or any("ERROR:" in line for line in paste.lines[command.end : command.end + 4]):
            continue
        if command.words[-1:] and command.words[-1] in _TAKES_A_VALUE:
            continue  # its rest is cut off
        words = " ".join(word for word in command.group.split() if word not in {"alpha", "beta"})
        for start, make in _MADE.items():
            if words.startswith(f"{start} ") or words == start:
                name = words.removeprefix(start).strip().partition(" ")[0]
                _add(paste, command, make(name, _Shown(command.flags)))
    _signed_in(paste)


_FEDERATES: Final = regex(r"^\s{0,40}workload_identity_provider:\s{0,4}\S")
"""What GitHub's step that signs in is given for credentials of workload identity federation.

Source: https://github.com/google-github-actions/auth#inputs
"""


def _signed_in(paste: Paste) -> None:
    """Note of what type the credentials are that such a step writes."""
    index = next((index for index, line in paste.readable() if _FEDERATES.match(line)), None)
    made = resource({"type": "external_account"}, (index + 1, index + 1)) if index is not None else None
    if index is not None and made is not None:
        paste.list_softly(index, index + 1, PieceKind.EXPORT, "workload identity federation")
        paste.exports.append(replace(made, wanted=True))


class _Shown:
    """The flags of a command; one whose value a shell computes is set, and not shown."""

    def __init__(self, flags: _Flags) -> None:
        self.flags = flags

    def get(self, *names: str) -> str | None:
        """Return the value of the first of these flags that is given; empty where it is not shown."""
        value = next((self.flags[name] for name in names if name in self.flags), None)
        return to_an_api(value) if value is not None and _COMPUTED.search(value) else value

    def place(self, collection: str, name: str) -> str:
        """Return a resource's name, with `-` for what the command leaves to gcloud's settings."""
        where = self.get("--location", "--region") or "-"
        return f"projects/{self.get('--project') or '-'}/locations/{where}/{collection}/{name}"


def _token(shown: _Shown, kind: str = "oidc-") -> _Value:
    account, other = shown.get(f"--{kind}service-account-email", f"--{kind}service-account"), shown.get(_OAUTH)
    if account is not None:
        aimed = shown.get(f"--{kind}token-audience")
        return {"oidcToken": {"serviceAccountEmail": account, **({"audience": aimed} if aimed is not None else {})}}
    return {"oauthToken": {"serviceAccountEmail": other}} if other is not None else {}


def _job(name: str, shown: _Shown) -> _Value:
    target = {"uri": shown.get("--uri") or "", "httpMethod": shown.get("--http-method") or "POST", **_token(shown)}
    body = shown.flags.get("--message-body", shown.flags.get("--message-body-from-file"))
    return {"name": shown.place("jobs", name), "httpTarget": target if body is None else {**target, "body": body}}


def _task(_: str, shown: _Shown) -> _Value:
    request = {"url": shown.get("--url") or "", "httpMethod": shown.get("--method") or "POST", **_token(shown)}
    name = f"{shown.place('queues', shown.get('--queue') or '-')}/tasks/-"
    return {"name": name, "httpRequest": request, "dispatchDeadline": ""}


def _subscription(name: str, shown: _Shown) -> _Value:
    endpoint = shown.get("--push-endpoint")
    if endpoint is None:
        return {}
    place = f"projects/{shown.get('--project', '--topic-project') or '-'}/subscriptions/{name}"
    return {"name": place, "pushConfig": {"pushEndpoint": endpoint, **_token(shown, "push-auth-")}}


def _trigger(name: str, shown: _Shown) -> _Value:
    service = shown.get("--destination-run-service")
    if not service:
        return {}
    to = {"service": service, "region": shown.get("--destination-run-region", "--location") or "-"}
    path = shown.get("--destination-run-path")
    made: _Value = {
        "name": shown.place("triggers", name),
        "eventFilters": [],
        "destination": {"cloudRun": {**to, **({"path": path} if path else {})}},
    }
    account = shown.get("--service-account")
    return {**made, "serviceAccount": account} if account else made


def _service(name: str, shown: _Shown) -> _Value:
    """Only what the flags say: a deploy leaves all else as it is."""
    made: _Value = {}
    template: _Value = {}
    if ingress := shown.get("--ingress"):
        made["ingress"] = ingress
    if audiences := shown.get("--add-custom-audiences", "--set-custom-audiences"):
        made["customAudiences"] = audiences.split(",")
    if account := shown.get("--service-account"):
        template["serviceAccount"] = account
    if access := _network(shown):
        template["vpcAccess"] = access
    if not made and not access:
        return {}
    return {"name": shown.place("services", name), **made, **({"template": template} if template else {})}


def _network(shown: _Shown) -> _Value:
    connector, network, subnet = (shown.get(flag) for flag in ("--vpc-connector", "--network", "--subnet"))
    egress = shown.get("--vpc-egress")
    if not connector and not network and not subnet:
        return {}
    made: _Value = {"connector": connector} if connector else {}
    if not connector:
        made["networkInterfaces"] = [{"network": network or "", "subnetwork": subnet or ""}]
    return {**made, **({"egress": egress} if egress else {})}


_MADE: Final[Mapping[str, Callable[[str, _Shown], _Value]]] = {
    "scheduler jobs create http": _job,
    "tasks create-http-task": _task,
    "pubsub subscriptions create": _subscription,
    "pubsub subscriptions modify-push-config": _subscription,
    "eventarc triggers create": _trigger,
    "run deploy": _service,
    "run services update": _service,
}
"""What each command makes; one that only changes a job is left out, for what it does not name stays."""


def _add(paste: Paste, command: Command, value: _Value) -> None:
    lines = (command.start + 1, command.end)
    is_service = "/services/" in str(value.get("name"))
    made = (service_export(value, lines) if is_service else resource(value, lines)) if value else None
    if made is None:
        return
    made = replace(made, wanted=True, partial=made.partial or is_service, command=command.group[:200])
    paste.list_softly(command.start, command.end, PieceKind.EXPORT, f"command that makes a {made.kind.value}")
    paste.exports.append(made)
    paste.resources.add(made, value)

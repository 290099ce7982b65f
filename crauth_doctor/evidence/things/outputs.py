"""What tools print when they deploy, and what command lines and settings files ask for."""

from __future__ import annotations

import re
from dataclasses import replace

from ...deferred import regex
from ...google_json import times
from ...model.evidence import Event, EventKind, PieceKind
from ...model.iam import EVERYBODY, INVOKER
from ..paste import Paste
from ..trees.commands import Command
from .exports import function_in, resource_of

_LENGTH = 1500
_NAME = r"(?P<name>[\w.-]{1,80})"
_ADDRESS = r"(?P<address>google_(?:cloud_run|cloudfunctions)(?!\w*_iam_)\w*\.[\w.\[\]\"-]{1,120})"
_BINDING_OF = r"google_(?:cloud_run|cloudfunctions)\w*_iam_(?:member|binding)\.[\w.\[\]\"-]{1,120}"
_ID_OF_BINDING = r".{0,40}\[id=(?P<id>[^\]]+?)/(?P<role>roles/[\w.]+)(?:/(?P<member>[^\]]+))?\]"
_ID = r".{0,40}\[id=(?P<id>[^\]]+)"
_NOT_SET = r"(?i:setting iam policy.{0,40}(?:failed|warning|x )|x setting)"
_SET = r"(?i:setting iam policy[\s.…]{0,40}done)"
_QUESTION = r"(?i:allow unauthenticated invocations to \[.{1,80}\]\s*\(y/n\)\??)"
_CALLABLE = (
    r"\b(?:onCall(?:<[^()]{0,80}>)?|https_fn\.on_call|(?:getH|h)ttpsCallable(?:From\w{1,8})?(?:<[^()]{0,80}>)?)\s?\("
)
"""How a callable function is made, and called: Firebase makes it public.

Source: https://firebase.google.com/docs/functions/callable
"""
_CALLED = (
    r"com\.firebase\.functions Code=|FirebaseFunctionsException|firebase_functions/[a-z-]+\]"
    r"|FirebaseError: functions/|\(functions/[a-z-]+\)|PlatformException\(functionsError,"
)
"""What clients raise where a callable function fails.

Source: https://firebase.google.com/docs/functions/callable#handle_errors_on_the_client
"""
_HOSTED = (
    r"\bFIREBASE_CLI_EXPERIMENTS\b.{0,80}\bwebframeworks\b|\benable webframeworks\b|[\"']frameworksBackend[\"']\s?:"
)
"""How Firebase Hosting is set to deploy the function that renders pages, for everybody.

Source: https://firebase.google.com/docs/hosting/frameworks/frameworks-overview
"""
_PATTERNS: tuple[tuple[EventKind, str, str, re.Pattern[str]], ...] = tuple(
    (kind, by, hint, regex(pattern))
    for kind, by, hint, pattern in (
        (EventKind.CREATED, "firebase", "functions[", rf"functions\[{_NAME}\([\w-]+\)\].{{0,20}}Successful create"),
        (EventKind.UPDATED, "firebase", "functions[", rf"functions\[{_NAME}\([\w-]+\)\].{{0,20}}Successful update"),
        (EventKind.DELETED, "firebase", "functions[", rf"functions\[{_NAME}\([\w-]+\)\].{{0,20}}Successful delete"),
        (EventKind.SKIPPED, "firebase", "functions[", rf"functions\[{_NAME}\([\w-]+\)\].{{0,20}}Skipped"),
        (EventKind.CREATED, "firebase", "creating", rf"creating Node[\w. ()-]{{0,40}} function {_NAME}"),
        (EventKind.CREATED, "gcloud", "deploying new service", r"deploying new service.{0,20}Done"),
        (EventKind.CREATED, "", "created", rf"Cloud Run service {_NAME} (?:was )?created"),
        (EventKind.UPDATED, "gcloud", "has been deployed", rf"Service \[{_NAME}\] .{{0,120}} has been deployed"),
        (EventKind.DELETED, "gcloud", "deleted service", rf"Deleted service \[{_NAME}\]"),
        (EventKind.REVOKED, "terraform", ": destroying", rf"{_BINDING_OF}: Destroying{_ID_OF_BINDING}"),
        (EventKind.GRANTED, "terraform", ": creation complete", rf"{_BINDING_OF}: Creation complete{_ID_OF_BINDING}"),
        (EventKind.DELETED, "terraform", ": destroying", rf"{_ADDRESS}: Destroying{_ID}"),
        (EventKind.DELETED, "terraform", ": destruction", rf"{_ADDRESS}: Destruction complete"),
        (EventKind.CREATED, "terraform", ": creation complete", rf"{_ADDRESS}: Creation complete{_ID}"),
        (EventKind.DELETED, "terraform", "must be replaced", rf"# {_ADDRESS} must be replaced"),
        (EventKind.DELETED, "terraform", "will be destroyed", rf"# {_ADDRESS} will be destroyed"),
        (EventKind.GRANT_FAILED, "gcloud", "setting iam policy", _NOT_SET),
        (EventKind.PUBLIC_ASKED, "", "--allow-unauthenticated", r"(?<!no)--allow-unauthenticated(?!=false)\b"),
        (EventKind.PUBLIC_ASKED, "gcloud", "allow unauth", rf"{_QUESTION}\s*[yY]"),
        (EventKind.PRIVATE_ASKED, "gcloud", "allow unauth", rf"{_QUESTION}\s*[nN]"),
        (EventKind.GRANTED, "gcloud", "setting iam policy", _SET),
        (EventKind.PUBLIC_ASKED, "gcloud", "try ", r"failed, try .gcloud .{0,200}--member=[\"']?allUsers"),
        (EventKind.PUBLIC_ASKED, "", "invoker", r"\binvoker\s?[:=]\s?\[?\s?[\"'](?:public|allUsers)[\"']"),
        (EventKind.PUBLIC_ASKED, "firebase", "call", _CALLABLE),
        (EventKind.PUBLIC_ASKED, "firebase", "functions", _CALLED),
        (EventKind.PUBLIC_ASKED, "firebase", "frameworks", _HOSTED),
        (EventKind.PUBLIC_ASKED, "", "allow", r"\b[aA]llow_?[uU]nauthenticated[\"']?\s?[:=]\s?[\"']?(?i:true)\b"),
        (EventKind.PRIVATE_ASKED, "", "--no-allow-unauthenticated", r"--no-allow-unauthenticated\b"),
        (EventKind.PRIVATE_ASKED, "", "allow", r"\b[aA]llow_?[uU]nauthenticated[\"']?\s?[:=]\s?[\"']?(?i:false)\b"),
        (EventKind.CHECK_OFF_ASKED, "", "--no-invoker-iam-check", r"--no-invoker-iam-check\b"),
        (EventKind.CHECK_OFF_ASKED, "terraform", "invoker_iam_disabled", r"\binvoker_iam_disabled\s?[=:]\s?\"?true"),
        (EventKind.CHECK_ON, "", "--invoker-iam-check", r"(?<!no)(?<!no-)--invoker-iam-check\b"),
        (EventKind.CHECK_ON, "terraform", "invoker_iam_disabled", r"\binvoker_iam_disabled\s?[=:]\s?\"?false"),
    )
)  # fmt: skip
_REGION = r"(?P<region>[a-z]+-[a-z]+\d{1,2})"
_PLACES = tuple(
    regex(pattern)
    for pattern in (
        rf"functions\[{_NAME}\({_REGION}\)\](?!.{{0,40}}delet)",
        rf"\bexports\.{_NAME}\s?=\s?functions\b[^;]{{0,200}}?\.region\(\s?[\"'`]{_REGION}[\"'`]\s?\)",
        rf"\bexport(?:s\.|\s+const\s+){_NAME}\s?=\s?on(?:Call|Request)\s?\(\s*\{{[^}}]{{0,200}}?\bregion:\s?[\"'`]{_REGION}",
        rf"@https_fn\.on_(?:call|request)\([^)]{{0,200}}?\bregion\s?=\s?[\"']{_REGION}[\"'][^)]{{0,200}}\)\s*\ndef\s+{_NAME}",
    )
)
"""In which region a function is, as firebase prints it and as its source says.

Source: https://firebase.google.com/docs/functions/locations
"""
_SENTENCE = regex(
    r"^(?!\s*\$ |.{0,400}gcloud)(?:(?!--|\[).){0,400}(?<![^\W_])[^\W\d_]+,? [(`'\"]{0,2}"
    r"--(?:no-)?allow-unauthenticated\b"
    r"|--(?:no-)?allow-unauthenticated[`'\"]? (?=[^\W\d_]+ [^\W\d_])"
)
"""A flag that people write of stands among words; the words of a command are its own."""
_SOURCE_LINES = 5
_BINDING = regex(r"(?P<what>add|remove)-(?:iam|invoker)-policy-binding")
_UPDATED = regex(r"Updated IAM policy for|^\s*(?:bindings:|etag:)")
_EVENTS = 1000
_ASKED = frozenset({EventKind.PUBLIC_ASKED, EventKind.PRIVATE_ASKED})


def read(paste: Paste) -> None:
    """Collect what was done and what was asked for."""
    for command in paste.commands:
        _command(paste, command)
    starts = {line for command in paste.commands for line in range(command.start, command.end)}
    for piece in paste.pieces:
        if piece.kind is PieceKind.SOURCE:  # a settings file of no known kind may ask for it as well
            starts |= set(range(piece.lines[0] - 1, piece.lines[1]))
    asked = ((index, paste.lines[index][:_LENGTH]) for index in sorted(starts))
    others = ((index, _SENTENCE.sub("", line)) for index, line in paste.readable() if index not in starts)
    for index, text in (*asked, *others):
        if len(paste.events) < _EVENTS:
            _line(paste, index, text)


def _place(paste: Paste, index: int, text: str) -> None:
    """Note the region of a function whose deploy or source starts on this line."""
    start = next((text.find(word) for word in ("functions[", "export", "@https_fn") if word in text), -1)
    if start < 0:
        return
    whole = "\n".join((text[start:], *paste.lines[index + 1 : index + _SOURCE_LINES]))[:_LENGTH]
    found = next((found for pattern in _PLACES if (found := pattern.match(whole))), None)
    if found:
        paste.exports.append(function_in(found["name"], found["region"], (index + 1, index + 1)))


def _line(paste: Paste, index: int, text: str) -> None:
    lower = text.lower()
    _place(paste, index, text)
    for kind, by, hint, pattern in _PATTERNS:
        if hint in lower and (found := pattern.search(text)):
            groups = found.groupdict()
            address = groups.get("address")
            if "Destruction" in text and paste.shows(f"{address}: Destroying"):
                return
            if kind is EventKind.GRANTED and by == "gcloud":
                _granted(paste, index)
                return
            name = groups.get("id") or groups.get("name") or address or _deployed(paste, index)
            if address and name != address:  # what was told of the address is of the resource that it stands for
                told = paste.events
                paste.events[:] = [replace(e, resource=name) if e.resource == address else e for e in told]
            lines, at = (index + 1, index + 1), times.from_iso(text[:60])
            paste.events.append(Event(kind, lines, name, at, by or None, groups.get("role"), groups.get("member")))
            paste.list_softly(index, index + 1, PieceKind.OUTPUT, f"{kind.value} {name or ''}".strip())
            if kind is not EventKind.GRANT_FAILED:
                return


_DEPLOYED = regex(r"^(?:(?:alpha|beta) )?(?:run|functions) deploy (?P<name>[\w-]{1,80})(?: |$)")


def _deployed(paste: Paste, index: int) -> str | None:
    """Return what the command on a line deploys; None where it is no deploy, or it names nothing."""
    of = (command.group for command in paste.commands if command.start <= index < command.end)
    found = _DEPLOYED.match(next(of, ""))
    return found["name"] if found else None


def _granted(paste: Paste, index: int) -> None:
    """A deploy that asked for public access wrote the binding, as it says; one that asked for none took it away."""
    asked = next((e for e in reversed(paste.events) if e.kind in _ASKED), None)
    if asked is not None and asked.kind is EventKind.PUBLIC_ASKED:
        lines = (index + 1, index + 1)
        given = Event(EventKind.GRANTED, lines, asked.resource, by="gcloud", role=INVOKER, member=EVERYBODY[0])
        paste.events.append(given)
        paste.list_softly(index, index + 1, PieceKind.OUTPUT, f"{EventKind.GRANTED.value} {EVERYBODY[0]}")


def _command(paste: Paste, command: Command) -> None:
    """A command that writes a policy did so unless an error stands below it."""
    if command.program != "gcloud":
        return
    paste.take_softly(command.start, command.end)
    lines, of, flags = (command.start + 1, command.end), resource_of(command), command.flags
    if command.group.startswith(("run services delete", "functions delete")):
        paste.events.append(Event(EventKind.DELETED, lines, of, by="gcloud"))
    changes = _BINDING.search(command.group)
    if changes is None:
        return
    below = paste.lines[command.end : command.end + 4]
    failed = any("ERROR:" in line for line in below)
    if not failed and not any(_UPDATED.search(line[:200]) for line in below):
        return
    done = EventKind.GRANTED if changes["what"] == "add" else EventKind.REVOKED
    kind = EventKind.GRANT_FAILED if failed else done
    at = times.from_iso(below[0][:60]) or times.from_iso(paste.lines[command.start][:60])
    paste.events.append(Event(kind, lines, of, at, "gcloud", flags.get("--role"), flags.get("--member")))

"""What settings say of each service that they show, where no call that fails is among them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Final

from ...collect.doors.document import DocumentDoor
from ...collect.question import Question
from ...collect.readings import Access, read_access
from ...collect.unanswerable import UnanswerableError
from ...google_json.json_access import NotUnderstoodError
from ...google_json.services import service_v2
from ...model.answer import CannotTell, No
from ...model.document import POLICY_OF, Document, ResourceJson
from ...model.exported import ServiceSettings, SettingsWarning
from ...model.fact import Known
from ...model.holder import Holders, Standing
from ...model.run import Service
from ..who import holders_in

_RUN: Final = "//run.googleapis.com/"
_SECONDS: Final = 20.0
_MOST: Final = 100
_NO_SERVICE: Final = (NotUnderstoodError, ValueError, KeyError, TypeError, AttributeError, IndexError)
_SWITCHES: Final = ("invokerIamDisabled", "iapEnabled")
"""Settings that a part of a service need not show, by their names in version 2 of the API."""


def configuration(document: Document) -> tuple[ServiceSettings, ...]:
    """Return what a document says of each of its services, by their names, of a hundred at most."""
    shown = dict(_services(document))
    callee = next(iter(shown)).rsplit("/", 1)[-1] if len(shown) == 1 else ""
    door = DocumentDoor(document, _SECONDS, callee=callee)
    found = [_settings(document, door.within(_SECONDS), service) for service in [*shown.values()][:_MOST]]
    return tuple(sorted(found, key=lambda one: one.access.service.rsplit("/", 1)[-1]))


def _services(document: Document) -> Iterator[tuple[str, Service]]:
    for name, found in document.resources.items():
        if name.startswith(_RUN) and "/services/" in name:
            with suppress(*_NO_SERVICE):
                service = service_v2(found)
                yield name, replace(service, name=name.removeprefix(_RUN))


def _settings(document: Document, door: DocumentDoor, shown: Service) -> ServiceSettings:
    is_partial = shown.full_name in document.partial
    value = document.resources[shown.full_name]
    off, iap = (_switch(value, key, is_partial=is_partial) for key in _SWITCHES)
    access, policy_is_shown = _access(door, shown)
    if off is None and isinstance(access.is_open, No):
        access = replace(access, is_open=CannotTell("whether its invoker check is on is not shown"))
    checks_iam = None if off is None else not off
    made = ServiceSettings(
        access=access,
        urls=shown.urls,
        audiences=tuple(dict.fromkeys(each for each in (shown.url, *shown.urls, *shown.custom_audiences) if each)),
        tag_urls=shown.tag_urls,
        checks_iam=checks_iam,
        iap=iap,
        warnings=(),
        command=_next(shown, policy_is_shown=policy_is_shown or checks_iam is False),
    )
    of_document = [*_of_document(document, shown, policy_is_shown=policy_is_shown)]
    return replace(made, warnings=(*_warnings(made, shown, policy_is_shown=policy_is_shown), *of_document))


def _switch(value: ResourceJson, key: str, *, is_partial: bool) -> bool | None:
    """Return whether a setting is on; None where it is not shown, or computed."""
    found = value.get(key, None if is_partial else False)
    return found if isinstance(found, bool) else None


def _access(door: DocumentDoor, shown: Service) -> tuple[Holders, bool]:
    """Return who may call a service, and whether its own policy is shown at all."""
    try:
        access = read_access(Question(service=shown.name, send_calls=False, seconds=_SECONDS), door)
    except UnanswerableError as error:
        return Holders(shown.full_name, shown.url, CannotTell(error.sentence), "", ()), False
    own = [at.policy for at in access.policies.chain if at.resource.rsplit("/", 2)[-2:] == ["services", shown.id]]
    return _held(access, shown), any(isinstance(policy, Known) for policy in own)


def _held(access: Access, shown: Service) -> Holders:
    service = access.service.value if isinstance(access.service, Known) else shown
    return holders_in(access, service, None)


def _warnings(made: ServiceSettings, shown: Service, *, policy_is_shown: bool) -> Iterator[SettingsWarning]:
    members = {one.member for one in made.access.holders if one.may}
    if made.checks_iam is False:
        yield SettingsWarning.OPEN_WITHOUT_BINDING
    if "allUsers" in members:
        yield SettingsWarning.ALL_USERS
    if "allAuthenticatedUsers" in members:
        yield SettingsWarning.ALL_AUTHENTICATED_USERS
    if policy_is_shown and made.checks_iam and not any(one.may is not False for one in made.access.holders):
        yield SettingsWarning.NOBODY
    if any(one.stand is Standing.DELETED for one in made.access.holders):
        yield SettingsWarning.DELETED_MEMBER
    if shown.wanted_ingress is not None:
        yield SettingsWarning.INGRESS_PENDING
    if shown.default_url_disabled:
        yield SettingsWarning.DEFAULT_URL_DISABLED


def _of_document(document: Document, shown: Service, *, policy_is_shown: bool) -> Iterator[SettingsWarning]:
    name = shown.full_name
    if name in document.wanted:
        yield SettingsWarning.ONLY_WANTED
    if name in document.partial and name in document.resources:
        yield SettingsWarning.SHOWN_IN_PART
    if not policy_is_shown:
        yield SettingsWarning.POLICY_NOT_SHOWN
    elif f"{POLICY_OF}{name}" in document.partial:
        yield SettingsWarning.POLICY_IN_PART


def _next(service: Service, *, policy_is_shown: bool) -> str:
    """Return the command that shows its policy, or else the one that looks at the service itself."""
    project = "PROJECT" if service.project == "-" else shlex.quote(service.project)
    region = "REGION" if service.region == "-" else shlex.quote(service.region)
    name = "SERVICE" if service.id == "-" else shlex.quote(service.id)
    where = f"{name} --project={project} --region={region}"
    if policy_is_shown:
        return f"crauth-doctor check {where} --caller=WHO"
    return f"gcloud run services get-iam-policy {where}"

"""Cloud Run services, Knative v1 and v2, in the fields that decide; of `env` only the proxies are looked at.

Sources: https://docs.cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
and https://docs.cloud.google.com/run/docs/reference/rest/v1/namespaces.services
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from ..deferred import regex
from ..model.run import CallingIdentity, Domain, Egress, IdentityType, Ingress, Service, VpcAccess
from . import json_access as look
from .json_access import Json, NotUnderstoodError
from .networks import network_name, subnetwork_name

INGRESS: Final[Mapping[Ingress, str]] = {
    Ingress.ALL: "INGRESS_TRAFFIC_ALL",
    Ingress.INTERNAL: "INGRESS_TRAFFIC_INTERNAL_ONLY",
    Ingress.INTERNAL_AND_LB: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
    Ingress.NONE: "INGRESS_TRAFFIC_NONE",
}
"""In the words of version 2; version 1 has those of gcloud.

Source: https://docs.cloud.google.com/run/docs/reference/rpc/google.cloud.run.v2#ingresstraffic
"""
INGRESS_WORD: Final = "INGRESS_TRAFFIC_"
"""How every ingress setting begins, also one that this version does not know."""
EGRESS: Final[Mapping[Egress, str]] = {
    Egress.ALL_TRAFFIC: "ALL_TRAFFIC",
    Egress.PRIVATE_RANGES_ONLY: "PRIVATE_RANGES_ONLY",
}
"""Source: https://docs.cloud.google.com/run/docs/reference/rpc/google.cloud.run.v2#vpcegress"""

IDENTITY: Final[Mapping[str, IdentityType]] = {
    "IDENTITY_TYPE_UNSPECIFIED": IdentityType.SERVICE_ACCOUNT,
    "IDENTITY_TYPE_SERVICE_ACCOUNT": IdentityType.SERVICE_ACCOUNT,
    "IDENTITY_TYPE_AGENT_IDENTITY": IdentityType.AGENT,
    **{str(one): one for one in IdentityType},
}
"""In the words of version 2, of which Agent Platform leaves out the beginning, and in those of version 1.

Sources: https://docs.cloud.google.com/run/docs/reference/rest/v2/projects.locations.services (WorkloadIdentityConfig),
https://docs.cloud.google.com/run/docs/ai/authenticate-agents (the annotation)
"""

_INGRESS: Final = {word: setting for setting, word in INGRESS.items()} | {str(one): one for one in Ingress}
_EGRESS: Final = {
    "ALL_TRAFFIC": Egress.ALL_TRAFFIC,
    "ALL": Egress.ALL_TRAFFIC,
    "PRIVATE_RANGES_ONLY": Egress.PRIVATE_RANGES_ONLY,
    "PRIVATE_IP_RANGES": Egress.PRIVATE_RANGES_ONLY,
    "UNSPECIFIED": Egress.PRIVATE_RANGES_ONLY,
}
"""The same two settings in each product's own words."""
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_SIGN_IN: Final = regex(r"^([a-z][a-z0-9+.-]*://)?.*@", re.IGNORECASE | re.DOTALL)
_ANNOTATION: Final = "run.googleapis.com/"
_OF_FUNCTION: Final = "goog-cloudfunctions-runtime"
_FUNCTION: Final = "goog-drz-cloudfunctions-id"
_EMPTY_FRACTION: Final = regex(r"\.0+(?=Z$)")
"""Google's clients leave it out."""
_LABELS: Final = 64
"""As many labels as a resource may have. Source: https://docs.cloud.google.com/run/docs/configuring/services/labels"""


def is_v1(value: object) -> bool:
    """Whether this is a Knative service or job, or the parts of one that a format asked for."""
    if "apiVersion" not in look.mapping(value):
        names = {**look.mapping(value, "metadata", "annotations"), **look.mapping(value, "metadata", "labels")}
        return any(str(name).startswith(_ANNOTATION) for name in names) or bool(
            (look.text(value, "status", "url") or "").endswith(".run.app")
        )
    kinds = ("serving.knative.dev/", "run.googleapis.com/")
    return str(look.at(value, "apiVersion") or "").startswith(kinds) and not _is_of_a_cluster(value)


def _is_of_a_cluster(value: object) -> bool:
    """Whether a Knative service runs in a cluster of the user's: it has a URL, and not one of Cloud Run's."""
    url = look.text(value, "status", "url") or ""
    names = {**look.mapping(value, "metadata", "annotations"), **look.mapping(value, "metadata", "labels")}
    is_ours = any(str(name).startswith((_ANNOTATION, "cloud.googleapis.com/")) for name in names)
    return bool(url) and not is_ours and not url.endswith(".run.app")


def is_v2(value: object) -> bool:
    """Whether this is a v2 service, also a small part of one."""
    name = look.text(value, "name") or ""
    keys = look.mapping(value).keys()
    return (
        "/services/" in name
        and "/backendServices/" not in name
        and bool(keys & {"ingress", "template", "uri", "urls", "uid"})
    ) or (look.text(value, "ingress") or "").startswith(INGRESS_WORD)


def is_whole(value: object) -> bool:
    """Whether an export shows all of a service: `describe` without a projection, or its list."""
    keys = look.mapping(value).keys()
    if is_v1(value):
        return keys >= {"apiVersion", "metadata", "spec"}
    return "template" in keys and bool(keys & {"uri", "urls", "uid", "generation"})


def is_manifest(value: object) -> bool:
    """Whether this is what somebody applies, and not what is: a Knative service without its status."""
    return is_v1(value) and "apiVersion" in look.mapping(value) and "status" not in look.mapping(value)


def ingress_of(value: object) -> Ingress | None:
    """Return the ingress in force; None where the export does not say or says something new."""
    if is_v1(value):
        status = _annotation(value, "ingress-status") or _annotation(value, "ingress")
        whole = "apiVersion" in look.mapping(value)
        return _ingress(status) if status else Ingress.ALL if whole else None
    return _ingress(look.text(value, "ingress"))


def _ingress(text: str | None) -> Ingress | None:
    return _INGRESS.get(text or "")


def wanted_ingress(value: object) -> Ingress:
    """Return the ingress that was asked for; only version 1 tells it apart from the one in force.

    Source: https://docs.cloud.google.com/run/docs/reference/yaml/v1#ingress
    """
    wanted = _ingress(_annotation(value, "ingress"))
    if wanted is None:
        raise NotUnderstoodError("a service without an ingress setting that this version knows")
    return wanted


def service_of(value: object) -> Service:
    """Return the service that this is, in either version of the API."""
    return service_v1(value) if is_v1(value) else service_v2(value)


def service_v2(value: object) -> Service:
    """Return the service that version 2 of the API writes."""
    name = _full(look.text(value, "name") or "")
    template = look.mapping(value, "template")
    condition = look.mapping(value, "terminalCondition")
    labels, audiences = look.mapping(value, "labels"), look.texts(value, "customAudiences")
    urls = _urls((*look.texts(value, "urls"), *_one(look.text(value, "uri"))))
    is_function = bool(look.text(value, "buildConfig", "functionTarget"))
    served = look.items(value, "trafficStatuses")
    tagged = [each for each in served if look.text(each, "tag")]
    wanted = {tag for each in look.items(value, "traffic") if (tag := look.text(each, "tag"))}
    return Service(
        name=name,
        urls=urls,
        custom_audiences=audiences,
        account=look.text(template, "serviceAccount"),
        checks_iam=not look.is_true(value, "invokerIamDisabled"),
        default_url_disabled=look.is_true(value, "defaultUriDisabled"),
        iap_enabled=look.is_true(value, "iapEnabled"),
        tag_urls=_urls(uri for each in tagged for uri in _one(look.text(each, "uri"))),
        shows_tags=bool(served) and wanted <= {look.text(each, "tag") for each in tagged if look.text(each, "uri")},
        vpc_access=vpc_access(look.mapping(template, "vpcAccess"), *_place(name)),
        reconciling=look.is_true(value, "reconciling"),
        failing=_failure(condition, look.text(condition, "state") == "CONDITION_FAILED"),
        function=_function(name, labels, (*urls, *audiences), is_function=is_function),
        labels=_labels(labels),
        proxies=proxies_of(variables_of(template)),
        updated=_EMPTY_FRACTION.sub("", look.text(value, "updateTime") or "") or None,
        regions=look.texts(value, "multiRegionSettings", "regions"),
    )


def service_v1(value: object) -> Service:
    """Return the service that version 1 of the API writes, as Knative has it."""
    found = service_v2(as_v2(value))
    wanted, live = _annotation(value, "ingress"), _annotation(value, "ingress-status")
    client = _annotation(value, "client-name")
    return replace(
        found,
        labels=found.labels + ((("client-name", client),) if client else ()),
        wanted_ingress=_ingress(wanted) if live and wanted != live else None,
    )


def as_v2(value: object) -> Json:
    """Return a service in the words of version 2 of the API, in the fields that decide; one of version 2 as it is."""
    if not is_v1(value):
        return look.mapping(value)
    annotations = look.mapping(value, "metadata", "annotations")
    template = look.mapping(value, "spec", "template")
    ready = next((c for c in look.items(value, "status", "conditions") if look.text(c, "type") == "Ready"), {})
    state = {"True": "CONDITION_SUCCEEDED", "False": "CONDITION_FAILED"}.get(look.text(ready, "status") or "")
    behind = look.number(value, "metadata", "generation") != look.number(value, "status", "observedGeneration")
    tags = (*look.items(value, "status", "traffic"), *look.items(value, "spec", "traffic"))
    ingress, target = ingress_of(value), _annotation(value, "build-function-target")
    return {
        "name": _name_v1(value),
        "urls": [*_texts(_listed(annotations, "urls")), *_one(look.text(value, "status", "url"))],
        "labels": look.mapping(value, "metadata", "labels"),
        "customAudiences": _listed(annotations, "custom-audiences"),
        "invokerIamDisabled": _switched(value, "invoker-iam-disabled"),
        "defaultUriDisabled": _switched(value, "default-url-disabled"),
        "iapEnabled": _switched(value, "iap-enabled"),
        "trafficStatuses": [{"tag": look.text(one, "tag"), "uri": look.text(one, "url")} for one in tags],
        "template": {
            "serviceAccount": look.text(template, "spec", "serviceAccountName"),
            "vpcAccess": _vpc_v1(look.mapping(template, "metadata", "annotations")),
            "containers": look.items(template, "spec", "containers"),
        },
        "reconciling": bool(look.mapping(value, "status")) and (look.text(ready, "status") == "Unknown" or behind),
        "terminalCondition": {"state": state, "message": look.text(ready, "message")},
        "updateTime": look.text(ready, "lastTransitionTime"),
        **({"ingress": INGRESS[ingress]} if ingress else {}),
        **({"buildConfig": {"functionTarget": target}} if target else {}),
    }


def identity_of(template: object) -> CallingIdentity:
    """Return what a revision or a task calls as, in either version of the API.

    Args:
        template: `template` of a service of version 2, `template.template` of a job, `spec.template` of version 1.
    """
    config, annotations = (
        look.mapping(template, "workloadIdentityConfig"),
        look.mapping(template, "metadata", "annotations"),
    )
    word = look.text(config, "identityType") or look.text(annotations, _ANNOTATION + "identity-type")
    off = look.at(config, "identityCertificateEnabled") is False
    off = off or look.text(annotations, _ANNOTATION + "identity-certificate-enabled") == "false"
    return CallingIdentity(IDENTITY.get(word) if word else IdentityType.SERVICE_ACCOUNT, has_certificate=not off)


def domain(value: object, host: str, prefix: str) -> Domain:
    """Return a domain mapping.

    Source: https://docs.cloud.google.com/run/docs/reference/rest/v1/namespaces.domainmappings

    Args:
        value: its JSON.
        host: the host that is mapped.
        prefix: what stands before the short name of a service.
    """
    conditions = {look.text(one, "type"): one for one in look.items(value, "status", "conditions")}
    route = look.text(value, "status", "mappedRouteName") or look.text(value, "spec", "routeName")
    open_ones = {kind: one for kind, one in conditions.items() if look.text(one, "status") != "True"}
    return Domain(
        host=host,
        service=f"{prefix}{route}" if route else None,
        ready={"True": True, "False": False}.get(look.text(conditions.get("Ready"), "status") or ""),
        because=tuple(
            f"{kind}: {look.text(one, 'message') or look.text(one, 'reason') or 'not said why'}"
            for kind, one in open_ones.items()
        ),
    )


def egress(value: object) -> Egress | None:
    """Return what leaves through a VPC: private ranges where nothing is set, None where the word is not known."""
    if value is None:
        return Egress.PRIVATE_RANGES_ONLY
    word = str(value).upper().replace("-", "_").removeprefix("VPC_EGRESS_")
    return _EGRESS.get("UNSPECIFIED" if word.endswith("_UNSPECIFIED") else word)


def vpc_access(found: object, project: str, region: str) -> VpcAccess | None:
    """Return how a workload is joined to a VPC, by a `vpcAccess` of Cloud Run.

    Args:
        found: its JSON.
        project: id or number of the workload's project; `-` where it is not known.
        region: its region.
    """
    interface = next(iter(look.items(found, "networkInterfaces")), None)
    is_set = look.at(found, "connector") is not None
    connector = look.text(found, "connector") or ("-" if is_set else None)  # a file may name it by a reference
    if interface is None and connector is None:
        return None
    network, subnetwork = look.text(interface, "network"), look.text(interface, "subnetwork")
    return VpcAccess(
        egress(look.at(found, "egress")),
        network_name(network, project) if network else None,
        subnetwork_name(subnetwork, project, region) if subnetwork else None,
        connector,
    )


def proxies_of(variables: Iterable[tuple[object, object]]) -> tuple[tuple[str, str], ...]:
    """Keep the variables that name a proxy, in upper case; of two that differ in case, the lower-case one wins.

    All others hold secrets, and are never kept; nor are user and password in a proxy's URL.
    Source: https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies
    """
    given: dict[str, str] = {}
    for name, value in variables:
        given.setdefault(str(name), str(value or ""))
    found = {name: given.get(name.lower(), given.get(name)) for name in _PROXIES}
    return tuple((name, _SIGN_IN.sub(r"\1", value)) for name, value in found.items() if value is not None)


def variables_of(template: object) -> Iterator[tuple[object, object]]:
    """Yield the variables of the containers of a service, job or revision: names and values."""
    for container in look.items(template, "containers"):
        for variable in look.items(container, "env"):
            yield look.at(variable, "name"), look.at(variable, "value")


def _one(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()


def _failure(condition: object, is_failed: bool) -> str | None:
    return (look.text(condition, "message") or "it is not ready") if is_failed else None


def _place(name: str) -> tuple[str, str]:
    _, project, _, region, *_ = name.split("/")
    return project, region


def _function(name: str, labels: dict[str, object], urls: Iterable[str], *, is_function: bool) -> str | None:
    """Name of the function that a service belongs to; the service's own name is the function's in lower case.

    Source: https://docs.cloud.google.com/run/docs/functions/comparison
    """
    named = look.text(labels, _FUNCTION)
    if named or not (is_function or _OF_FUNCTION in labels):
        return named
    for url in urls:
        host, _, path = url.removeprefix("https://").partition("/")
        if host.endswith(".cloudfunctions.net") and path:
            return path.strip("/")
    return name.rsplit("/", 1)[-1]


def _annotation(value: object, name: str) -> str | None:
    return look.text(look.mapping(value, "metadata", "annotations"), _ANNOTATION + name)


def _switched(value: object, name: str) -> bool:
    return (_annotation(value, name) or "").lower() == "true"


def _name_v1(value: object) -> str:
    metadata = look.mapping(value, "metadata")
    project = look.text(metadata, "namespace") or "-"
    region = look.text(metadata, "labels", "cloud.googleapis.com/location") or "-"
    return f"projects/{project}/locations/{region}/services/{look.text(metadata, 'name') or '-'}"


def _full(name: str) -> str:
    parts = name.removeprefix("//run.googleapis.com/").split("/")
    return "/".join(parts) if len(parts) == 6 else f"projects/-/locations/-/services/{parts[-1] or '-'}"


def _urls(urls: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(url.rstrip("/") for url in urls if url.startswith("https://")))


def _texts(items: Iterable[object]) -> tuple[str, ...]:
    return tuple(each for each in items if isinstance(each, str))


def _listed(value: object, name: str) -> list[object]:
    """Read a JSON list that stands in an annotation."""
    found = look.parsed(look.at(value, _ANNOTATION + name))
    return found if isinstance(found, list) else []


def _labels(labels: dict[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (str(name)[:100], value[:100]) for name, value in sorted(labels.items())[:_LABELS] if isinstance(value, str)
    )


def _vpc_v1(annotations: dict[str, object]) -> Json:
    access = {
        "networkInterfaces": _listed(annotations, "network-interfaces"),
        "connector": look.text(annotations, _ANNOTATION + "vpc-access-connector"),
        "egress": look.text(annotations, _ANNOTATION + "vpc-access-egress"),
    }
    return {key: each for key, each in access.items() if each}

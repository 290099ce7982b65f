"""Exported Cloud Run services, Knative v1 and v2, in the fields that decide; of `env` only the proxies are looked at.

Sources: https://docs.cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
and https://docs.cloud.google.com/run/docs/reference/rest/v1/namespaces.services
"""

from __future__ import annotations

import json

from ..model.run import Egress, Ingress, Service, VpcAccess
from . import look

_V2_INGRESS = {
    "INGRESS_TRAFFIC_ALL": Ingress.ALL,
    "INGRESS_TRAFFIC_INTERNAL_ONLY": Ingress.INTERNAL,
    "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER": Ingress.INTERNAL_AND_LB,
    "INGRESS_TRAFFIC_NONE": Ingress.NONE,
}
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"})
_ANNOTATION = "run.googleapis.com/"


def is_v1(value: object) -> bool:
    """Whether this is a Knative service or job, or the parts of one that a format asked for."""
    if "apiVersion" not in look.mapping(value):
        names = {**look.mapping(value, "metadata", "annotations"), **look.mapping(value, "metadata", "labels")}
        return any(str(name).startswith(_ANNOTATION) for name in names) or bool(
            (look.text(value, "status", "url") or "").endswith(".run.app")
        )
    return str(look.at(value, "apiVersion") or "").startswith(("serving.knative.dev/", "run.googleapis.com/"))


def is_v2(value: object) -> bool:
    """Whether this is a v2 service, also a small part of one."""
    name = look.text(value, "name") or ""
    keys = look.mapping(value).keys()
    return (
        "/services/" in name
        and "/backendServices/" not in name
        and bool(keys & {"ingress", "template", "uri", "urls", "uid"})
    ) or (str(look.at(value, "ingress") or "").startswith("INGRESS_TRAFFIC"))


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
    if text in _V2_INGRESS:
        return _V2_INGRESS[text]
    return Ingress(text) if text in set(Ingress) else None


def service_of(value: object) -> Service:
    """Return the service that this export shows."""
    return _from_v1(value) if is_v1(value) else _from_v2(value)


def _from_v2(value: object) -> Service:
    template = look.mapping(value, "template")
    urls = (*look.texts(value, "urls"), *((uri,) if (uri := look.text(value, "uri")) else ()))
    condition = look.mapping(value, "terminalCondition")
    labels = look.mapping(value, "labels")
    return Service(
        name=_full(look.text(value, "name") or ""),
        urls=_urls(urls),
        custom_audiences=look.texts(value, "customAudiences"),
        account=look.text(template, "serviceAccount"),
        checks_iam=not look.is_true(value, "invokerIamDisabled"),
        default_url_disabled=look.is_true(value, "defaultUriDisabled"),
        iap_enabled=look.is_true(value, "iapEnabled"),
        tag_urls=tuple(uri for each in look.items(value, "trafficStatuses") if (uri := look.text(each, "uri"))),
        vpc_access=_vpc_v2(template),
        reconciling=look.is_true(value, "reconciling"),
        failing=look.text(condition, "message") if look.text(condition, "state") == "CONDITION_FAILED" else None,
        function=look.text(labels, "goog-drz-cloudfunctions-id") or look.text(value, "buildConfig", "functionTarget"),
        labels=_labels(labels),
        proxies=_proxies(template),
        updated=look.text(value, "updateTime"),
    )


def _from_v1(value: object) -> Service:
    spec = look.mapping(value, "spec", "template", "spec")
    labels = look.mapping(value, "metadata", "labels")
    ready = next((c for c in look.items(value, "status", "conditions") if look.text(c, "type") == "Ready"), {})
    state = look.text(ready, "status")
    wanted, live = _annotation(value, "ingress"), _annotation(value, "ingress-status")
    behind = look.number(value, "metadata", "generation") != look.number(value, "status", "observedGeneration")
    tags = (*look.items(value, "status", "traffic"), *look.items(value, "spec", "traffic"))
    return Service(
        name=_name_v1(value),
        urls=_urls(
            (*_listed(_annotation(value, "urls")), *((url,) if (url := look.text(value, "status", "url")) else ()))
        ),
        custom_audiences=_listed(_annotation(value, "custom-audiences")),
        account=look.text(spec, "serviceAccountName"),
        checks_iam=(_annotation(value, "invoker-iam-disabled") or "").lower() != "true",
        default_url_disabled=(_annotation(value, "default-url-disabled") or "").lower() == "true",
        iap_enabled=(_annotation(value, "iap-enabled") or "").lower() == "true",
        tag_urls=tuple(url for each in tags if look.text(each, "tag") and (url := look.text(each, "url"))),
        vpc_access=_vpc_v1(look.mapping(value, "spec", "template", "metadata", "annotations")),
        reconciling=bool(look.mapping(value, "status")) and (state == "Unknown" or behind),
        failing=look.text(ready, "message") if state == "False" else None,
        function=look.text(labels, "goog-drz-cloudfunctions-id"),
        labels=_labels(labels) + ((("client-name", client),) if (client := _annotation(value, "client-name")) else ()),
        proxies=_proxies(spec),
        wanted_ingress=_ingress(wanted) if live and wanted != live else None,
        updated=look.text(ready, "lastTransitionTime"),
    )


def _annotation(value: object, name: str) -> str | None:
    return look.text(look.mapping(value, "metadata", "annotations"), _ANNOTATION + name)


def _name_v1(value: object) -> str:
    metadata = look.mapping(value, "metadata")
    project = look.text(metadata, "namespace") or "-"
    region = look.text(metadata, "labels", "cloud.googleapis.com/location") or "-"
    return f"projects/{project}/locations/{region}/services/{look.text(metadata, 'name') or '-'}"


def _full(name: str) -> str:
    parts = name.removeprefix("//run.googleapis.com/").split("/")
    return "/".join(parts) if len(parts) == 6 else f"projects/-/locations/-/services/{parts[-1] or '-'}"


def _urls(urls: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(url.removesuffix("/") for url in urls if url.startswith("https://")))


def _listed(text: str | None) -> tuple[str, ...]:
    """Read a JSON list that stands in an annotation."""
    try:
        return look.texts({"all": json.loads(text or "[]")}, "all")
    except (ValueError, RecursionError):
        return ()


def _labels(labels: dict[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (str(name)[:100], value[:100]) for name, value in sorted(labels.items())[:40] if isinstance(value, str)
    )


def _proxies(template: dict[str, object]) -> tuple[tuple[str, str], ...]:
    found = {}
    for container in look.items(template, "containers")[:20]:
        for variable in look.items(container, "env")[:500]:
            name = (look.text(variable, "name") or "").upper()
            if name in _PROXIES:
                found[name] = _without_password(look.text(variable, "value") or "")
    return tuple(sorted(found.items()))


def _without_password(proxy: str) -> str:
    scheme, separator, rest = proxy.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else proxy.rpartition("@")[2]


def _egress(text: str | None) -> Egress | None:
    """Return what leaves through the network: private ranges where nothing is set, None where the word is not known."""
    match (text if text is not None else "private-ranges-only").upper().replace("-", "_"):
        case "ALL_TRAFFIC" | "ALL":
            return Egress.ALL_TRAFFIC
        case "PRIVATE_RANGES_ONLY" | "VPC_EGRESS_UNSPECIFIED":
            return Egress.PRIVATE_RANGES_ONLY
        case _:
            return None


def _vpc_v2(template: dict[str, object]) -> VpcAccess | None:
    access = look.mapping(template, "vpcAccess")
    if not access:
        return None
    interface = next(iter(look.items(access, "networkInterfaces")), {})
    return VpcAccess(
        _egress("" if look.at(access, "egress") == "" else look.text(access, "egress")),
        look.text(interface, "network"),
        look.text(interface, "subnetwork"),
        look.text(access, "connector"),
    )


def _vpc_v1(annotations: dict[str, object]) -> VpcAccess | None:
    connector = look.text(annotations, _ANNOTATION + "vpc-access-connector")
    try:
        interfaces = json.loads(look.text(annotations, _ANNOTATION + "network-interfaces") or "[]")
    except (ValueError, RecursionError):
        interfaces = []
    if not connector and not interfaces:
        return None
    first = interfaces[0] if isinstance(interfaces, list) and interfaces else {}
    return VpcAccess(
        _egress(look.text(annotations, _ANNOTATION + "vpc-access-egress")),
        look.text(first, "network"),
        look.text(first, "subnetwork"),
        connector,
    )

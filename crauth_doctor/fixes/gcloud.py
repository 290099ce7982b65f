"""Changes as gcloud commands: whole, quoted, ready to paste.

Source of the flags: `gcloud … --help`, Google Cloud SDK 528.
"""

from __future__ import annotations

import re
import shlex
from typing import Final, assert_never

from ..model.change import (
    AddAudience,
    Advise,
    Change,
    Command,
    CreateAgent,
    DisableIap,
    EnableAccount,
    EnableDefaultUrl,
    EnablePrivateAccess,
    GrantRole,
    ListDenyPolicies,
    ListServices,
    PrintToken,
    RequestAudience,
    RevokeRole,
    SendAccessToken,
    SetIngress,
    SetInvokerCheck,
    SetRuntimeAccount,
    SetSenderAudience,
    SetVpcEgress,
    ShowMapping,
    ShowPolicy,
    ShowProvider,
    ShowUrl,
    SignInAs,
    account_resource,
)
from ..model.iam import EVERYBODY, Condition
from ..model.run import Ingress
from . import names
from .names import IAP, Resource, parse

_DELIMITERS: Final = ":;|~#@%!+"
"""What may stand between the items of a list flag in place of a comma. See `gcloud topic escaping`."""


ADC_FILE: Final = '"${CLOUDSDK_CONFIG:-$HOME/.config/gcloud}/application_default_credentials.json"'
"""Where gcloud writes Application Default Credentials, for a POSIX shell.

Source: https://docs.cloud.google.com/docs/authentication/application-default-credentials
"""


def commands(change: Change | Command) -> tuple[str, ...]:
    """Return the commands that make a change, each on one line; none for what no command does."""
    match change:
        case GrantRole(resource, role, member, condition):
            if member in EVERYBODY:  # opening a service to everybody is never offered as a role to be granted
                return ()
            return _binding("add", resource, role, member, condition)
        case RevokeRole(resource, role, member, condition):
            return _binding("remove", resource, role, member, condition)
        case SetIngress(service, ingress):
            # gcloud does not know the value `none`
            return () if ingress is Ingress.NONE else _update(service, f"--ingress={ingress}")
        case AddAudience(service, audience):
            return _update(service, f"--add-custom-audiences={_listed((audience,))}")
        case EnableDefaultUrl(service):
            return _update(service, "--default-url", track=("beta",))
        case SetInvokerCheck(service, on):
            return _update(service, "--invoker-iam-check" if on else "--no-invoker-iam-check")
        case SetVpcEgress(workload, egress, network, subnetwork):
            joined = [f"--network={network}"] * bool(network) + [f"--subnet={subnetwork}"] * bool(subnetwork)
            return _update(workload, *joined, f"--vpc-egress={egress}")
        case EnablePrivateAccess(subnetwork):
            return _private_access(parse(subnetwork))
        case EnableAccount(email):
            return _line(
                ["gcloud", "iam", "service-accounts", "enable", email], *_project(parse(account_resource(email)))
            )
        case SetRuntimeAccount(workload, email):
            return _update(workload, f"--service-account={email}")
        case SetSenderAudience():
            return _sender(change)
        case RequestAudience():
            # gcloud resets the rest of a job's or a subscription's token settings along with the audience
            return ()
        case Advise(commands=given):
            return tuple(line for each in given for line in commands(each))
        case _:
            return _helping(change)


def _helping(command: Command) -> tuple[str, ...]:
    """Return what looks at something, or makes a token, and changes nothing of the service."""
    match command:
        case ShowPolicy(resource):
            return _policy("get-iam-policy", resource)
        case ShowUrl(service):
            words = ["gcloud", "run", "services", "describe", parse(service).id]
            return _line(words, *_where(parse(service)), "--format=value(status.url)")
        case ShowMapping(host, service):
            words = ["gcloud", "beta", "run", "domain-mappings", "describe"]
            return _line(words, f"--domain={host}", *_where(parse(service)))
        case ShowProvider(provider):
            _, project, _, location, _, pool, _, name = provider.split("/")
            words = ["gcloud", "iam", "workload-identity-pools", "providers", "describe", name]
            return _line(words, f"--project={project}", f"--location={location}", f"--workload-identity-pool={pool}")
        case ListServices(service):
            return _line(["gcloud", "run", "services", "list"], *_project(parse(service)))
        case SignInAs(account, names_file):
            words = ["gcloud", "auth", "application-default", "login"]
            made = _line(words, f"--impersonate-service-account={account}")
            return (*made, f"export GOOGLE_APPLICATION_CREDENTIALS={ADC_FILE}") if made and names_file else made
        case PrintToken(account, audience):
            words = ["gcloud", "auth", "print-identity-token"]
            return _line(
                words, f"--impersonate-service-account={account}", f"--audiences={audience}", "--include-email"
            )
        case CreateAgent(api, of):
            words = ["gcloud", "beta", "services", "identity", "create"]
            return _line(words, f"--service={api}", *_project(parse(of)))
        case DisableIap(service):
            if "/backendServices/" in service:
                return _backend(service, "--iap=disabled")
            return _update(service, "--no-iap", track=("beta",))
        case ListDenyPolicies(resource):
            where = f"--attachment-point={resource.removeprefix('//')}"
            return _line(["gcloud", "iam", "policies", "list"], where, "--kind=denypolicies")
        case SendAccessToken(sender, account):
            return _job(parse(sender), f"--oauth-service-account-email={account}")
        case _:
            assert_never(command)


def _update(workload: str, *flags: str, track: tuple[str, ...] = ()) -> tuple[str, ...]:
    resource = parse(workload)
    group = {"services": "services", "jobs": "jobs", "workerPools": "worker-pools"}.get(resource.collection)
    if group is None:
        return ()
    preview = ("beta",) if group == "worker-pools" else ()  # in gcloud 528, which has no such group without it
    words = ["gcloud", *(track or preview), "run", group, "update", resource.id]
    return _line(words, *_where(resource), *flags)


def _backend(name: str, flag: str) -> tuple[str, ...]:
    """Return a change of a backend service, a name of which may stand below `global`, and so has no pairs."""
    _, project, *scope, _, short = name.removeprefix("//compute.googleapis.com/").split("/")
    where = f"--region={scope[1]}" if scope[0] == "regions" else "--global"
    return _line(["gcloud", "compute", "backend-services", "update", short], f"--project={project}", where, flag)


def _private_access(subnetwork: Resource) -> tuple[str, ...]:
    if subnetwork.collection != "subnetworks":
        return ()
    words = ["gcloud", "compute", "networks", "subnets", "update", subnetwork.id]
    return _line(words, *_where(subnetwork), "--enable-private-ip-google-access")


def _job(job: Resource, *flags: str) -> tuple[str, ...]:
    words = ["gcloud", "scheduler", "jobs", "update", "http", job.id]
    return _line(words, f"--project={job.project}", f"--location={job.region}", *flags)


def _sender(change: SetSenderAudience) -> tuple[str, ...]:
    """Return it with all that gcloud would otherwise reset along with the audience."""
    sender = parse(change.sender)
    match sender.host, sender.collection:
        case names.SCHEDULER, "jobs":
            account = f"--oidc-service-account-email={change.account}"
            return _job(sender, account, f"--oidc-token-audience={change.audience}")
        case names.PUBSUB, "subscriptions":
            return _line(
                ["gcloud", "pubsub", "subscriptions", "modify-push-config", sender.id],
                f"--project={sender.project}",
                f"--push-endpoint={change.target or ''}",
                f"--push-auth-service-account={change.account}",
                f"--push-auth-token-audience={change.audience}",
            )
        case _:
            return ()


def _binding(verb: str, name: str, role: str, member: str, condition: Condition | None) -> tuple[str, ...]:
    """Return a change of an allow policy."""
    flags = [f"--member={member}", f"--role={role}"]
    if parse(name).collection == "jobs":  # the one group that knows no conditions
        return () if condition else _policy(f"{verb}-iam-policy-binding", name, *flags)
    # Without it gcloud asks which condition is meant, or fails where nobody can answer, once any binding has one.
    return _policy(f"{verb}-iam-policy-binding", name, *flags, f"--condition={_condition(condition)}")


def _policy(act: str, name: str, *flags: str) -> tuple[str, ...]:
    """Return what gcloud does with an allow policy; it has a command group for each kind of resource."""
    resource = parse(name)
    if resource.host == IAP:
        return _iap(act, resource, *flags)
    match resource.collection:
        case "services" | "jobs" as kind:
            return _line(["gcloud", "run", kind, act, resource.id], *_where(resource), *flags)
        case "serviceAccounts":
            return _line(["gcloud", "iam", "service-accounts", act, resource.id], *_project(resource), *flags)
        case "projects":
            return _line(["gcloud", "projects", act, resource.id], *flags)
        case "folders":
            return _line(["gcloud", "resource-manager", "folders", act, resource.id], *flags)
        case "organizations":
            return _line(["gcloud", "organizations", act, resource.id], *flags)
        case _:
            return ()


def _iap(act: str, resource: Resource, *flags: str) -> tuple[str, ...]:
    kind, _, region = resource.parts.get("iap_web", "").partition("-")
    if resource.collection != "services":
        return ()
    if kind == "compute":
        where = [f"--service={resource.id}", *_project(resource), *([f"--region={region}"] if region else [])]
        return _line(["gcloud", "iap", "web", act], "--resource-type=backend-services", *where, *flags)
    where = [f"--service={resource.id}", *_project(resource), f"--region={region}"]
    return _line(["gcloud", "beta", "iap", "web", act], "--resource-type=cloud-run", *where, *flags)


def _project(resource: Resource) -> list[str]:
    """Return the flag; gcloud refuses a placeholder there, and without it takes the project of its configuration."""
    return [] if resource.project in {"PROJECT", "-"} else [f"--project={resource.project}"]


def _where(resource: Resource) -> list[str]:
    return [*_project(resource), f"--region={resource.region}"]


def _condition(condition: Condition | None) -> str:
    """Return a condition; gcloud finds the one to remove by all that it has."""
    if condition is None:
        return "None"
    described = (f"description={condition.description}",) if condition.description else ()
    title = condition.title or "crauth-doctor"
    return _listed((f"expression={condition.expression}", f"title={title}", *described))


def _listed(items: tuple[str, ...]) -> str:
    """Return a list flag, with another delimiter where an item holds a comma or looks as if it named one."""
    whole = ",".join(items)
    if whole.count(",") == len(items) - 1 and not whole.startswith("^"):
        return whole
    free = next((mark for mark in _DELIMITERS if mark not in whole), "--")
    return f"^{free}^{free.join(items)}"


def _line(words: list[str], *flags: str) -> tuple[str, ...]:
    """Quote a command; none when a name in it is missing, or would be read as a flag."""
    missing = "" in words or any(re.fullmatch("--[a-z-]+=", flag) for flag in flags)
    disguised = any(word.startswith("-") for word in words)
    return () if missing or disguised else (shlex.join([*words, *flags]),)

"""What a workload of Cloud Run calls as: its service account, or itself where it is an agent.

https://cloud.google.com/run/docs/ai/authenticate-agents
"""

from __future__ import annotations

from ..iam.principal import Identity
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json


def identity_of(cloud: Cloud, name: str) -> Identity:
    """Whom a service, job or worker pool calls as."""
    return (
        agent(cloud, name, "run")
        if is_agent(cloud, name)
        else cloud.principal(f"serviceAccount:{account(cloud, name)}")
    )


def is_agent(cloud: Cloud, name: str) -> bool:
    """Whether it has an agent's identity instead of an account's."""
    return str(_identity(cloud, name).get("identityType", "")).endswith("AGENT_IDENTITY")


def has_certificate(cloud: Cloud, name: str) -> bool:
    """Whether its instances hold the certificate that client libraries bind tokens to."""
    return is_agent(cloud, name) and _identity(cloud, name).get("identityCertificateEnabled", True) is True


def agent(cloud: Cloud, name: str, product: str) -> Identity:
    """The agent that a resource is, in the trust domain of its organization, or of its project where it has none."""
    number = cloud.number(name)
    above = [each.rsplit("/", 1)[1] for each in cloud.ancestors(name) if "/organizations/" in each]
    domain = f"agents.global.{f'org-{above[0]}' if above else f'project-{number}'}.system.id.goog"
    where = names.path_of(names.with_project(name, number))
    return cloud.principal(f"principal://{domain}/resources/{product}/{where}")


def account(cloud: Cloud, name: str) -> str:
    """The service account of a workload: the declared one, or the default compute account."""
    default = f"{cloud.number(name)}-compute@developer.gserviceaccount.com"
    return str(_template(cloud.resources[name], name).get("serviceAccount") or default)


def _template(resource: Json, name: str) -> Json:
    """Where a workload says what it runs as: a job's template is that of an execution, with a task's inside."""
    template: Json = resource.get("template") or {}
    inner: Json = (template.get("template") or {}) if "/jobs/" in name else template
    return inner


def _identity(cloud: Cloud, name: str) -> Json:
    found: Json = _template(cloud.resources[name], name).get("workloadIdentityConfig") or {}
    return found

"""Identity-Aware Proxy's own allow policy.

Documentation: https://docs.cloud.google.com/iap/docs/managing-access#managing_access_via_the_api
"""

from __future__ import annotations

from typing import Final

from ...google_json.policies import answered_policy
from ...model.fact import Fact
from ...model.iam import Policy
from ...model.run import Service
from .. import methods, rest
from ..door import Door

READ: Final = methods.IAP_POLICY.read


def resource_of(service: Service, project: str) -> str:
    """Name of what IAP protects; the project by its number, as IAP names it."""
    return f"projects/{project}/iap_web/cloud_run-{service.region}/services/{service.id}"


def service_policy(google: Door, resource: str) -> Fact[Policy]:
    """Read who may pass IAP before a service or a backend."""
    return rest.named(google, methods.IAP_POLICY, resource, answered_policy, there=True)

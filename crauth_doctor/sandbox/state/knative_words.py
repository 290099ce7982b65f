"""Words that the v1 and v2 APIs of Cloud Run write differently.

Annotations: https://cloud.google.com/run/docs/reference/rest/v1/ObjectMeta#FIELDS.annotations
"""

from __future__ import annotations

RUN = "run.googleapis.com/"
INGRESS = {
    "INGRESS_TRAFFIC_ALL": "all",
    "INGRESS_TRAFFIC_INTERNAL_ONLY": "internal",
    "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER": "internal-and-cloud-load-balancing",
    "INGRESS_TRAFFIC_NONE": "none",
}
INGRESS_BACK = {value: key for key, value in INGRESS.items()}
EGRESS = {"ALL_TRAFFIC": "all-traffic", "PRIVATE_RANGES_ONLY": "private-ranges-only"}
EGRESS_BACK = {"all-traffic": "ALL_TRAFFIC", "all": "ALL_TRAFFIC", "private-ranges-only": "PRIVATE_RANGES_ONLY"}
FLAGS = {
    "invoker-iam-disabled": "invokerIamDisabled",
    "default-url-disabled": "defaultUriDisabled",
    "iap-enabled": "iapEnabled",
}

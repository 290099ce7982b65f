"""Enum values as numbers, for `$alt=json;enum-encoding=int`, which Google's own REST clients send.

The numbers are those of google.cloud.run.v2: https://github.com/googleapis/googleapis/tree/master/google/cloud/run/v2
"""

from __future__ import annotations

from typing import Any

UNKNOWN = 99

_CONDITION_REASONS = (
    "UNKNOWN=1 REVISION_FAILED=3 PROGRESS_DEADLINE_EXCEEDED=4 CONTAINER_MISSING=6 CONTAINER_PERMISSION_DENIED=7 "
    "CONTAINER_IMAGE_UNAUTHORIZED=8 CONTAINER_IMAGE_AUTHORIZATION_CHECK_FAILED=9 ENCRYPTION_KEY_PERMISSION_DENIED=10 "
    "ENCRYPTION_KEY_CHECK_FAILED=11 SECRETS_ACCESS_CHECK_FAILED=12 WAITING_FOR_OPERATION=13 IMMEDIATE_RETRY=14 "
    "POSTPONED_RETRY=15 INTERNAL=16 VPC_NETWORK_NOT_FOUND=17"
)
_TABLE = {
    "ingress": (
        "INGRESS_TRAFFIC_UNSPECIFIED=0 INGRESS_TRAFFIC_ALL=1 INGRESS_TRAFFIC_INTERNAL_ONLY=2 "
        "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER=3 INGRESS_TRAFFIC_NONE=4"
    ),
    "launchStage": (
        "LAUNCH_STAGE_UNSPECIFIED=0 EARLY_ACCESS=1 ALPHA=2 BETA=3 GA=4 DEPRECATED=5 UNIMPLEMENTED=6 PRELAUNCH=7"
    ),
    "egress": "VPC_EGRESS_UNSPECIFIED=0 ALL_TRAFFIC=1 PRIVATE_RANGES_ONLY=2",
    "type": (
        "TRAFFIC_TARGET_ALLOCATION_TYPE_UNSPECIFIED=0 TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST=1 "
        "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION=2"
    ),
    "state": (
        "STATE_UNSPECIFIED=0 CONDITION_PENDING=1 CONDITION_RECONCILING=2 CONDITION_FAILED=3 CONDITION_SUCCEEDED=4"
    ),
    "severity": "SEVERITY_UNSPECIFIED=0 ERROR=1 WARNING=2 INFO=3",
    "reason": f"COMMON_REASON_UNDEFINED=0 {_CONDITION_REASONS}",
    "executionEnvironment": (
        "EXECUTION_ENVIRONMENT_UNSPECIFIED=0 EXECUTION_ENVIRONMENT_GEN1=1 EXECUTION_ENVIRONMENT_GEN2=2"
    ),
    "scalingMode": "SCALING_MODE_UNSPECIFIED=0 AUTOMATIC=1 MANUAL=2",
    "encryptionKeyRevocationAction": "ENCRYPTION_KEY_REVOCATION_ACTION_UNSPECIFIED=0 PREVENT_NEW=1 SHUTDOWN=2",
}
NUMBERS = {
    key: {name: int(number) for name, _, number in (pair.partition("=") for pair in pairs.split())}
    for key, pairs in _TABLE.items()
}
# In these fields a value outside the table is an enum value newer than the client; elsewhere it is plain text.
_ALWAYS_ENUM = {"ingress", "launchStage", "egress", "executionEnvironment", "scalingMode"}


def to_ints(value: Any, key: str = "") -> Any:
    """The same document with its enum names as numbers."""
    if isinstance(value, dict):
        return {name: to_ints(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [to_ints(each) for each in value]
    if isinstance(value, str) and key in NUMBERS:
        return NUMBERS[key].get(value, UNKNOWN if key in _ALWAYS_ENUM else value)
    return value


def to_names(value: Any, key: str = "") -> Any:
    """The same document with its enum numbers as names, as clients that read numbers also write them."""
    if isinstance(value, dict):
        return {name: to_names(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [to_names(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool) and key in NUMBERS:
        return next((name for name, number in NUMBERS[key].items() if number == value), value)
    return value

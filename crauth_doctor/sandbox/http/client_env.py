"""The environment that points other programs at a sandbox."""

from __future__ import annotations

import os
from pathlib import Path

from ..state.cloud import Cloud

# The names under which gcloud knows the endpoints of APIs: `gcloud topic configurations`, api_endpoint_overrides.
_GCLOUD = (
    "run iam iamcredentials cloudresourcemanager logging orgpolicy iap cloudfunctions cloudscheduler cloudtasks "
    "pubsub eventarc workflows vpcaccess container serviceusage sts policytroubleshooter cloudasset apigateway "
    "artifactregistry"
)
_WITH_PATH = {"compute": "http://compute.googleapis.com/compute/v1/", "dns": "http://dns.googleapis.com/dns/v1/"}


def write(cloud: Cloud, port: int, directory: Path) -> dict[str, str]:
    """Write the operator's token and a throw-away gcloud configuration, and say what to export."""
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "gcloud"
    config.mkdir(exist_ok=True)
    token = directory / "operator-token"
    descriptor = os.open(token, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(cloud.operator_token)
    base, own = f"http://127.0.0.1:{port}", f"127.0.0.1:{port}"
    found = {
        "CRAUTH_DOCTOR_SANDBOX": base,
        "CLOUDSDK_CONFIG": str(config),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_PROXY_TYPE": "http",
        "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1",
        "CLOUDSDK_PROXY_PORT": str(port),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_CORE_CHECK_GCE_METADATA": "0",
        "CLOUDSDK_SURVEY_DISABLE_PROMPTS": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "GOOGLE_APPLICATION_CREDENTIALS": "",  # nobody's real key is sent here: libraries ask the metadata server
        "GCE_METADATA_HOST": own,
        "GCE_METADATA_IP": own,
        "http_proxy": base,
        "https_proxy": base,  # https is refused here with a clear word, instead of reaching the real Google
        "HTTPS_PROXY": base,
        "no_proxy": "127.0.0.1,localhost",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    urls = {api: f"http://{api}.googleapis.com/" for api in _GCLOUD.split()} | _WITH_PATH
    found |= {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api.upper()}": url for api, url in urls.items()}
    listed = [each.id for each in cloud.projects() if each.listed]
    if len(listed) == 1:
        found["CLOUDSDK_CORE_PROJECT"] = listed[0]
    return found

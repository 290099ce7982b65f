"""The rules and the sandbox's front end are two opinions on which network path leads to a service.

For random callers, egress settings, private zones, hosts and ingress settings, the program says what the front end then
does, or that it cannot tell; never the contrary. Every caller has the role, and a token that the service takes.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.cli.main import main
from crauth_doctor.sandbox import parse_world, serve

MANY = int(os.environ.get("CRAUTH_DOCTOR_RANDOM_WORLDS", "400")) // 5
EMAIL = "caller@{}.iam.gserviceaccount.com"
PLACE = "projects/{}/locations/us-central1"
COMPUTE, LINK = "//compute.googleapis.com/", "https://www.googleapis.com/compute/v1/"
URL = "https://orders-1001.us-central1.run.app"
ADDRESSES = {"good": "199.36.153.8", "restricted": "199.36.153.4", "wrong": "203.0.113.9", "narrow": "199.36.153.8"}
BY_CODE = ("services", "jobs", "instances")
SURE = {"proven", "expected", "likely"}


class RandomNetwork:
    """A call of an internal service, from somewhere in one of two projects."""

    def __init__(self, number: int) -> None:
        self.pick = random.Random(f"network {number}")
        choice = self.pick.choice
        self.home, self.kind = choice(["callee", "callee", "other"]), choice([*BY_CODE, "scheduler", "pubsub"])
        self.url = choice([URL, URL, "https://mapped.example", "https://front.example", "https://inner.example"])
        self.member = f"serviceAccount:{EMAIL.format(self.home)}"
        self.resources: dict[str, Any] = {
            f"//cloudresourcemanager.googleapis.com/projects/{each}": {"name": f"projects/{n}", "projectId": each}
            for n, each in ((1001, "callee"), (1002, "other"))
        }
        self.put("iam", f"projects/{self.home}/serviceAccounts/{EMAIL.format(self.home)}")
        self.callee = f"{PLACE.format('callee')}/services/orders"
        ingress = choice(["ALL", "INTERNAL_ONLY", "INTERNAL_ONLY", "INTERNAL_LOAD_BALANCER"])
        audiences = ["https://mapped.example", "https://front.example", "https://inner.example"]
        self.put("run", self.callee, ingress=f"INGRESS_TRAFFIC_{ingress}", urls=[URL], customAudiences=audiences)
        self.network()
        self.fronts()
        self.caller = self.put_caller()

    def put(self, api: str, path: str, **declared: Any) -> str:
        self.resources[f"//{api}.googleapis.com/{path}"] = declared
        return f"//{api}.googleapis.com/{path}"

    def network(self) -> None:
        choice, network = self.pick.choice, f"projects/{self.home}/global/networks/vpc"
        self.put("compute", network)
        where = f"projects/{self.home}/regions/us-central1/subnetworks/vpc"
        self.put("compute", where, network=f"{LINK}{network}", privateIpGoogleAccess=choice([True, True, False]))
        zone = choice([None, None, *ADDRESSES])
        if zone is None:
            return
        sets = [{"name": "run.app.", "type": "A", "rrdatas": [ADDRESSES[zone]]}]
        if zone != "narrow":
            sets.append({"name": "*.run.app.", "type": "CNAME", "rrdatas": ["run.app."]})
        seen = {"networks": [{"networkUrl": f"{LINK}{network}"}]}
        name = f"projects/{self.home}/managedZones/z"
        self.put("dns", name, dnsName="run.app.", visibility="private", privateVisibilityConfig=seen, rrsets=sets)

    def fronts(self) -> None:
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        mapping = f"{PLACE.format('callee')}/domainmappings/mapped.example"
        self.put("run", mapping, spec={"routeName": "orders"}, status=ready)
        for host, scheme in (("front.example", "EXTERNAL_MANAGED"), ("inner.example", "INTERNAL_MANAGED")):
            name, at = host.partition(".")[0], "projects/callee"
            group = f"{at}/regions/us-central1/networkEndpointGroups/{name}"
            self.put("compute", group, networkEndpointType="SERVERLESS", cloudRun={"service": "orders"})
            backend, rule = f"{at}/global/backendServices/{name}", {"hosts": [host], "pathMatcher": "m"}
            self.put("compute", backend, loadBalancingScheme=scheme, backends=[{"group": LINK + group}])
            matchers = [{"name": "m", "defaultService": LINK + backend}]
            self.put("compute", f"{at}/global/urlMaps/{name}", hostRules=[rule], pathMatchers=matchers)
            proxy = f"{at}/global/targetHttpsProxies/{name}"
            self.put("compute", proxy, urlMap=f"{LINK}{at}/global/urlMaps/{name}")
            own = {"network": f"{LINK}projects/{self.home}/global/networks/vpc"} if name == "inner" else {}
            rules = f"{at}/global/forwardingRules/{name}"
            self.put("compute", rules, target=LINK + proxy, loadBalancingScheme=scheme, **own)

    def put_caller(self) -> str:
        choice, place, email = self.pick.choice, PLACE.format(self.home), EMAIL.format(self.home)
        card = {"network": f"projects/{self.home}/global/networks/vpc"}
        card |= {"subnetwork": f"projects/{self.home}/regions/us-central1/subnetworks/vpc"}
        access = {"networkInterfaces": [card], "egress": choice(["ALL_TRAFFIC", "PRIVATE_RANGES_ONLY"])}
        template = {"serviceAccount": email, **({"vpcAccess": access} if choice([True, True, False]) else {})}
        token = {"oidcToken": {"serviceAccountEmail": email, "audience": URL}}
        match self.kind:
            case "services":
                return self.put("run", f"{place}/services/front", template=template)
            case "jobs":
                return self.put("run", f"{place}/jobs/load", template={"template": template})
            case "instances":
                outer = {"accessConfigs": [{"natIP": "203.0.113.4"}]} if choice([True, False]) else {}
                cards, name = [{**card, **outer}], f"projects/{self.home}/zones/us-central1-a/instances/vm"
                return self.put("compute", name, networkInterfaces=cards, serviceAccounts=[{"email": email}])
            case "scheduler":
                target = {"uri": f"{self.url}/work", "httpMethod": "POST", **token}
                return self.put("cloudscheduler", f"{place}/jobs/nightly", httpTarget=target)
            case _:
                config = {"pushEndpoint": f"{self.url}/work", **token}
                return self.put("pubsub", f"projects/{self.home}/subscriptions/s", pushConfig=config)

    def document(self) -> dict[str, Any]:
        agents = (("cloudscheduler", "cloudscheduler.serviceAgent"), ("pubsub", "pubsub.serviceAgent"))
        iam: dict[str, Any] = {
            f"//cloudresourcemanager.googleapis.com/projects/{each}": {
                "bindings": [
                    {
                        "role": f"roles/{role}",
                        "members": [f"serviceAccount:service-{n}@gcp-sa-{product}.iam.gserviceaccount.com"],
                    }
                    for product, role in agents
                ]
            }
            for n, each in ((1001, "callee"), (1002, "other"))
        }
        iam[f"//run.googleapis.com/{self.callee}"] = {
            "bindings": [{"role": "roles/run.invoker", "members": [self.member]}]
        }
        return {"version": 1, "now": "2026-06-01T09:00:00Z", "resources": self.resources, "iam": iam}

    def asked(self) -> list[str]:
        argv = ["check", "projects/callee/locations/us-central1/services/orders", "--caller", self.caller]
        return [*argv, "--url", f"{self.url}/work", "--audience", URL, "--format", "json"]


def test_the_program_never_contradicts_the_front_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally: Counter[str] = Counter()
    for number in range(MANY):
        one = RandomNetwork(number)
        more = {"url": f"{one.url}/work", "audience": URL} if one.kind in BY_CODE else {}
        with serve(parse_world(one.document())) as box:
            got = box.fire(one.caller, **more)["status"]
            main(one.asked(), {"HOME": str(tmp_path), "CRAUTH_DOCTOR_SANDBOX": box.base})
        told = json.loads(capsys.readouterr().out)
        word, cause = told["conclusion"], told["cause"]
        seen = json.dumps([number, one.kind, one.home, one.url, got, word, cause])
        assert got in {0, 200, 404}, seen
        assert not (word == "clear" and got != 200), seen
        assert not (word in SURE and got == 200), seen
        assert word not in {"contradicted", "unexplained"}, seen
        lost = cause in {"reach/private-access-off", "reach/dns-zone"} or "inner" in one.url
        assert word not in SURE or cause.startswith("ingress/") or lost, seen
        assert word not in SURE or lost == (got == 0) or cause == "ingress/outside-vpc", seen
        tally["clear" if word == "clear" else "cannot tell" if cause is None else "no"] += 1
    assert tally["clear"] > MANY * 0.15, tally
    assert tally["no"] > MANY * 0.3, tally
    assert tally["cannot tell"] < MANY * 0.25, tally

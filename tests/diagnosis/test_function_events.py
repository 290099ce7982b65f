"""A function with an event trigger is called by Eventarc, as the account of that trigger, and not as its own."""

from __future__ import annotations

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.exported import ExportKind
from crauth_doctor.workflows.explain import explain

ACCOUNT = "events@acme.iam.gserviceaccount.com"
LACKS = (
    "WARNING The request was not authenticated. Either allow unauthenticated invocations or set the proper "
    "Authorization header. The IAM principal lacks {run.routes.invoke} permission.\n"
)
DESCRIBED = f"""\
$ gcloud functions describe resize --region=us-central1 --gen2
environment: GEN_2
eventTrigger:
  eventType: google.cloud.storage.object.v1.finalized
  serviceAccountEmail: {ACCOUNT}
  trigger: projects/acme/locations/us-central1/triggers/resize-123456
  triggerRegion: us-central1
name: projects/acme/locations/us-central1/functions/resize
serviceConfig:
  service: projects/acme/locations/us-central1/services/resize
  serviceAccountEmail: runtime@acme.iam.gserviceaccount.com
state: ACTIVE
"""
WRITTEN = f"""\
resource "google_cloudfunctions2_function" "resize" {{
  name     = "resize"
  location = "us-central1"
  project  = "acme"
  event_trigger {{
    event_type            = "google.cloud.pubsub.topic.v1.messagePublished"
    pubsub_topic          = google_pubsub_topic.images.id
    service_account_email = "{ACCOUNT}"
  }}
}}
"""


@pytest.mark.parametrize("function", [DESCRIBED, WRITTEN])
def test_its_events_come_as_the_account_of_the_trigger(function: str) -> None:
    found = explain(f"{function}\n{LACKS}").diagnosis.cause
    assert found is not None
    assert found.rule == "iam/missing-invoker"
    assert found.finding is not None
    assert ACCOUNT in found.finding.title


@pytest.mark.parametrize(
    "change",
    [
        ("eventTrigger", "httpsTrigger"),
        (f"  serviceAccountEmail: {ACCOUNT}\n", ""),  # whose token it sends is not shown
        ("/functions/resize", "/services/resize"),
    ],
)
def test_what_has_no_such_trigger_is_not_called_so(change: tuple[str, str]) -> None:
    kinds = [each.kind for each in read(DESCRIBED.replace(*change)).exports]
    assert ExportKind.TRIGGER not in kinds


def test_a_call_by_hand_is_none_of_its_events() -> None:
    call = "$ curl -i https://resize-4kq7zvn2ba-uc.a.run.app\nHTTP/2 403\nserver: Google Frontend\n"
    found = explain(f"{DESCRIBED}\n{call}").diagnosis
    named = [found.cause] if found.cause else found.open
    assert not [each for each in named if each.finding and ACCOUNT in each.finding.title]

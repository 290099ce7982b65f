"""What the pages of the causes tell people to run."""

from __future__ import annotations

import re

from crauth_doctor.workflows.causes import causes
from tests.gcloud_parser import GcloudParser

SAMPLES = {"PROJECT": "shop-prod", "E-MAIL": "orders-run@shop-prod.iam.gserviceaccount.com"}
_HOLE = re.compile(r"(?<=[= ])[A-Z][A-Z_-]+\b")
_QUOTED = re.compile(r"`(gcloud [^`]+)`")


def commands() -> list[str]:
    """The whole commands of gcloud that the pages quote; what ends in an ellipsis stands for many."""
    texts = (text for cause in causes() for _, text in cause.sections)
    found = (" ".join(command.split()) for text in texts for command in _QUOTED.findall(text))
    filled = (_HOLE.sub(lambda hole: SAMPLES.get(hole[0], hole[0].lower()), command) for command in found)
    return sorted({command for command in filled if not command.endswith("...")})


def test_gcloud_takes_every_command_that_a_page_quotes(gcloud_parser: GcloudParser) -> None:
    assert len(commands()) > 10
    assert gcloud_parser.objections(commands()) == {}

"""JUnit XML is what Jenkins's own schema of it allows."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from crauth_doctor.report import junit
from crauth_doctor.report.document import Report
from tests.report.agreement import JUNIT_SCHEMA


def test_a_report_fits_the_schema_and_one_that_lacks_something_does_not(proven: Report) -> None:
    xmlschema = pytest.importorskip("xmlschema", reason="xmlschema is not installed: pip install -e '.[test]'")
    schema = xmlschema.XMLSchema(JUNIT_SCHEMA)
    document = ET.fromstring(junit.render(proven))
    assert schema.is_valid(document)
    del document[0].attrib["tests"]
    assert not schema.is_valid(document)

"""Requests that schemathesis makes of the server's own OpenAPI page: every answer is one that the page describes."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks

from tests.unit.serving.server.calling import serving
from tests.unit.serving.server.running import lay_out, trained

EXAMPLES = 40
# a schema cannot say that shapes, lengths and names of tensors have to fit the model: most that it allows is refused
EXCLUDED = [checks.positive_data_acceptance]


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pod")
    lay_out(folder / "volume", trained())
    with serving(folder) as (server, _, _):
        yield schemathesis.openapi.from_url(f"{server.url}/openapi.json")


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_those_that_the_page_describes(case):
    case.call_and_validate(excluded_checks=EXCLUDED)

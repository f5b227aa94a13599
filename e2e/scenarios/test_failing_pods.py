"""What a real kubelet and scheduler write of pods that do not work is read as it has to be."""

from collections.abc import Iterator

import pytest

from e2e.cluster.lifecycle import Cluster
from e2e.scenarios.failing_pod_catalogue import SAID, catalogue
from e2e.scenarios.failing_pods import FailingPod, applied, wait_told
from e2e.support.kubectl import Kubectl
from leeboard.planning.problem_report import report

pytestmark = [pytest.mark.node, pytest.mark.without_leeboard]
TITLES = [one.title for one in catalogue("image", "repository")]


@pytest.fixture(scope="module")
def failing(cluster: Cluster, python_image: str) -> Iterator[tuple[Kubectl, dict[str, FailingPod]]]:
    """All of them at once, in a namespace of their own, by title."""
    pods = catalogue(python_image, cluster.endpoints["registry"]["cluster"])
    with applied(cluster, pods) as kubectl:
        yield kubectl, {one.title: one for one in pods}


@pytest.mark.parametrize("title", TITLES)
def test_it_is_told_by_reason_and_fact_and_by_no_word_of_the_program(
    failing: tuple[Kubectl, dict[str, FailingPod]], title: str
) -> None:
    kubectl, pods = failing
    pod, events, now = wait_told(kubectl, pods[title])
    assert SAID not in report(pods[title].problems(pod, events, now), 1)

"""Labels arrive later, once, and under the ids of their predictions."""

import asyncio
import signal
from collections import Counter

import pytest

from tests.unit.demo_traffic.server import ERROR, OK, serving
from tests.unit.demo_traffic.test_traffic import begin, finished, rows_file


def expected(server):
    """The labels of every row that was answered, by id: rows_file's rule on the row's number."""
    labels = {}
    for one in server.asked:
        numbers = [int(x) for x in one.body["inputs"][0]["data"]]
        single = len(numbers) == 1
        for position, number in enumerate(numbers):
            if one.manner == OK and number % 5 != 4:
                labels[one.body["id"] if single else f"{one.body['id']}/{position}"] = number % 2
    return labels


async def test_labels_arrive_once_after_their_delay_and_only_for_answers(tmp_path) -> None:
    async with serving(manners=(OK, OK, ERROR)) as server:
        options = ("--feedback-url", f"{server.url}/feedback", "--label-delay", "0.7")
        # 201 rows: the last request has one row
        state = await finished(tmp_path, await begin(tmp_path, server.url, *options, rows=rows_file(tmp_path, 201)))
    posted = [entry for _, _, entries in server.posts for entry in entries]
    assert max(Counter(entry["id"] for entry in posted).values()) == 1
    assert {entry["id"]: entry["label"] for entry in posted} == expected(server)
    answered = {one.body["id"]: one.answered for one in server.asked}
    for moment, _, entries in server.posts:
        assert all(moment - answered[entry["id"].partition("/")[0]] >= 0.7 for entry in entries)
    assert (state.labels.accepted, state.labels.failed, state.labels.pending) == (len(posted), 0, 0)
    assert state.labels.posts == len(server.posts)


async def test_labels_that_are_not_taken_are_counted_and_not_sent_again(tmp_path) -> None:
    async with serving(feedback_statuses=(202, 503, 400)) as server:
        options = ("--feedback-url", f"{server.url}/feedback", "--label-delay", "0")
        process = await begin(tmp_path, server.url, *options, rows=rows_file(tmp_path, 800), rate=400)
        state = await finished(tmp_path, process)
    by_status = Counter()
    for _, status, entries in server.posts:
        by_status[status] += len(entries)
    assert len(server.posts) >= 3
    assert state.labels.accepted == by_status[202]
    assert dict(state.labels.failures) == {"status": by_status[503], "refused": by_status[400]}
    assert by_status.total() == len(expected(server)) == 640


@pytest.mark.parametrize("delay", ["60"])
async def test_labels_that_are_not_due_when_it_ends_stay_pending(tmp_path, delay) -> None:
    async with serving() as server:
        options = ("--loop", "--feedback-url", f"{server.url}/feedback", "--label-delay", delay)
        process = await begin(tmp_path, server.url, *options, rows=rows_file(tmp_path, 40))
        await server.until_asked(12)
        process.send_signal(signal.SIGTERM)
        state = await asyncio.wait_for(finished(tmp_path, process), 30)
    assert server.posts == []
    assert state.labels.pending == len(expected(server)) > 0
    assert state.labels.accepted == state.labels.failed == 0

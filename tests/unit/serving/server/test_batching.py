"""The queue before the model: what is predicted together, what comes first, and what is refused."""

import asyncio
import threading

import numpy as np
import pytest

from leeboard.api.reasons import Reason
from leeboard.models import ModelError
from leeboard_serving.server import batching
from leeboard_serving.server.batching import Batcher, Job, Late, Overloaded
from leeboard_serving.server.costs import Costs
from leeboard_serving.server.inference.answers import Answers
from leeboard_serving.server.inference.request import InferenceRequest, gathered

DOUBLE = np.dtype("<f8")


class Model:
    """Answers the sum of a row, notes every call, and fails at a row that holds 666."""

    def __init__(self):
        self.calls = []
        self.gate = None

    def predict(self, requests):
        rows = gathered(requests, ("x", "y"))
        self.calls.append([one.id for one in requests])
        if self.gate is not None:
            assert self.gate.wait(30)
        if (rows.matrix == 666).any():
            raise ModelError(Reason.EVALUATION_FAILED, "the model cannot score")
        return Answers("score", rows.matrix.sum(axis=1), {}, rows)


class Noted(Job):
    """Keeps how it ended."""

    def __init__(self, request, deadline, asked):
        super().__init__(request, deadline)
        self.asked = asked

    def done(self, answers, start, error):
        name, ended = self.request.id, self.asked.ended
        assert name not in ended
        ended[name] = error or answers.scores[start : start + self.request.rows].tolist()
        if event := self.asked.reached.get(len(ended)):
            event.set()


class Asked:
    """Everything that was submitted, and how it ended."""

    def __init__(self, batcher):
        self.batcher = batcher
        self.ended = {}
        self.reached = {}

    def submit(self, name, *rows, dtype=DOUBLE, seconds=60.0):
        flat = [value for row in rows for value in row]
        request = InferenceRequest(name, len(rows), dtype, flat=flat)

        self.batcher.submit(Noted(request, asyncio.get_running_loop().time() + seconds, self))

    async def all(self, number):
        self.reached[number] = asyncio.Event()
        if len(self.ended) < number:
            await asyncio.wait_for(self.reached[number].wait(), 30)


@pytest.fixture
async def model():
    return Model()


@pytest.fixture
async def asked(model):
    told = []
    batcher = Batcher(model.predict, lambda jobs, answers: told.append(answers), lambda *_: None, 10, 2.0)
    made = Asked(batcher)
    made.told = told
    yield made
    batcher.close()


async def test_of_very_many_in_one_turn_the_first_are_not_kept_waiting_for_the_last(model, asked):
    asked.batcher._costs = Quick()
    for number in range(batching.EARLY + 3):
        asked.submit(f"r{number}", (number, 1))
    assert [len(call) for call in model.calls] == [batching.EARLY]
    await asked.all(batching.EARLY + 3)
    assert [len(call) for call in model.calls] == [batching.EARLY, 3]
    assert asked.ended["r7"] == [8]


class Quick(Costs):
    """Of a model that takes no time, on whatever machine this is."""

    def known(self, rows):
        return 0.0


async def test_what_comes_in_one_turn_is_predicted_together(model, asked):
    for number in range(5):
        asked.submit(f"r{number}", (number, 1), (number, 2))
    await asked.all(5)
    assert model.calls == [["r0", "r1", "r2", "r3", "r4"]]
    assert asked.ended["r3"] == [4, 5]
    assert asked.told[0].scores.tolist() == [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]


async def test_what_gathers_while_the_model_computes_is_the_next_batch(model, asked):
    model.gate = threading.Event()
    asked.submit("first", (1, 1))
    await asyncio.sleep(0.05)
    for number in range(4):
        asked.submit(f"r{number}", (number, 0))
    await asyncio.sleep(0.05)
    assert model.calls == [["first"]]
    assert asked.batcher.waiting == 5
    model.gate.set()
    await asked.all(5)
    assert model.calls == [["first"], ["r0", "r1", "r2", "r3"]]


async def test_other_layouts_and_more_than_the_largest_batch_are_apart(model, asked, monkeypatch):
    monkeypatch.setattr(batching, "LARGEST_BATCH", 3)
    asked.submit("a", (1, 1))
    asked.submit("b", (1, 1), (2, 2))
    asked.submit("c", (1, 1))
    asked.submit("single", (1, 1), dtype=np.dtype("<f4"))
    asked.submit("large", *[(1, 1)] * 7)
    await asked.all(5)
    assert model.calls == [["a", "b"], ["c"], ["single"], ["large"]]


async def test_a_request_that_the_model_cannot_take_fails_alone(model, asked):
    asked.submit("good", (1, 2))
    asked.submit("bad", (1, 666))
    asked.submit("better", (3, 4))
    await asked.all(3)
    assert (asked.ended["good"], asked.ended["better"]) == ([3], [7])
    assert isinstance(asked.ended["bad"], ModelError)
    assert sum(len(answers.scores) for answers in asked.told) == 2


async def test_too_many_are_refused_and_the_late_given_up(model, asked):
    model.gate = threading.Event()
    asked.submit("first", (1, 1))
    await asyncio.sleep(0.05)
    asked.submit("late", (1, 1), seconds=0.0)
    for number in range(9):
        asked.batcher.check_load()
        asked.submit(f"r{number}", (1, 1))
    with pytest.raises(Overloaded):
        asked.batcher.check_load()
    assert asked.batcher.refused == 1
    model.gate.set()
    await asked.all(11)
    assert isinstance(asked.ended["late"], Late)
    assert (asked.batcher.late, asked.batcher.waiting) == (1, 0)


async def test_a_queue_that_would_take_too_long_is_refused(model, asked):
    asked.batcher._costs.learn(1, 0.5)
    model.gate = threading.Event()
    for number in range(6):
        asked.batcher.check_load()
        asked.submit(f"r{number}", (1, 1))
        await asyncio.sleep(0)
    with pytest.raises(Overloaded) as refused:
        asked.batcher.check_load()
    assert refused.value.seconds > 2
    model.gate.set()
    await asked.all(6)


async def test_what_is_urgent_comes_before_what_waits(model, asked):
    model.gate = threading.Event()
    asked.submit("first", (1, 1))
    await asyncio.sleep(0.05)
    asked.submit("second", (1, 1))
    urgent = asyncio.ensure_future(asked.batcher.urgently(lambda: model.calls.append("urgent")))
    await asyncio.sleep(0)
    model.gate.set()
    await asked.all(2)
    await urgent
    assert model.calls == [["first"], "urgent", ["second"]]
    with pytest.raises(ZeroDivisionError):
        await asked.batcher.urgently(lambda: 1 / 0)


async def test_a_quick_model_is_called_on_the_loop_and_a_slow_one_in_its_thread(model, asked):
    threads = []
    predict = asked.batcher._predict
    asked.batcher._predict = lambda requests: threads.append(threading.current_thread()) or predict(requests)
    asked.submit("unknown", (1, 1))
    await asked.all(1)
    asked.batcher._costs.learn(1, 1e-5)
    for _ in range(50):
        asked.batcher._costs.learn(1, 1e-5)
    asked.submit("quick", (1, 1))
    await asked.all(2)
    for _ in range(50):
        asked.batcher._costs.learn(1, 0.1)
    asked.submit("slow", (1, 1))
    await asked.all(3)
    main = threading.main_thread()
    assert [thread is main for thread in threads] == [False, True, False]


def test_costs_are_of_about_that_many_rows():
    costs = Costs()
    assert (costs.known(1), costs.wait(1000)) == (None, 0.0)
    costs.learn(1, 0.001)
    costs.learn(100, 0.002)
    assert (costs.known(1), costs.known(2), costs.known(64)) == (0.001, None, 0.002)
    assert costs.wait(960) == pytest.approx(0.02)
    for _ in range(100):
        costs.learn(127, 0.004)
    assert costs.known(100) == pytest.approx(0.004)


def test_one_call_that_was_interrupted_says_little_and_many_slow_ones_are_believed():
    costs = Costs()
    for _ in range(20):
        costs.learn(1, 1e-4)
    costs.learn(1, 1.0)
    assert costs.known(1) < 2e-4
    for _ in range(10):
        costs.learn(1, 1.0)
    assert costs.known(1) > 1e-2


def test_what_many_rows_take_is_not_concluded_from_few():
    costs = Costs()
    costs.learn(1, 2e-4)
    assert costs.wait(20_000) < 0.01
    costs.learn(1000, 2e-3)
    assert costs.wait(10_000) == pytest.approx(10_000 * 2e-3 / 768)

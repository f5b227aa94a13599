"""What webhooks are told of episodes, and when: once that each began, once that it ended, in order."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.notifications import Delivery
from leeboard.api.reasons import Reason
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift.notifications import (
    EPISODES_KEPT,
    LONGEST_PAUSE,
    TOLD_FOR,
    due,
    failed,
    holds_until,
    pause_after,
    recorded,
    taken,
)
from tests.support.examples import example
from tests.unit.planning import test_drift_monitor as drift

ALL = [*(f"{name}/Webhook" for name in ("pager", "a", "b", "c")), *(f"{name}/Alertmanager" for name in ("a", "am"))]
START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def alert(name="pager", form=None, **more):
    webhook = {"secretRef": {"name": name}} | ({"format": form} if form else {})
    return {"type": "Alert", "webhook": webhook, **more}


def episode(identity="e1", began=0, ended=None, *, version="v1", webhooks=None):
    """Minutes after START. The Alerts of all webhooks were carried out, unless it says of which."""
    webhooks = ALL if webhooks is None else webhooks
    raw = {"id": identity, "version": version, "startedAt": timestamp(START + began * MINUTE), "reason": "wind moved"}
    raw |= {"alerted": bool(webhooks), "webhooks": list(webhooks)}
    return raw | ({"endedAt": timestamp(START + ended * MINUTE)} if ended is not None else {})


class World:
    """A monitor whose webhooks are told of everything that is due, or refuse it."""

    def __init__(self, *actions):
        self.document = example("drift-monitor")
        self.document["metadata"] |= {"uid": "dm-uid", "namespace": "ml", "generation": 1}
        self.document["spec"]["actions"] = list(actions) or [alert()]
        self.now, self.record, self.told = START, (), []

    @property
    def monitor(self):
        return DriftMonitor.parse(self.document)

    def look(self, told_of=None, *, minutes=0, refusing=()):
        """What is sent at that minute, as `secret episode type`."""
        self.now, sent = START + minutes * MINUTE, []
        self.document["status"] = {} if told_of is None else {"episode": told_of}
        self.record = recorded(self.monitor, self.record, self.now)
        while found := due(self.monitor, self.record, self.now):
            for one in found:
                sent.append(f"{one.delivery.secret} {one.id}")
                refused = one.delivery.secret in refusing
                after = failed(one, Reason.WEBHOOK_FAILED, "503", 503, self.now) if refused else None
                after = after or taken(one, 204, self.now)
                self.record = tuple(after if old == one.delivery else old for old in self.record)
        # through the status, as after a restart
        raw = json.loads(json.dumps([one.dump() for one in self.record]))
        self.record = tuple(Delivery.model_validate(one) for one in raw)
        assert [one.dump() for one in self.record] == raw
        self.told += sent
        return sent


def test_once_that_it_began_and_once_that_it_ended():
    world = World()
    assert world.look(None) == []
    assert world.look(episode(webhooks=()), minutes=1) == []
    for minute, expected in ((2, ["pager e1.firing"]), (3, []), (600, [])):
        assert world.look(episode(), minutes=minute) == expected
    for minute, expected in ((700, ["pager e1.resolved"]), (701, []), (99999, [])):
        assert world.look(episode(ended=699), minutes=minute) == expected
    assert world.record[0].ended_at == START + 699 * MINUTE


@pytest.mark.parametrize(
    ("actions", "webhooks", "told"),
    [
        ([{"type": "Alert"}], [], []),
        ([{"type": "Retrain", "trainingJobRef": {"name": "t"}}], [], []),
        ([alert("a"), alert("b")], ["b/Webhook"], ["b e1.firing"]),
        ([alert("a"), alert("a", when=["DataDrift"])], ["a/Webhook"], ["a e1.firing"]),
        ([alert("a"), alert("a", "Alertmanager")], ["a/Webhook", "a/Alertmanager"], ["a e1.firing"] * 2),
        ([alert("b")], ["a/Webhook"], []),
        ([alert("a", "Alertmanager")], ["a/Webhook"], []),
    ],
)
def test_who_is_told(actions, webhooks, told):
    assert World(*actions).look(episode(webhooks=webhooks)) == told


def test_an_alert_that_is_carried_out_later_is_told_later():
    world = World(alert("a"), alert("b", when=["Performance"]))
    assert world.look(episode(webhooks=["a/Webhook"])) == ["a e1.firing"]
    assert world.look(episode(webhooks=["a/Webhook", "b/Webhook"]), minutes=9) == ["b e1.firing"]


def test_an_episode_that_another_one_replaced_ends_when_that_began():
    world = World()
    world.look(episode())
    assert world.look(episode("e2", 30, version="v2"), minutes=31) == ["pager e1.resolved", "pager e2.firing"]
    assert world.look(episode("e2", 30, version="v2"), minutes=32) == []
    assert [one.episode for one in world.record] == ["e2"]
    world = World()
    world.look(episode())
    world.look(episode("e2", 30, version="v2"), minutes=31, refusing={"pager"})
    assert [(one.episode, one.ended_at) for one in world.record] == [("e1", START + 30 * MINUTE), ("e2", None)]
    # it stays that end, whatever comes after
    world.look(episode("e2", 30, 40, version="v2"), minutes=41)
    assert world.told[-3:] == ["pager e1.resolved", "pager e2.firing", "pager e2.resolved"]


def test_an_episode_that_is_gone_from_the_status_has_ended():
    world = World()
    world.look(episode())
    assert world.look(None, minutes=5) == ["pager e1.resolved"]
    assert world.record[0].ended_at == START + 5 * MINUTE


def test_a_replaced_episode_that_was_never_told_of_stays_untold():
    world = World()
    assert world.look(episode("e2", 5)) == ["pager e2.firing"]


@pytest.mark.parametrize(("late", "told"), [(TOLD_FOR, 2), (TOLD_FOR + MINUTE, 0)])
def test_of_what_is_long_over_nobody_is_told(late, told):
    ended = 10
    minutes = ended + late / MINUTE
    world = World()
    assert len(world.look(episode(ended=ended), minutes=minutes)) == told
    world = World()
    world.look(episode(), refusing={"pager"})
    assert len(world.look(episode(ended=ended), minutes=minutes)) == told
    assert world.look(episode("e2", minutes + 1), minutes=minutes + 1) == ["pager e2.firing"]


def test_what_is_refused_is_tried_again_after_pauses_that_grow():
    world, at = World(), []
    for seconds in range(0, 6 * 3600, 10):
        if world.look(episode(), minutes=seconds / 60, refusing={"pager"}):
            at.append(seconds)
    pauses = [after - before for before, after in pairwise(at)]
    assert pauses[:7] == [30, 60, 120, 240, 480, 960, 1800]
    assert set(pauses[7:]) == {1800}
    (one,) = world.record
    assert (one.attempts, one.reason, one.http_status) == (len(at), "WebhookFailed", 503)
    assert "evaluator" not in one.message
    assert "url" in one.message
    assert world.look(episode(), minutes=400) == ["pager e1.firing"]
    assert (world.record[0].attempts, world.record[0].reason, world.record[0].http_status) == (0, "", 204)


def test_who_was_told_of_a_beginning_is_told_of_its_end_however_many_come_after():
    world = World()
    world.look(episode())
    for number in range(2, 10):
        world.look(episode(f"e{number}", number, version=f"v{number}"), minutes=number, refusing={"pager"})
    assert [one.episode for one in world.record] == ["e1", "e7", "e8", "e9"]
    told = world.look(episode("e9", 9, version="v9"), minutes=99)
    assert told[0] == "pager e1.resolved"
    assert told[-1] == "pager e9.firing"
    assert len(told) == 6


def test_one_webhook_that_refuses_holds_up_no_other():
    world = World(alert("a"), alert("b"))
    assert world.look(episode(), refusing={"a"}) == ["a e1.firing", "b e1.firing"]
    assert world.look(episode(ended=1), minutes=2, refusing={"a"}) == ["a e1.firing", "b e1.resolved"]


def test_the_end_waits_for_the_beginning():
    world = World()
    world.look(episode(), refusing={"pager"})
    assert world.look(episode(ended=5), minutes=6) == ["pager e1.firing", "pager e1.resolved"]


def test_a_webhook_that_the_spec_names_no_more_hears_of_the_end_and_is_forgotten():
    world = World(alert("a"), alert("b"))
    world.look(episode())
    world.document["spec"]["actions"] = [alert("b"), alert("c")]
    assert world.look(episode(), minutes=1, refusing={"a"}) == ["c e1.firing", "a e1.resolved"]
    assert world.look(episode(), minutes=5) == ["a e1.resolved"]
    assert world.look(episode(), minutes=6) == []
    assert [one.secret for one in world.record] == ["b", "c"]


def test_a_webhook_that_heard_of_nothing_hears_of_no_end_when_it_goes():
    world = World(alert("a"), alert("b"))
    world.look(episode(), refusing={"a"})
    world.document["spec"]["actions"] = [alert("b")]
    assert world.look(episode(), minutes=9) == []
    assert [one.secret for one in world.record] == ["b"]


def test_nobody_is_told_a_day_after_a_webhook_went():
    world = World(alert("a"))
    world.look(episode())
    world.document["spec"]["actions"] = [alert("b")]
    world.look(episode(webhooks=()), minutes=1, refusing={"a"})
    assert len(world.record) == 1
    assert world.look(episode(webhooks=()), minutes=1500) == []
    assert world.record == ()


def test_alertmanager_is_told_at_every_evaluation_while_the_episode_is_open():
    world = World(alert("am", "Alertmanager"))
    sent = [minute for minute in range(61) if world.look(episode(), minutes=minute)]
    assert sent == [0, 10, 20, 30, 40, 50, 60]
    assert holds_until(world.monitor, world.now) - world.now == timedelta(minutes=40)
    assert world.look(episode(ended=60), minutes=61) == ["am e1.resolved"]
    assert world.look(episode(ended=60), minutes=99) == []


def test_alertmanager_is_told_of_an_end_alone_where_it_missed_the_beginning():
    world = World(alert("am", "Alertmanager"))
    world.look(episode(), refusing={"am"})
    assert world.look(episode(ended=5), minutes=6) == ["am e1.resolved"]


def test_an_alert_is_tried_again_before_it_ends_by_itself():
    world = World(alert("am", "Alertmanager"))
    world.look(episode())
    sent = [minute for minute in range(1, 300) if world.look(episode(), minutes=minute, refusing={"am"})]
    assert max(after - before for before, after in pairwise(sent)) == 10


def test_no_alert_is_renewed_more_often_than_once_a_minute():
    world = World(alert("am", "Alertmanager"))
    world.document["spec"]["window"] = {"length": "80s", "every": "3s"}
    assert [second for second in range(0, 200, 3) if world.look(episode(), minutes=second / 60)] == [0, 60, 120, 180]


@given(st.integers(0, 10**6))
def test_no_pause_is_longer_than_the_longest(attempts):
    assert timedelta(0) <= pause_after(attempts) <= LONGEST_PAUSE


EVENTS = st.lists(
    st.tuples(
        st.integers(1, 2000),
        st.sampled_from(["same", "end", "new"]),
        st.sets(st.sampled_from(["a", "b"])),
        st.sampled_from([True, True, True, False]),
    ),
    max_size=30,
)


@given(EVENTS)
def test_whatever_happens_each_is_told_in_order_and_no_more_than_once(events):
    world, minute, number, ended = World(alert("a"), alert("b")), 0, 1, None
    began, alerted = 0, True
    took = {"a": [], "b": []}
    for pause, what, refusing, alerts in events:
        minute += pause
        if what == "end" and ended is None:
            ended = minute
        if what == "new":
            number, began, ended, alerted = number + 1, minute, None, alerts
        present = episode(f"e{number}", began, ended, webhooks=ALL if alerted else ())
        for sent in world.look(present, minutes=minute, refusing=refusing):
            secret, identity = sent.split(" ")
            if secret not in refusing:
                took[secret].append(identity)
        assert len(world.record) <= 2 * EPISODES_KEPT
    for identities in took.values():
        assert len(identities) == len(set(identities))
        numbers = [int(one[1:].split(".")[0]) for one in identities]
        assert numbers == sorted(numbers)
        for index, identity in enumerate(identities):
            if identity.endswith("resolved"):
                assert identities[index - 1] == identity.replace("resolved", "firing")


def drifting():
    return drift.figures(features=[drift.feature(js=0.4)])


BOTH = drift.performance("roc_auc", 0.5) | {"features": [drift.feature(js=0.4)]}


def test_the_operator_copies_the_record_through():
    watch = drift.Watch(drift.DISTANCE, actions=[alert()])
    status = watch.look(drifting())
    world = World()
    world.look(status["episode"], minutes=1, refusing={"pager"})
    deliveries = [one.dump() for one in world.record]
    watch.document["status"]["deliveries"] = deliveries
    watch.now += 5 * MINUTE
    assert watch.look(drifting())["deliveries"] == deliveries
    assert watch.look(drift.figures())["deliveries"] == deliveries


def test_the_operator_names_the_webhook_of_each_alert_that_it_carries_out_and_tells_one_event():
    watch = drift.Watch(drift.DISTANCE, drift.AUC, actions=[alert("b", when=["Performance"]), alert("a")])
    assert watch.look(drifting())["episode"]["webhooks"] == ["a/Webhook"]
    watch.now += 5 * MINUTE
    status = watch.look(BOTH)
    assert (status["episode"]["webhooks"], status["episode"]["alerted"]) == (["b/Webhook", "a/Webhook"], True)
    assert watch.events == [("Warning", "Drift")]
    before = json.dumps(status)
    assert json.dumps(watch.look(BOTH)) == before


def test_each_webhook_has_the_cooldown_of_its_own_alert():
    actions = [alert("a", cooldown="4h"), alert("b", when=["Performance"], cooldown="4h"), alert("c")]
    watch = drift.Watch(drift.DISTANCE, drift.AUC, actions=actions)
    assert watch.look(drifting())["episode"]["webhooks"] == ["a/Webhook", "c/Webhook"]
    assert watch.look(BOTH)["episode"]["webhooks"] == ["a/Webhook", "b/Webhook", "c/Webhook"]
    # another champion's episode, within the cooldown of the first two
    watch.champion, watch.now = "v2", watch.now + 10 * MINUTE
    later = {"version": "v2", "observedAt": timestamp(watch.now)}
    assert watch.look(BOTH | later)["episode"]["webhooks"] == ["c/Webhook"]
    watch.now += timedelta(hours=4)
    later["observedAt"] = timestamp(watch.now)
    assert watch.look(BOTH | later)["episode"]["webhooks"] == ["a/Webhook", "b/Webhook", "c/Webhook"]


def test_a_webhook_that_is_added_while_an_episode_is_open_is_told_of_it():
    watch = drift.Watch(drift.DISTANCE, actions=[{"type": "Alert"}])
    assert watch.look(drifting())["episode"]["webhooks"] == []
    watch.document["spec"]["actions"] = [alert()]
    watch.now += MINUTE
    assert watch.look(drifting())["episode"]["webhooks"] == ["pager/Webhook"]
    assert watch.events == [("Warning", "Drift")]

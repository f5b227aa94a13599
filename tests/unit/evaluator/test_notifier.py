"""Webhooks are told over HTTP, what they took is kept in status, and nothing else waits for them."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest

from leeboard.evaluator.webhooks import notifier as module
from leeboard.evaluator.webhooks import sender
from leeboard.evaluator.webhooks.notifier import FIELD_MANAGER
from leeboard.kube.errors import Forbidden, NotFound, Unreachable
from tests.support.installation import eventually
from tests.support.notifier_world import FINDINGS, NOW, NotifierWorld
from tests.support.webhook_receiver import webhook_receiver


@pytest.fixture
def web():
    with webhook_receiver() as web:
        yield web


@pytest.fixture
def world(web):
    world = NotifierWorld()
    world.monitor("late-flights", ("pager", "Webhook"))
    world.secret("pager", web)
    return world


async def test_the_beginning_and_the_end_once_each_and_signed(world, web):
    for _ in range(3):
        await world.round()
    world.now += timedelta(hours=2)
    world.end()
    for _ in range(3):
        await world.round()
    firing, resolved = (json.loads(post.body) for post in web.posts)
    assert firing == {
        "contract": 1, "type": "firing", "timestamp": "2026-03-02T10:05:00Z",
        "namespace": "ml", "monitor": "late-flights", "model": "late-flights", "version": "v1", "episode": "abc",
        "startedAt": "2026-03-02T10:00:00Z", "reason": "DataDrift wind 0.4", "findings": FINDINGS[:1],
    }  # fmt: skip
    assert (resolved["type"], resolved["endedAt"], resolved["findings"]) == ("resolved", "2026-03-02T11:00:00Z", [])
    for post, identity, moment in zip(web.posts, ("abc.firing", "abc.resolved"), (NOW, world.now), strict=True):
        assert (post.path, post.headers["authorization"]) == ("/hook", "Bearer t0ken")
        assert post.headers["webhook-id"] == identity
        assert post.headers["webhook-timestamp"] == str(int(moment.timestamp()))
        assert verified(post)
    (record,) = world.deliveries()
    assert (record["firedAt"], record["resolvedAt"]) == ("2026-03-02T10:05:00Z", "2026-03-02T12:05:00Z")
    assert record["httpStatus"] == 204
    assert set(world.managers) == {FIELD_MANAGER}
    assert world.count("notifications", format="Webhook", type="firing") == 1
    assert world.count("notifications", format="Webhook", type="resolved") == 1
    assert "127.0.0.1" not in json.dumps(world.of_kind("DriftMonitor"))


async def test_the_webhooks_of_a_monitor_that_is_deleted_hear_that_it_has_ended(world, web):
    await world.round()
    world.remove("DriftMonitor", "ml", "late-flights")
    web.status = 503
    await world.round()
    web.status = 204
    world.now += timedelta(minutes=1)
    for _ in range(3):
        await world.round()
    assert [json.loads(post.body)["type"] for post in web.posts] == ["firing", "resolved", "resolved"]
    ended = json.loads(web.posts[-1].body)
    assert (ended["monitor"], ended["episode"], ended["endedAt"]) == ("late-flights", "abc", "2026-03-02T10:05:00Z")


async def test_a_monitor_that_cannot_be_listed_or_read_is_not_gone(world, web):
    await world.round()
    await world.round([])  # such a list leaves out what cannot be parsed
    assert len(web.posts) == 1
    world.remove("DriftMonitor", "ml", "late-flights")
    world.unreachable = True
    await world.round([])
    assert len(web.posts) == 1
    world.unreachable = False
    await world.round([])
    assert [json.loads(post.body)["type"] for post in web.posts] == ["firing", "resolved"]


async def test_a_monitor_that_is_deleted_and_whose_secret_went_too_is_given_up_after_a_day(world, web):
    await world.round()
    world.remove("DriftMonitor", "ml", "late-flights")
    world.remove("Secret", "ml", "pager")
    await world.round()
    world.now += timedelta(days=1, minutes=5)
    await world.round()
    assert len(web.posts) == 1
    assert world.notifier._seen == {}


def verified(post):
    """By the words of the specification, without the code that signs."""
    signed = f"{post.headers['webhook-id']}.{post.headers['webhook-timestamp']}.{post.body.decode()}"
    expected = base64.b64encode(hmac.digest(b"shared", signed.encode(), hashlib.sha256)).decode()
    return f"v1,{expected}" in post.headers["webhook-signature"].split(" ")


async def test_a_restart_sends_nothing_again(world, web):
    await world.round()
    allowed = world.notifier.allowed
    world.restart()
    world.notifier.allowed = allowed
    writes = len(world.managers)
    await world.round()
    assert (len(web.posts), len(world.managers)) == (1, writes)


async def test_what_could_not_be_recorded_is_not_sent_again_and_is_recorded_later(world, web):
    world.fail = Unreachable("no answer")
    for _ in range(3):
        await world.round()
    assert (len(web.posts), world.deliveries()) == (1, [])
    world.fail = None
    await world.round()
    assert (len(web.posts), world.deliveries()[0]["firedAt"]) == (1, "2026-03-02T10:05:00Z")
    await world.round()
    assert len(world.managers) == 1


async def test_a_list_from_before_the_record_was_written_makes_nothing_be_sent_again(world, web):
    before = world.listed()
    await world.round()
    await world.round(before)
    assert len(web.posts) == 1
    assert world.deliveries()[0]["firedAt"]


async def test_a_webhook_that_hangs_holds_up_nobody(world, web, monkeypatch):
    monkeypatch.setattr(sender, "TIMEOUT", 4.0)
    with webhook_receiver() as hanging:
        hanging.may_answer.clear()
        world.secret("hangs", hanging)
        world.monitor("hung", ("hangs", "Webhook"))
        world.monitor("both", ("hangs", "Webhook"), ("pager", "Webhook"))
        world.notifier.look(world.listed())
        await asyncio.to_thread(eventually, lambda: len(web.posts) + len(hanging.posts) == 4, "all four")
        # a round meanwhile does not ask again
        world.notifier.look(world.listed())
        await world.notifier.idle()
    assert len(hanging.posts) == 2
    assert world.deliveries("hung")[0]["message"].startswith("the webhook could not be reached: no answer in time")
    assert {one["secret"]: "firedAt" in one for one in world.deliveries("both")} == {"hangs": False, "pager": True}


@pytest.mark.parametrize(
    ("change", "reason", "said"),
    [
        (lambda world, web: setattr(web, "status", 500), "WebhookFailed", "HTTP status 500"),
        (lambda world, web: setattr(web, "status", 302), "WebhookFailed", "redirects are not followed"),
        (lambda world, web: world.remove("Secret", "ml", "pager"), "ConfigMissing", "there is no Secret pager"),
        (lambda world, web: world.secret("pager", web, url="https://else.example/"), "WebhookForbidden", "outside"),
        (lambda world, web: world.secret("pager", web, url="nothing"), "BadConfiguration", "url of the Secret"),
        (lambda world, web: refuse(world, Forbidden("no")), "WebhookForbidden", "may not be read"),
        (lambda world, web: refuse(world, Unreachable("no")), "WebhookFailed", "could not be read"),
        (lambda world, web: refuse(world, ZeroDivisionError("ours")), "WebhookFailed", "ZeroDivisionError"),
    ],
)
async def test_what_fails_has_a_reason_in_status_and_a_count_and_is_put_off(world, web, change, reason, said):
    change(world, web)
    for _ in range(3):
        await world.round()
    (record,) = world.deliveries()
    assert (record["reason"], record["attempts"], "firedAt" in record) == (reason, 1, False)
    assert said in record["message"]
    assert " — " in record["message"]
    assert world.count("notification_errors", format="Webhook", reason=reason) == 1
    world.now += timedelta(seconds=30)
    await world.round()
    assert world.deliveries()[0]["attempts"] == 2


async def test_a_failure_is_said_once(world, web, caplog):
    web.status = 500
    for _ in range(5):
        await world.round()
        world.now += timedelta(hours=1)
    assert len([one for one in caplog.records if one.getMessage().startswith("webhook pager")]) == 1
    assert len(web.posts) == 5


def refuse(world, error):
    def before(verb, kind, name):
        if (verb, kind) == ("get", "Secret"):
            raise error

    world.before = before


async def test_once_it_can_be_told_the_failure_is_gone_from_status(world, web):
    web.status = 503
    await world.round()
    web.status = 200
    world.now += timedelta(minutes=1)
    await world.round()
    (record,) = world.deliveries()
    assert (record["reason"], record["message"], record["attempts"], record["httpStatus"]) == ("", "", 0, 200)
    assert {post.headers["webhook-id"] for post in web.posts} == {"abc.firing"}


async def test_a_monitor_that_goes_meanwhile(world, web):
    monitors = world.listed()
    world.fail = NotFound("gone")
    await world.round(monitors)
    world.remove("DriftMonitor", "ml", "late-flights")
    await world.round()
    assert [json.loads(post.body)["type"] for post in web.posts] == ["firing", "resolved"]
    await world.round()
    assert world.notifier._records == {}


async def test_the_alert_of_an_open_episode_is_renewed(world, web):
    world.monitor("am", ("alerts", "Alertmanager"))
    world.secret("alerts", web, url=f"{web.address}/am")
    await world.round([one for one in world.listed() if one.metadata.name == "am"])
    ((alert,),) = [json.loads(post.body) for post in web.posts]
    assert web.posts[0].path == "/am/api/v2/alerts"
    labels = {"alertname": "LeeboardDriftEpisode", "severity": "warning", "namespace": "ml", "monitor": "am"}
    assert alert["labels"] == labels | {"model": "late-flights", "version": "v1"}
    assert alert["annotations"] == {
        "summary": "v1 of the Model ml/late-flights drifts",
        "description": "DataDrift wind 0.4",
    }
    assert (alert["startsAt"], alert["endsAt"]) == ("2026-03-02T10:00:00Z", "2026-03-02T10:45:00Z")
    world.secret("alerts", web, url=f"{web.address}/am?x=1")
    world.now += timedelta(minutes=10)
    await world.round([one for one in world.listed() if one.metadata.name == "am"])
    assert "must not have a query" in world.deliveries("am")[0]["message"]


async def test_at_the_end_of_the_process_what_is_under_way_may_end(world, web):
    web.may_answer.clear()
    world.notifier.look(world.listed())
    await asyncio.to_thread(eventually, lambda: web.posts, "it is asked")
    asyncio.get_running_loop().call_later(0.1, web.may_answer.set)
    await world.notifier.close()
    assert world.deliveries()[0]["firedAt"]


async def test_at_the_end_of_the_process_nothing_is_waited_for_without_end(world, web, monkeypatch):
    monkeypatch.setattr(module, "TIME_TO_END", 0.2)
    web.may_answer.clear()
    world.notifier.look(world.listed())
    await world.notifier.close()
    assert world.deliveries() == []

"""A real Alertmanager: an alert is open while its episode is, and what it passes on begins and ends with it."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.alertmanager import AlertmanagerServer
from tests.support.installation import eventually
from tests.support.notifier_world import EPISODE, NotifierWorld
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver

NAME = "late-flights"


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as receiver:
        receiver.status = 200
        yield receiver


@pytest.fixture
def alertmanager(receiver: WebhookReceiver, tmp_path: Path) -> Iterator[AlertmanagerServer]:
    with AlertmanagerServer(tmp_path, f"{receiver.address}/passed-on") as running:
        yield running


def moment(minutes_ago: float) -> str:
    then = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes_ago)
    return then.isoformat().replace("+00:00", "Z")


@pytest.fixture
def world(alertmanager: AlertmanagerServer) -> NotifierWorld:
    """A monitor whose episode began an hour ago."""
    world = NotifierWorld()
    world.now = datetime.now(UTC)
    world.monitor(NAME, ("alerts", "Alertmanager"), episode=EPISODE | {"startedAt": moment(60)})
    world.secret("alerts", alertmanager, url=alertmanager.address)
    return world


def status(world: NotifierWorld) -> dict:
    return world.live("DriftMonitor", NAME)["status"]


def passed_on(receiver: WebhookReceiver) -> list[tuple[str, str]]:
    """Status and version of everything that Alertmanager passed on, without its repetitions."""
    told: list[tuple[str, str]] = []
    for post in receiver.posts:
        for alert in json.loads(post.body)["alerts"]:
            one = (alert["status"], alert["labels"]["version"])
            told += [one] if one not in told else []
    return told


async def until(holds, what: str, alertmanager: AlertmanagerServer) -> None:
    await asyncio.to_thread(eventually, holds, what, alertmanager.log)


async def test_from_the_beginning_to_the_end(world, alertmanager, receiver) -> None:
    await world.round()
    (alert,) = alertmanager.alerts()
    labels = {"alertname": "LeeboardDriftEpisode", "severity": "warning", "namespace": "ml", "monitor": NAME}
    assert alert["labels"] == labels | {"model": NAME, "version": "v1"}
    assert alert["annotations"]["description"] == EPISODE["reason"]
    ahead = datetime.fromisoformat(alert["endsAt"]) - datetime.now(UTC)
    assert timedelta(minutes=39) < ahead <= timedelta(minutes=40)
    await until(lambda: passed_on(receiver) == [("firing", "v1")], "it is passed on", alertmanager)

    status(world)["episode"]["endedAt"] = moment(0)
    await world.round()
    await until(lambda: alertmanager.alerts() == [], "the alert ends", alertmanager)
    await until(lambda: passed_on(receiver) == [("firing", "v1"), ("resolved", "v1")], "that is told", alertmanager)
    (record,) = world.deliveries()
    assert (record["reason"], "resolvedAt" in record) == ("", True)


async def test_one_episode_in_the_place_of_another(world, alertmanager, receiver) -> None:
    await world.round()
    await until(lambda: passed_on(receiver) == [("firing", "v1")], "it is passed on", alertmanager)
    status(world)["episode"] = EPISODE | {"id": "next", "version": "v2", "startedAt": moment(1)}
    await world.round()
    assert [one["labels"]["version"] for one in alertmanager.alerts()] == ["v2"]
    await until(lambda: set(passed_on(receiver)) >= {("resolved", "v1"), ("firing", "v2")}, "both", alertmanager)


async def test_a_second_episode_of_the_same_version_opens_the_alert_anew(world, alertmanager, receiver) -> None:
    await world.round()
    status(world)["episode"] = EPISODE | {"id": "next", "startedAt": moment(1)}
    await world.round()
    (alert,) = alertmanager.alerts()
    assert datetime.fromisoformat(alert["endsAt"]) > datetime.now(UTC)


async def test_an_alertmanager_that_forgot_is_told_again(world, alertmanager, tmp_path) -> None:
    await world.round()
    alertmanager.__exit__(None, None, None)
    world.now += timedelta(minutes=10)
    await world.round()
    assert world.deliveries()[0]["reason"] == "WebhookFailed"
    alertmanager.__enter__()
    world.now += timedelta(minutes=1)
    await world.round()
    assert len(alertmanager.alerts()) == 1
    assert world.deliveries()[0]["attempts"] == 0

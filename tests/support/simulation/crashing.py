"""Plays a story once undisturbed, and again for every moment at which the process may be killed.

A killed process leaves nothing but the cluster. So the play after a kill needs no play before it: at every call of the
undisturbed play the cluster is copied, and a new process with an empty store lives on in the copy. Moments between
which neither the cluster nor the clock moved leave the same, and are taken once. And where a step ends with the very
objects of the undisturbed play, times included, what follows is that play again, and is not repeated.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from tests.support.simulation.access import Access, Weather
from tests.support.simulation.end_state import differences, state, told
from tests.support.simulation.story import Story
from tests.support.simulation.world import World

OUTAGES = (0.0, 0.0, 0.0, 20.0)
"""Seconds until a killed process lives again, in turn: at once, which loses no time, and late, which does."""
TURN = 0.02
"""Seconds that a call takes where there is more than one worker: while one waits, another goes on."""
MOST_LOST_EVENTS = 3
"""Events of one reconcile: they come after the status write, and a crash between loses them."""


@dataclass(frozen=True)
class Kill:
    """The world at the moment of a kill, the step of the story that is under way and its end, and the call."""

    world: World
    step: int
    step_ends: float
    call: str
    outage: float


@dataclass
class Undisturbed:
    """What a play without a crash came to after every step, and the moments of a kill on its way."""

    story: Story
    workers: int = 1
    world: World = field(default_factory=World)
    kills: list[Kill] = field(default_factory=list)
    states: list[dict[str, str]] = field(default_factory=list)
    tales: list[Counter[str]] = field(default_factory=list)
    calls: int = 0


def play(story: Story, workers: int = 1) -> Undisturbed:
    """Play without a crash. Raises InvariantBroken, or what the story's end asserts."""
    played = Undisturbed(story, workers)
    played.world.run(lambda: _play(played))
    story.end(played.world)
    return played


def replay(played: Undisturbed, kill: Kill) -> None:
    """Play on from a kill. Raises AssertionError where the end is another one."""
    story, world = played.story, kill.world
    ended = len(story.steps) - 1

    async def live_on() -> None:
        nonlocal ended
        await asyncio.sleep(kill.outage)
        operator = world.operator(_access(world, played.workers), workers=played.workers)
        operator.start()
        await asyncio.sleep(max(0.0, kill.step_ends - asyncio.get_running_loop().time()))
        for number in range(kill.step, len(story.steps)):
            if number > kill.step:
                story.steps[number].act(world)
                await asyncio.sleep(story.steps[number].seconds)
            if state(world.kube, with_times=True) == played.states[number]:
                ended = number
                break
        await operator.kill()

    world.run(live_on)
    _compare_states(played, world, ended)
    _compare_tales(played.tales[ended], told(world.kube))


async def _play(played: Undisturbed) -> None:
    world, loop = played.world, asyncio.get_running_loop()
    seen: set[tuple[int, float]] = set()
    number, ends = 0, 0.0

    def gather(moment: str, verb: str, kind: str, name: str) -> None:
        now = (world.kube.version, loop.time())
        if now not in seen:
            seen.add(now)
            # whoever comes late may miss what a story does meanwhile: that is told apart with one worker alone
            outage = OUTAGES[len(played.kills) % len(OUTAGES)] if played.workers == 1 else 0.0
            played.kills.append(Kill(world.copy(), number, ends, f"{moment} {verb} {kind} {name}", outage))

    access = _access(world, played.workers)
    access.before = lambda *call: gather("before", *call)
    access.after = lambda *call: gather("after", *call)
    operator = world.operator(access, workers=played.workers)
    operator.start()
    for number, step in enumerate(played.story.steps):  # noqa: B007 - `gather` reads it
        ends = loop.time() + step.seconds
        step.act(world)
        await asyncio.sleep(step.seconds)
        played.states.append(state(world.kube, with_times=True))
        played.tales.append(told(world.kube))
    await operator.kill()
    played.calls = access.calls


def _access(world: World, workers: int) -> Access:
    weather = Weather(latency=lambda: TURN) if workers > 1 else Weather()
    return Access(world.kube, "operator", weather)


def _compare_states(played: Undisturbed, world: World, step: int) -> None:
    if step < len(played.story.steps) - 1:
        return  # it ended early because it was equal
    different = differences(state(played.world.kube), state(world.kube))
    assert not different, "\n".join(different[:5])


def _compare_tales(undisturbed: Counter[str], disturbed: Counter[str]) -> None:
    invented = [text for text in disturbed if text not in undisturbed]
    assert not invented, f"told only after the crash: {invented}"
    repeated = [text for text in disturbed if disturbed[text] > undisturbed[text] + 1]
    assert not repeated, f"told again and again: {repeated}"
    lost = undisturbed - disturbed
    assert lost.total() <= MOST_LOST_EVENTS, f"never told: {lost}"

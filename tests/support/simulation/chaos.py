"""A seeded play: users, nodes and workloads do as they please, calls fail, watches are late, and processes die.

After that the weather clears, and everything has to come to rest: as it should be, and without a further write.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from tests.support.simulation.access import Access
from tests.support.simulation.behaviour import Behaviour
from tests.support.simulation.deeds import GATES, ROLLOUTS, Deeds
from tests.support.simulation.evaluator import Evaluator
from tests.support.simulation.kube import Raw
from tests.support.simulation.operator import Operator
from tests.support.simulation.rest import unrest
from tests.support.simulation.unreliable import Storm, UnreliableWatch
from tests.support.simulation.world import NAME, START, World

DEEDS = 14
BETWEEN = 40.0
"""Seconds between two deeds, on average."""
CALM, REST, LOOK = 1500.0, 2400.0, 780.0
"""Seconds: with an evaluator that sees nothing wrong; without one; and in which nothing may be written any more."""


class NoRest(AssertionError):
    """The cluster did not come to rest, or not to the one it should."""


@dataclass
class Chaos:
    """One play. `log` tells it line by line."""

    seed: int
    leaders: int = 1
    world: World = field(default_factory=World)
    log: list[str] = field(default_factory=list)

    def play(self) -> None:
        """Play. Raises InvariantBroken or NoRest; a note of it is the story."""
        self._random = Random(self.seed)  # noqa: S311 - a seed that can be played again
        self._operators: list[Operator] = []
        self._watches: list[UnreliableWatch] = []
        self._storms = [Storm(self._random) for _ in range(self.leaders)]
        try:
            self.world.run(self._play)
        except AssertionError as error:
            error.add_note("\n".join([f"seed {self.seed}, {self.leaders} leaders", *self.log]))
            raise

    async def _play(self) -> None:
        evaluator = Evaluator(Access(self.world.kube, "evaluator"), self.world.now)
        self._create_everything()
        deeds = Deeds(self.world, evaluator, self._random)
        figures = asyncio.get_running_loop().create_task(evaluator.run())
        figures.add_done_callback(self.world.invariants.ended)
        for number in range(self.leaders):
            self._operators.append(self._live(number))
        for _ in range(DEEDS):
            await asyncio.sleep(self._random.expovariate(1 / BETWEEN))
            await self._disturb(deeds)
            self.world.invariants.check()
        await self._calm(evaluator)
        figures.cancel()
        await asyncio.gather(figures, return_exceptions=True)
        await asyncio.sleep(REST)
        await self._rest()

    def _create_everything(self) -> None:
        random = self._random
        self.world.add_model(rollout=random.choice(ROLLOUTS), promotion={"policy": "Automatic", "gates": GATES})
        triggers: Raw = {"onSpecChange": True, "onDrift": random.random() < 0.8}
        if random.random() < 0.2:
            triggers["onNewData"] = {"every": "3m"}
        if random.random() < 0.1:
            triggers["schedule"] = {"cron": "*/5 * * * *", "timeZone": "UTC"}
        limits = random.choice([{}, {}, {"cooldown": "5m"}, {"deadline": "2m", "retries": 1}, {"maxRunsPerDay": 2}])
        self.world.add_training(triggers=triggers, limits=limits)
        self.world.add_monitor()
        self._tell(
            f"the beginning: {self.world.kube.live('Model', NAME)['spec']['rollout']['strategy']}, {triggers}, {limits}"
        )

    def _live(self, number: int) -> Operator:
        """A new life of one of the operators."""
        storm, kube = self._storms[number], self.world.kube
        watch = UnreliableWatch(self._random, storm)
        self._watches[number : number + 1] = [watch]
        access = Access(kube, f"operator-{number + 1}", storm.weather(), before=self._meddle)
        jitter = self._random.uniform
        operator = self.world.operator(access, watch=watch, workers=2, jitter=lambda: jitter(0.5, 1.0))
        operator.start()
        return operator

    def _meddle(self, verb: str, kind: str, name: str) -> None:
        """Somebody edits the object between an operator's read and its write."""
        if verb == "status" and not self._storms[0].clear and self._random.random() < 0.05:
            with suppress(KeyError):
                self.world.kube.annotate(kind, name, note=str(self._random.random()))

    async def _disturb(self, deeds: Deeds) -> None:
        number, chance = self._random.randrange(self.leaders), self._random.random()
        if chance < 0.12:
            self._tell(f"operator-{number + 1} is killed")
            await self._operators[number].kill()
            await asyncio.sleep(self._random.choice([0.0, 3.0, 60.0]))
            self._operators[number] = self._live(number)
        elif chance < 0.22:
            self._tell(f"operator-{number + 1} hears nothing")
            self._watches[number].open_gap()
        elif chance < 0.32:
            self._tell(f"operator-{number + 1} hears again")
            self._watches[number].close_gap()
        elif (deed := deeds.do()) is not None:
            self._tell(deed)

    async def _calm(self, evaluator: Evaluator) -> None:
        """Nobody disturbs any more, and whatever waits for somebody gets it."""
        self._tell("calm")
        for storm in self._storms:
            storm.clear = True
        for watch in self._watches:
            watch.close_gap()
        evaluator.failing, evaluator.quality, evaluator.asleep = frozenset(), 0.72, False
        self.world.behave(**vars(Behaviour(data=self.world.behaviour.data)))
        self.world.command(pause="false")
        present = self.world.kube.live("TrainingJob", NAME)["spec"]
        triggers = {"onSpecChange": True, "onDrift": present["triggers"].get("onDrift", True)}
        self.world.kube.edit("TrainingJob", NAME, triggers=triggers, limits={}, suspend=False)
        await asyncio.sleep(CALM)

    async def _rest(self) -> None:
        wrong = list(unrest(self.world.kube, self.world.behaviour))
        if wrong:
            raise NoRest("\n".join(wrong))
        for number, operator in enumerate(self._operators):
            await operator.kill()
            self._operators[number] = self._live(number)
        before = self.world.kube.version
        written: list[str] = []
        self.world.kube.listeners.append(
            lambda type_, _, raw: written.append(f"{type_} {raw['kind']} {raw['metadata']['name']}")
        )
        await asyncio.sleep(LOOK)
        for operator in self._operators:
            await operator.kill()
        if self.world.kube.version != before:
            raise NoRest(f"still written at rest: {written[:10]}")

    def _tell(self, text: str) -> None:
        past = self.world.now() - START - timedelta(seconds=self.world.leapt)
        self.log.append(f"  {past.total_seconds():7.1f} s  {text}")

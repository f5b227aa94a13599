"""A traffic process as a whole: sender, labels, state file and commands, and how they end together."""

import asyncio
import signal
from pathlib import Path

from e2e.demo.traffic.commands import Commands
from e2e.demo.traffic.connections import Connections
from e2e.demo.traffic.labels import Labels
from e2e.demo.traffic.playlist import Playlist
from e2e.demo.traffic.recorder import Recorder
from e2e.demo.traffic.rows import Rows
from e2e.demo.traffic.segment import Segment, Target
from e2e.demo.traffic.sender import Sender
from e2e.demo.traffic.state import write_state

WRITE_EVERY = 1.0
"""Seconds between two states of the file."""


class Service:
    """Sends until SIGTERM or SIGINT; the last state is written when nothing is in flight any more."""

    def __init__(self, target: Target, state: Path, run: str) -> None:
        self._target = target
        self._state = state
        self._recorder = Recorder(run)
        self._playlist = Playlist(self._recorder)

    async def play(self, segment: Segment, rows: Rows) -> None:
        """Send one segment; ends when its rows and their labels were sent."""
        self._playlist.play(segment, rows)
        await self._run(follow=False)

    async def follow(self) -> None:
        """Send what is said on the standard input, until its end."""
        await self._run(follow=True)

    async def _run(self, *, follow: bool) -> None:
        labels = Labels(self._target, self._recorder.labels)
        async with Connections(self._target) as connections, asyncio.TaskGroup() as group:
            sender = Sender(self._playlist, connections, self._recorder, labels)
            self._stop_on_signals(sender, labels)
            posting = group.create_task(labels.run())
            helpers = [group.create_task(self._write_often())]
            if follow:
                helpers.append(group.create_task(self._follow(sender, labels)))
            else:
                sender.stop_after_rows()
            await sender.run()
            labels.finish()
            await posting
            for helper in helpers:
                helper.cancel()
        write_state(self._state, self._recorder.state("Stopped"))

    def _stop_on_signals(self, sender: Sender, labels: Labels) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, _stop, sender, labels)

    async def _follow(self, sender: Sender, labels: Labels) -> None:
        await Commands(self._playlist, self._write).follow()
        # whoever gave the commands has ended: traffic that nobody asks for any more is not left behind
        _stop(sender, labels)

    async def _write_often(self) -> None:
        while True:
            self._write()
            await asyncio.sleep(WRITE_EVERY)

    def _write(self) -> None:
        write_state(self._state, self._recorder.state("Idle" if self._playlist.current() is None else "Sending"))


def _stop(sender: Sender, labels: Labels) -> None:
    sender.stop()
    labels.abandon()

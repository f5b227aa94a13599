"""Sends by the clock and never by the answers: a slow service gets no fewer requests than a fast one (open loop)."""

import asyncio

from e2e.demo.traffic.connections import KINDS, Connection, Connections
from e2e.demo.traffic.labels import Labels
from e2e.demo.traffic.playlist import Playing, Playlist
from e2e.demo.traffic.recorder import Recorder, Sent


class Sender:
    """One request at every moment of the schedule, on the two kinds of connections in turn.

    A moment at which all connections of its kind are busy is counted as late and nothing is sent; its rows go out at
    the next one. Moments that the process itself missed are made up for at once.
    """

    def __init__(self, playlist: Playlist, connections: Connections, recorder: Recorder, labels: Labels) -> None:
        self._playlist = playlist
        self._connections = connections
        self._recorder = recorder
        self._labels = labels
        self._moments = 0
        self._requests = 0
        self._ending = False
        self._until_rows_end = False

    def stop(self) -> None:
        """Send nothing more; `run` returns when all that is in flight has ended."""
        self._ending = True
        self._playlist.changed.set()

    def stop_after_rows(self) -> None:
        """Stop when the rows are at their end; those of a segment that loops never are."""
        self._until_rows_end = True
        self._playlist.changed.set()

    async def run(self) -> None:
        """Send until `stop`, then wait for what is in flight."""
        async with asyncio.TaskGroup() as in_flight:
            await self._send_by_the_clock(in_flight)
            self._playlist.close()

    async def _send_by_the_clock(self, in_flight: asyncio.TaskGroup) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while not self._ending:
            if self._playlist.changed.is_set():
                self._playlist.changed.clear()
                due = min(due, clock())
            playing = self._playlist.current()
            if playing is None:
                if self._until_rows_end:
                    return
                await self._changed(None)
                due = clock()
            elif due > clock():
                await self._changed(due)
            else:
                self._at_moment(playing, in_flight)
                due += playing.segment.interval
                await asyncio.sleep(0)

    async def _changed(self, until: float | None) -> None:
        """Wait for another segment, no longer than until that moment."""
        try:
            async with asyncio.timeout_at(until):
                await self._playlist.changed.wait()
        except TimeoutError:
            return

    def _at_moment(self, playing: Playing, in_flight: asyncio.TaskGroup) -> None:
        kind = KINDS[self._moments % len(KINDS)]
        self._moments += 1
        connection = self._connections.take(kind)
        if connection is None:
            self._recorder.late(playing.record, kind)
            return
        start = playing.position
        playing.position = min(start + playing.segment.rows_per_request, len(playing.rows))
        request = Sent(f"{self._recorder.run}-{self._requests}", playing.position - start, kind, playing.record)
        self._requests += 1
        self._recorder.sent(request)
        in_flight.create_task(self._send(connection, playing, request, start))

    async def _send(self, connection: Connection, playing: Playing, request: Sent, start: int) -> None:
        stop = start + request.rows
        body = playing.rows.request(request.id, start, stop)
        try:
            outcome = await connection.ask(request.id, body, request.rows)
        finally:
            self._connections.give_back(connection)
        self._recorder.ended(request, outcome)
        if outcome.failure is None:
            self._labels.add(playing.rows.feedback(request.id, start, stop))

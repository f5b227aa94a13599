"""Every command of `leeboard`, in the order of its help. A new one is a file and a line here."""

from leeboard.cli import bucket, version
from leeboard.cli.acting import abort, approve, hold, promote, retry, rollback
from leeboard.cli.command import Command
from leeboard.cli.completion import command as completion
from leeboard.cli.describe import command as describe
from leeboard.cli.drift import command as drift
from leeboard.cli.get import command as get
from leeboard.cli.lineage import command as lineage
from leeboard.cli.registry import export, importing, restore
from leeboard.cli.replay import command as replay
from leeboard.cli.training import command as train
from leeboard.cli.why import command as why

COMMANDS: tuple[Command, ...] = (
    get.COMMAND,
    describe.COMMAND,
    why.COMMAND,
    lineage.COMMAND,
    train.COMMAND,
    promote.COMMAND,
    abort.COMMAND,
    hold.PAUSE,
    hold.RESUME,
    rollback.COMMAND,
    retry.COMMAND,
    approve.COMMAND,
    drift.COMMAND,
    replay.COMMAND,
    bucket.COMMAND,
    importing.COMMAND,
    export.COMMAND,
    restore.COMMAND,
    completion.COMPLETION,
    completion.COMPLETE,
    version.COMMAND,
)

"""Every command of `leeboard`, in the order of its help. A new one is a file and a line here."""

from leeboard.cli import version
from leeboard.cli.command import Command
from leeboard.cli.get import command as get
from leeboard.cli.lineage import command as lineage

COMMANDS: tuple[Command, ...] = (
    get.COMMAND,
    lineage.COMMAND,
    version.COMMAND,
)

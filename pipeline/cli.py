"""The command `publish`: loads and runs its commands, and turns errors into messages and exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from pipeline import __version__, writers
from pipeline.errors import PublishError, WriteError

EXIT_WRONG = 2
EXIT_BUSY = 75  # EX_TEMPFAIL of sysexits.h: try again later
COMMANDS = {
    "all": "publishing:publish_all",
    "check": "check:check",
    "clean": "project:clean",
    "cluster": "project:cluster",
    "completion": "project:completion",
    "doctor": "project:doctor",
    "import": "importing:import_",
    "init": "project:init",
    "new": "project:new",
    "preview": "project:preview",
    "print": "printing:print_",
    "print-pack": "printing:print_pack",
    "proof": "printing:proof",
    "schema": "project:schema",
    "send": "mailing:send",
    "subscribers": "mailing:subscribers",
}
"""Module and function of each command in `pipeline/commands/`, imported on first use."""


class Commands(click.Group):
    """Click group of the fixed commands, and one command for each installed format."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        formats = [name for name in writers.installed_writers() if name not in COMMANDS]
        return ["all", *formats, *sorted(set(COMMANDS) - {"all"})]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module, function = COMMANDS[cmd_name].split(":")
            command: click.Command = getattr(import_module(f"pipeline.commands.{module}"), function)
            return command
        if cmd_name not in writers.installed_writers():
            return None
        from pipeline.commands.publishing import format_command

        return format_command(cmd_name)


def main() -> None:
    try:
        code = commands.main(standalone_mode=False, prog_name="publish")
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = EXIT_WRONG
    except PublishError as error:
        click.echo(f"error: {error}", err=True)
        code = EXIT_BUSY if error.code == "project-busy" else int(isinstance(error, WriteError)) or EXIT_WRONG
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        code = 130
    except BrokenPipeError:  # `publish … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code or 0)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="publish")
def commands() -> None:
    """Publish Markdown articles as printed handouts, e-books and newsletters.

    Exit codes: 0 all published; 1 something failed (or, with --strict, a warning exists); 2 the command or
    publish.toml is wrong; 75 another run holds the project; 130 interrupted.
    """


if __name__ == "__main__":
    main()

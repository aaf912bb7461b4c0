"""The command `publish`: what it said last time where nothing has changed since, and else the real thing."""

from __future__ import annotations

import sys

from pipeline.running.stamp import standing


def main() -> None:
    """Run the command."""
    arguments = sys.argv[1:]
    if said := standing(arguments):
        text, code = said
        sys.stdout.write(text)
        sys.exit(code)
    try:
        from pipeline.cli import main as run

        run()
    except KeyboardInterrupt:  # before anything was begun
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()

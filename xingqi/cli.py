"""The command `xingqi`: finds the module of the command that was asked for, and says every refusal in one plain sentence.

Each command is a module with `parser(prog) -> ArgumentParser` and `run(options) -> int`, the exit status: 0 done, 1 not done, 2 asked
for in a way that can't be.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from shared.settings import BadSettings
from xingqi import __version__
from xingqi.stop import Stop

COMMANDS = {
    "demo": ("xingqi.demo.command", "live two half-years of an invented town on three services"),
    "run": ("xingqi.run", "the three services in the foreground"),
    "token": ("xingqi.tokens", "bearer tokens of the local issuer, one a line"),
    "account": ("xingqi.account", "an administrator's account: a one-time password, printed once"),
    "migrate": ("xingqi.migrate", "make a cell's schemas on PostgreSQL, and a role that may not change events"),
    "cell": ("xingqi.cell", "counties on one or more PostgreSQL servers: make, list, check"),
    "province": ("xingqi.province", "figures of many counties, read from their databases"),
    "backup": ("xingqi.backup", "copy data and keys while the services run"),
    "restore": ("xingqi.restore", "put a backup back"),
    "rotate": ("xingqi.rotate", "replace the issuer's or the master key"),
    "clock": ("xingqi.clock", "move a manual clock on all three services"),
    "check": ("xingqi.check", "hold the stores against their logs"),
    "explain": ("xingqi.explain", "the way from a member's entries and ballots to its stars"),
    "audit": ("xingqi.audit", "examine the fairness of a county's scores in a folder of tables"),
    "ratings": ("xingqi.ratings", "fit raters and ratees of any table of scores"),
    "key": ("xingqi.key", "the verifier key of a service's log"),
    "new-log": ("xingqi.new_log", "another log where the old one can't be signed on"),
    "export": ("xingqi.export", "a service's log as files, for verify"),
    "bundle": ("xingqi.bundle", "a branch's half-year in one file, to check offline"),
    "verify": ("shared.transparency.verify", "check a log, and one member's stars, offline"),
    "witness": ("xingqi.witness", "cosign the logs of neighbours"),
    "rebuild-views": ("xingqi.views", "make the views anew from the logs"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (default: those of the process) name; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] not in COMMANDS:
        return _without_command(words)
    module = import_module(COMMANDS[words[0]][0])
    options = module.parser(f"xingqi {words[0]}").parse_args(words[1:])
    try:
        return int(module.run(options))
    except Stop as stop:
        print(f"xingqi {words[0]}: {stop}", file=sys.stderr)
        return stop.status
    except BadSettings as bad:
        print(f"xingqi {words[0]}: a setting can't be used:\n{bad}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:
        if (said := _said_by_a_database(error)) is None:
            raise
        print(f"xingqi {words[0]}: {said}", file=sys.stderr)
        return 1


def _said_by_a_database(error: Exception) -> str | None:
    """In plain words why it went away under the command; None for every other exception."""
    import psycopg  # noqa: PLC0415 - most commands end well, and need neither

    from xingqi.databases import said_plainly  # noqa: PLC0415

    return said_plainly(error) if isinstance(error, psycopg.OperationalError) else None


def _without_command(words: Sequence[str]) -> int:
    commands = "\n".join(f"  {name:14}{summary}" for name, (_, summary) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="xingqi",
        description="Xingqi (星旗): the 341 method for Party branches.",
        epilog=f"commands:\n{commands}\n\nxingqi COMMAND --help says more. Settings (XINGQI_...) come from the environment and .env.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"xingqi {__version__}")
    parser.add_argument("command", metavar="COMMAND", choices=COMMANDS)
    if not words:
        parser.print_help()
        return 2
    parser.parse_args(words)
    return 2

"""`xingqi token`: bearer tokens of the local issuer."""

from __future__ import annotations

import argparse
import uuid

from services.roster.issuer import Issuer
from shared.settings import Settings, read_settings
from shared.web.permissions import ROLES
from xingqi.stop import Stop

DEFAULT_HOURS = 12.0


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi token`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Print bearer tokens of the local issuer, one a line: one for each --member, or one without. The same roles, "
        "organisation and member always stand for the same caller. Without --organization the roles admin and service hold for the "
        "whole cell, and member for itself. Needs the issuer's keys in XINGQI_DATA (made when missing), not the services.",
        epilog=f"roles: {', '.join(ROLES)}",
    )
    made.add_argument("--role", action="append", required=True, choices=ROLES, metavar="ROLE", help="a role to grant; may be given again")
    made.add_argument("--organization", metavar="ID", type=_id, help="where the roles hold: this organisation and all below it")
    made.add_argument("--member", action="append", metavar="ID", type=_id, help="the member who calls; may be given again")
    made.add_argument("--hours", type=float, default=DEFAULT_HOURS, metavar="N", help="how long the tokens are valid (12)")
    return made


def run(options: argparse.Namespace) -> int:
    """Print the tokens.

    Raises:
        Stop: the hours are out of range, or the cell trusts another issuer.
    """
    issuer = local_issuer(read_settings())
    try:
        tokens = [issuer.token(options.role, options.organization, member, options.hours) for member in options.member or [None]]
    except ValueError as error:
        raise Stop(f"{error}", 2) from None
    print("\n".join(tokens))
    return 0


def local_issuer(settings: Settings) -> Issuer:
    """The issuer whose keys lie in the data folder.

    Raises:
        Stop: the settings name another issuer, or the folder can't be used.
    """
    if settings.issuer is not None:
        raise Stop(f"XINGQI_ISSUER names {settings.issuer}: this cell takes its tokens from there.")
    try:
        return Issuer(settings)
    except OSError as error:
        raise Stop(f"the issuer's keys in {settings.issuer_folder} can't be read or made: {error.strerror}.") from None


def _id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no id: ids are UUIDs") from None

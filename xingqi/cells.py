"""Cells as folders: all that one county's services need to start lies in `<folder>/<county>`, its settings in the file `.env`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from shared.settings import SERVICES, BadSettings, Settings, read_settings
from xingqi.stop import Stop

PORTS_A_CELL = 10


@dataclass(frozen=True)
class Cell:
    """One county's folder."""

    folder: Path

    @property
    def county(self) -> str:
        """The county's short name."""
        return self.folder.name

    @property
    def env_file(self) -> Path:
        """Its settings, which every command takes from the folder that it is run in."""
        return self.folder / ".env"

    def settings(self) -> Settings:
        """The settings of the folder alone. Raises Stop where they can't be used."""
        try:
            return read_settings(self.env_file)
        except BadSettings as bad:
            raise Stop(f"{self.env_file}: {bad}") from None


def cells_in(folder: Path) -> list[Cell]:
    """The cells of a folder, by name. Raises Stop where there are none."""
    found = [Cell(place.parent) for place in sorted(folder.glob("*/.env"))]
    if not found:
        raise Stop(f"there are no cells in {folder}. Make one: xingqi cell create COUNTY --server URL")
    return found


def write_cell(folder: Path, county: str, server: str, first_port: int | None) -> Cell:
    """Make the folder of a new cell with its own master key and database password, and nothing in the database yet.

    `server` is the owner's URL; the services get a role of their own in the same database.

    Raises:
        Stop: the folder is there already, or can't be written.
    """
    cell = Cell((folder / county).resolve())
    try:
        cell.folder.mkdir(mode=0o700, parents=True)
        (cell.folder / "data").mkdir(mode=0o700)
        _secret(cell.folder / "master.key", secrets.token_bytes(32))
        _secret(cell.folder / "database_password", secrets.token_hex(24).encode())
    except FileExistsError:
        raise Stop(f"{cell.folder} is there already: a cell is made once. See xingqi cell check") from None
    except OSError as error:
        raise Stop(f"{cell.folder} can't be made: {error.strerror}.") from None
    parts = urlsplit(server)
    role = f"xingqi_{county.replace('-', '_')}"
    url = urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))
    port = first_port or 8001 + PORTS_A_CELL * len(list(folder.glob("*/.env")))
    lines = {
        "COUNTY": county,
        "DATABASE_URL": url,
        "DATABASE_PASSWORD_FILE": cell.folder / "database_password",
        "MASTER_KEY_FILE": cell.folder / "master.key",
        "DATA": cell.folder / "data",
        **{f"{service.upper()}_URL": f"http://127.0.0.1:{port + number}" for number, service in enumerate(SERVICES)},
    }
    _secret(cell.env_file, "".join(f"XINGQI_{name}={value}\n" for name, value in lines.items()).encode())
    return cell


def _secret(path: Path, content: bytes) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(content)

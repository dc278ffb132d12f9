"""The zip file that an .xlsx is: looked at whole before anything in it is unpacked."""

from __future__ import annotations

import io
import zlib
from zipfile import BadZipFile, ZipFile

from shared.errors import Invalid

MOST_PARTS = 500
MOST_UNPACKED = 64_000_000
SMALL = 1_000_000
MOST_RATIO = 100
"""A spreadsheet is unpacked to 5 to 30 times its size, a million empty rows included; a bomb to a thousand."""
IS_ENCRYPTED = 0x1
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


class NotASheet(Invalid):
    """The file is no .xlsx that can be read."""

    code = "not_a_sheet"
    sentence = "Send an .xlsx file without a password, made from the template."


def open_package(data: bytes) -> ZipFile:
    """The parts of the .xlsx.

    Raises:
        NotASheet: it is empty, of an old format, encrypted, no zip file, or one that unpacks to more than a spreadsheet would.
    """
    if not data:
        raise NotASheet("The file is empty; send an .xlsx file made from the template.")
    if data.startswith(OLE):
        if ENCRYPTED_PACKAGE in data:
            raise NotASheet("The file has a password; save it without one and send it again.")
        raise NotASheet("The file is of the old format .xls; save it as .xlsx and send it again.")
    try:
        package = ZipFile(io.BytesIO(data))
    except (BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise NotASheet from error
    _check(package, len(data))
    return package


def part(package: ZipFile, name: str) -> bytes | None:
    """One part, never more than its announced size; None where there is none. Raises NotASheet for a damaged one."""
    try:
        return package.read(name)
    except KeyError:
        return None
    except (BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, NotImplementedError, OSError) as error:
        raise NotASheet("The file is damaged; save it again and send it.") from error


def _check(package: ZipFile, size: int) -> None:
    parts = package.infolist()
    if any(one.flag_bits & IS_ENCRYPTED for one in parts):
        raise NotASheet("The file has a password; save it without one and send it again.")
    unpacked = sum(one.file_size for one in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED or unpacked > max(SMALL, size * MOST_RATIO):
        raise NotASheet("The file unpacks to far more than a spreadsheet holds; copy the rows into the template and send that.")

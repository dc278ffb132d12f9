"""A notice as a PDF for the wall of a village: the words of its page, its address and the checkpoint it was printed under as QR codes.

Drawn by typst with the fonts of `pylopdf-fonts-zh-cn`, those of the system only for rare characters; no network is used. What people wrote
goes in as data, never as markup. The same notice under the same checkpoint with the same cosignatures gives
the same bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import msgspec
import pylopdf_fonts_zh_cn
import segno
import typst
from fastapi import Response

from services.notice.domain.notices import UnknownNotice
from services.notice.pages.freshness import FreshnessKeeper
from services.notice.pages.posting import sheet_of
from services.notice.pages.proofs import Proof, ProofKeeper
from services.notice.pages.reading import Reader, Shown
from shared.errors import Unavailable
from shared.web import Door, Doorway, Id, Router, problems
from shared.web.languages import CHINESE, chosen_language, message, translated, written_instant

TEMPLATE = resources.files("services.notice") / "templates" / "poster.typ"
FONTS = Path(pylopdf_fonts_zh_cn.__file__).parent
AT_ONCE = 2
LAST_COMMON = 0xFFFF
RARE = frozenset(map(chr, range(0x3400, 0x4DC0)))  # extension A; those beyond 0xFFFF are the later extensions
SCAN = message("扫码看最新内容：%(url)s")
HASH = message("内容校验码（SHA-256）：%(hash)s")
CHECKPOINT = message("打印时的日志检查点（右侧二维码）：%(position)s 条，%(hash)s，签于%(instant)s")
AGREES = message("见证人 %(name)s 自%(since)s起认可这份日志，最近一次%(at)s，到第 %(size)s 条")
NOT_YET_AGREED = message("见证人 %(name)s 还没有签名")
_places = asyncio.Semaphore(AT_ONCE)

router = Router(tags=["Notices"])


class NothingToPrint(UnknownNotice):
    """A withdrawn notice is not printed."""

    code = "nothing_to_print"
    sentence = "The notice was withdrawn, so that its content can't be read or printed."


@router.get("/notices/{notice_id}.pdf", response_model=None, responses=problems(UnknownNotice, NothingToPrint, Unavailable))
async def get_poster(notice_id: Id, door: Door) -> Response:
    """The notice as a PDF on A4. Unavailable while a name or text can't be loaded: paper with gaps can't be mended."""
    language = chosen_language(door.request)
    await door.snapshot()
    proof = await cast(ProofKeeper, door.state.proofs).newest(door)
    freshness = await cast(FreshnessKeeper, door.state.freshness).of(f"poster {notice_id} {language} {proof.tag if proof else None}")
    if unchanged := freshness.unchanged(door.request):
        return unchanged
    reading = await Reader(door, await door.snapshot(is_current=True), language, is_page=True).read([notice_id])
    if not reading.shown:
        raise UnknownNotice
    shown = reading.shown[0]
    if shown.content is None:
        raise NothingToPrint
    if not reading.is_complete:
        raise Unavailable("Some names or texts can't be loaded at this moment; print the notice in a while.")
    data = {**sheet_of(shown, language, is_demonstration=door.log.clock.is_manual), **_foot(door, shown, proof, language)}
    async with _places:
        body = await asyncio.to_thread(draw, data, int(shown.summary["changed_at"].timestamp()))
    name = f'inline; filename="{shown.summary["number"].encode("ascii", "replace").decode().replace("?", "_")}.pdf"'
    return Response(body, headers={**freshness.headers, "Content-Disposition": name}, media_type="application/pdf")


def draw(data: dict[str, Any], second: int) -> bytes:
    """The PDF of a sheet; `second`: the Unix second that it names as its date."""
    written = msgspec.json.encode(data).decode()
    with resources.as_file(TEMPLATE) as template:
        drawn: bytes = typst.compile(
            str(template),
            root=str(template.parent),
            font_paths=[str(FONTS)],
            ignore_system_fonts=not has_rare_characters(written),
            format="pdf",
            sys_inputs={"data": written},
            timestamp=second,
        )
    return drawn


def has_rare_characters(text: str) -> bool:
    """Whether a character stands in it that our fonts lack (names have some): then those of the system are looked at too."""
    return any(ord(character) > LAST_COMMON or character in RARE for character in text)


def qr_of(text: str) -> str:
    """The text as a QR code, as SVG."""
    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", border=0, scale=4, xmldecl=False)
    return drawn.getvalue().decode()


def _foot(door: Doorway, shown: Shown, proof: Proof | None, language: str) -> dict[str, Any]:
    url = f"{door.settings.browser_url_of('notice')}/notices/{shown.summary['id']}"
    lines = [translated(language, SCAN, url=url), translated(language, HASH, hash=_in_groups(shown.summary["content_hash"]))]
    lines += _proven(proof, language) if proof else []
    codes = [{"says": url, "svg": qr_of(url)}, *([{"says": proof.scanned, "svg": qr_of(proof.scanned)}] if proof else [])]
    return {"codes": codes, "foot": lines, "lang": "zh" if language == CHINESE else "en", "region": "cn"}


def _in_groups(digest: str) -> str:
    """A long hash that can be broken into lines, and read aloud."""
    return " ".join(digest[at : at + 16] for at in range(0, len(digest), 16))


def _proven(proof: Proof, language: str) -> Iterator[str]:
    """The checkpoint under which it is printed, and each witness: since when it agrees, and up to where."""
    size, short = f"{proof.checkpoint.size:,}", proof.checkpoint.short
    yield translated(language, CHECKPOINT, position=size, hash=short, instant=written_instant(proof.signed_at, language))
    for each in proof.witnesses:
        if each.since is None or each.at is None:
            yield translated(language, NOT_YET_AGREED, name=each.name)
        else:
            since, at = written_instant(each.since, language), written_instant(each.at, language)
            yield translated(language, AGREES, name=each.name, since=since, at=at, size=f"{each.size:,}")

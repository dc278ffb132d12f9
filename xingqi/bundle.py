"""`xingqi bundle`: one file with all that a supervisor needs to check a branch's half-year offline, and the program that checks it."""

from __future__ import annotations

import argparse
import json
import zipfile
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from shared.calendar import HalfYear, NoHalfYear
from shared.publisher import LogForked, Publisher
from shared.settings import read_settings
from shared.store import Log
from shared.store.leaf import Row
from shared.transparency.notes import Note
from xingqi.stop import Stop
from xingqi.stores import store_of

EVENTS_A_PAGE = 2000
MADE = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the bundle: the same events make the same bytes."""
OPENED, ANNULLED = "reviews.review-opened.v1", "reviews.review-annulled.v1"
TOLD = ("phase", "committee", "ledger", "rating", "correction", "objection")
"""Streams of which the bundle holds what concerns the review. Ballots and self reviews are none of them, not even sealed."""


def parser(prog: str) -> argparse.ArgumentParser:
    """The options of `xingqi bundle`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description="Write a branch's half-year to one zip file: the events that made its results with a proof for each, the signed "
        "checkpoint with its cosignatures, the rules, the results, the verifier, and a page that explains it. Aggregates, no single "
        "ballots; ids, no names. The same log makes the same bytes.",
    )
    made.add_argument("branch", metavar="BRANCH", help="the branch's id")
    made.add_argument("period", metavar="PERIOD", help="the half-year, like 2026-H1")
    made.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    return made


def run(options: argparse.Namespace) -> int:
    """Write the bundle.

    Raises:
        Stop: there is no such review, the log is not signed any more, or the file can't be written.
    """
    try:
        period = str(HalfYear.parse(options.period))
    except NoHalfYear:
        raise Stop(f"{options.period} is no half-year; write it like 2026-H1", status=2) from None
    with store_of("evaluation", read_settings()) as store:
        try:
            store.publisher.check()
            store.publisher.publish()
        except LogForked as error:
            raise Stop(f"{error}; nothing is bundled. xingqi check says more.") from error
        opening = _review_of(store.log, options.branch.lower(), period)
        rows = list(_rows_of(store.log, opening))
        contents = dict(_contents(store.publisher, opening, rows))
    try:
        with zipfile.ZipFile(options.out, "w", zipfile.ZIP_DEFLATED) as made:
            for name, text in sorted(contents.items()):
                made.writestr(zipfile.ZipInfo(name, MADE), text.encode(), zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise Stop(f"{options.out} can't be written: {error.strerror}.") from error
    print(f"{len(rows):,} events with their proofs, {len(opening['eligible'])} members, in {options.out}")
    print(f"To check it: xingqi verify {options.out} --key '{store.publisher.key.text}'")
    return 0


def _review_of(log: Log, branch: str, period: str) -> dict[str, Any]:
    """The opening of the branch's review of the half-year, the newest that was not annulled. Raises Stop where there is none."""
    found: dict[str, dict[str, Any]] = {}
    for row in _rows(log, (OPENED, ANNULLED)):
        event = json.loads(row.state)
        if row.topic == ANNULLED:
            found.pop(event["review_id"], None)
        elif event["branch_id"] == branch and event["period"] == period:
            found[event["review_id"]] = event
    if not found:
        raise Stop(f"this branch has no review of {period}: nothing to bundle. Take the branch's id from GET /organizations.")
    return list(found.values())[-1]


def _rows_of(log: Log, opening: dict[str, Any]) -> Iterator[Row]:
    """What made the results of the review, in the order of the log."""
    review, period = opening["review_id"], opening["period"]
    streams = {f"phase/{review}", f"committee/{review}"}
    for one in opening["eligible"]:
        streams |= {f"ledger/{one['member_id']}/{period}", f"rating/{one['member_id']}/{period}"}
    for row in _rows(log):
        kind = row.stream.partition("/")[0]
        if row.stream in streams or (kind in TOLD and kind in {"correction", "objection"} and f'"{review}"' in row.state):
            yield row


def _rows(log: Log, topics: tuple[str, ...] = ()) -> Iterator[Row]:
    position = 0
    while rows := log.page(position, EVENTS_A_PAGE, topics):
        yield from rows
        position = rows[-1].position


def _contents(publisher: Publisher, opening: dict[str, Any], rows: list[Row]) -> Iterator[tuple[str, str]]:
    """Each file's name and text."""
    note = publisher.published.note()
    if note is None:
        raise Stop("nothing has been signed yet; start the services once.")
    events = []
    for row in rows:
        proven = publisher.published.inclusion(row.position)
        if proven is None:
            raise Stop(f"position {row.position} is not covered by a checkpoint yet; try again in a moment.")
        events.append({"position": row.position, "leaf": row.leaf().decode(), "proof": [one.hex() for one in proven[1]]})
    yield "checkpoint", str(note)
    yield "events.json", _json(events)
    yield "rulebook.json", _json({name: opening[name] for name in ("rulebook_id", "version", "rules")})
    results = [json.loads(row.state) for row in rows if row.topic.startswith(("reviews.results-published.", "reviews.results-corrected."))]
    yield "results.json", _json(results)
    yield "verify.py", (files("shared.transparency") / "verify.py").read_text(encoding="utf-8")
    yield "index.html", _page(opening, note, len(rows), publisher.key.text)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _page(opening: dict[str, Any], note: Note, count: int, key: str) -> str:
    """The page that explains the bundle, in Chinese and English; plain HTML that any browser opens from a USB stick."""
    command = f"python verify.py BUNDLE.zip --key '{key}'"
    words = {"period": opening["period"], "branch": opening["branch_id"], "count": count, "note": str(note), "command": command}
    return (files("xingqi") / "bundle_page.txt").read_text(encoding="utf-8").format(**{k: escape(str(v)) for k, v in words.items()})

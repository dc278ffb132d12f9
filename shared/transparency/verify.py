"""`xingqi verify`: checks a log, and one member's stars, offline; 离线查验日志，并重算一名党员的红星.

One file, Python's standard library and the package `cryptography`, nothing else of Xingqi: copy it to a USB stick and run
`python verify.py SOURCE --key VERIFIER_KEY`. SOURCE is a folder that `xingqi export` wrote, a file that `xingqi bundle` wrote, or
`https://.../log` of a service.
只依赖 Python 标准库和 cryptography，可单独拷贝使用。

It shares no code with the product, on purpose: two programs that were written apart must come to the same root and the same stars.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Leaf = list[Any]
FULL = 256
COLUMNS = 7


class Differs(Exception):
    """Where the first difference lies, in Chinese and English."""


class Source:
    """Where the log is read: a folder, or the URL of a service's log with a token for its entries."""

    def __init__(self, place: str, token: str | None) -> None:
        self.place, self.token = place.rstrip("/"), token

    def read(self, path: str) -> bytes | None:
        """The bytes at `path`; None where there are none, or where the caller may not read them."""
        if not self.place.startswith(("http://", "https://")):
            file = Path(self.place, path)
            return file.read_bytes() if file.is_file() else None
        request = urllib.request.Request(f"{self.place}/{path}")  # noqa: S310 - http and https alone, see above
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return bytes(answer.read())
        except urllib.error.HTTPError:
            return None


def say(chinese: str, english: str) -> None:
    """Print one line of the report."""
    print(f"{chinese}\n  {english}", flush=True)


# Notes


def note_of(data: bytes, key: str) -> tuple[int, bytes]:
    """Size and root of a checkpoint that `key` has signed. Raises Differs."""
    name, _, rest = key.strip().partition("+")
    hint, _, encoded = rest.partition("+")
    public = base64.b64decode(encoded)
    if sha256(name.encode() + b"\n" + public).digest()[:4].hex() != hint:
        raise Differs("公钥抄写有误 · the verifier key was not copied whole")
    text, _, lines = data.decode().rpartition("\n\n")
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    for line in lines.splitlines():
        dash, who, signature = line.split(" ")
        signed = base64.b64decode(signature)
        if dash == "—" and who == name and signed[:4].hex() == hint:
            try:
                Ed25519PublicKey.from_public_bytes(public[1:]).verify(signed[4:], text.encode())
            except InvalidSignature:
                raise Differs("校验点的签名不对 · the checkpoint's signature is not this key's") from None
            if origin != name:
                raise Differs("校验点属于另一本日志 · the checkpoint is of another log")
            return int(size), base64.b64decode(root)
    raise Differs("校验点没有用此密钥签名 · the checkpoint is not signed by this key")


# The tree


def root_of(hashes: list[bytes]) -> bytes:
    """The root of RFC 6962 over leaf hashes."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + root_of(hashes[:middle]) + root_of(hashes[middle:])).digest()


def path_of(level: str, number: int, width: int) -> str:
    """The path of a tile."""
    digits = f"{number:0{-(-max(len(str(number)), 1) // 3) * 3}d}"
    groups = [digits[k : k + 3] for k in range(0, len(digits), 3)]
    name = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{name}" + (f".p/{width}" if width < FULL else "")


def leaves_of(source: Source, size: int) -> Iterator[bytes]:
    """The bytes of every leaf, from the bundles of entries. Raises Differs where a bundle is missing or cut off."""
    for number in range(-(-size // FULL)):
        width = min(FULL, size - number * FULL)
        data = source.read(path_of("entries", number, width))
        if data is None:
            raise Differs(f"缺少第 {number * FULL + 1} 号起的记录 · the entries from position {number * FULL + 1} are missing")
        for place in range(width):
            length = int.from_bytes(data[:2], "big")
            if len(data) < 2 + length or not data:
                raise Differs(f"第 {number * FULL + place + 1} 号被截断 · position {number * FULL + place + 1} is cut off")
            yield data[2 : 2 + length]
            data = data[2 + length :]
        if data:
            raise Differs(f"第 {number * FULL + width} 号之后多出记录 · there is more after position {number * FULL + width}")


def look_at_leaves(source: Source, size: int) -> tuple[list[bytes], list[Leaf]]:
    """Hashes and contents of all leaves, each held against its place and its published hash. Raises Differs, naming the position."""
    hashes: list[bytes] = []
    leaves: list[Leaf] = []
    published = b""
    for position, data in enumerate(leaves_of(source, size), start=1):
        if position % FULL == 1:
            published = source.read(path_of("0", position // FULL, min(FULL, size - position + 1))) or b""
        digest = sha256(b"\x00" + data).digest()
        try:
            leaf = json.loads(data, parse_float=Decimal)
        except ValueError:
            leaf = []
        if len(leaf) != COLUMNS or leaf[0] != position:
            raise Differs(
                f"第 {position} 号不是它自己的记录（增、删或换位）· position {position} holds another row (inserted, removed or moved)"
            )
        place = (position - 1) % FULL * 32
        if digest != published[place : place + 32]:
            raise Differs(f"第 {position} 号被改动 · position {position} was altered: its hash is not the published one")
        hashes.append(digest)
        leaves.append(leaf)
    return hashes, leaves


def look_at_tiles(source: Source, hashes: list[bytes]) -> None:
    """Every tile above the leaves, held against our own. Raises Differs, naming the tile."""
    level, row = 0, hashes
    while len(row) >= FULL:
        level, row = level + 1, [root_of(row[k : k + FULL]) for k in range(0, len(row) // FULL * FULL, FULL)]
        for number in range(-(-len(row) // FULL)):
            ours = row[number * FULL : (number + 1) * FULL]
            if source.read(path_of(str(level), number, len(ours))) != b"".join(ours):
                raise Differs(f"第 {level} 层第 {number} 片被改动 · tile {number} of level {level} is not that of the entries")


def hashes_alone(source: Source, size: int) -> list[bytes]:
    """The published leaf hashes, for whoever may not read the entries. Raises Differs."""
    hashes: list[bytes] = []
    for number in range(-(-size // FULL)):
        width = min(FULL, size - number * FULL)
        tile = source.read(path_of("0", number, width)) or b""
        if len(tile) != 32 * width:
            raise Differs(f"缺少第 {number * FULL + 1} 号起的散列 · the hashes from position {number * FULL + 1} are missing")
        hashes += [tile[k : k + 32] for k in range(0, len(tile), 32)]
    return hashes


# A bundle


def root_by(digest: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a leaf's hash and its audit path lead to (RFC 9162, 2.1.3.2); nothing where the path does not fit."""
    last = size - 1
    for sibling in path:
        if last == 0:
            return b""
        if index % 2 or index == last:
            digest = sha256(b"\x01" + sibling + digest).digest()
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            digest = sha256(b"\x01" + digest + sibling).digest()
        index, last = index // 2, last // 2
    return digest if last == 0 else b""


def look_at_bundle(place: str, options: argparse.Namespace) -> None:
    """Hold each event of a bundle against the signed root, then every member's stars against what was published. Raises Differs."""
    try:
        with zipfile.ZipFile(place) as bundle:
            data = {name: bundle.read(name) for name in ("checkpoint", "events.json", "results.json", "rulebook.json")}
    except (zipfile.BadZipFile, KeyError, zlib.error) as error:
        raise Differs(f"查验包残缺 · the bundle is damaged or not whole ({error})") from None
    size, root = note_of(data["checkpoint"], options.key)
    say(f"校验点：{size} 条，签名有效。", f"Checkpoint of {size} events, its signature holds.")
    leaves: list[Leaf] = []
    for one in json.loads(data["events.json"]):
        position, leaf = one["position"], one["leaf"].encode()
        digest = sha256(b"\x00" + leaf).digest()
        if root_by(digest, position - 1, size, [bytes.fromhex(part) for part in one["proof"]]) != root:
            raise Differs(f"第 {position} 号不在所签的日志中 · position {position} does not stand in the signed log as it is here")
        leaves.append(json.loads(leaf, parse_float=Decimal))
    say(f"{len(leaves)} 条记录都在所签的日志中。", f"All {len(leaves)} events stand in the signed log.")
    opening = next((leaf[6] for leaf in reversed(leaves) if leaf[1].startswith("reviews.review-opened.")), None)
    if opening is None:
        raise Differs("查验包里没有启动评议的记录 · the bundle lacks the opening of the review")
    look_at_copies(data, opening, leaves)
    for member in [options.member] if options.member else [one["member_id"] for one in opening["eligible"]]:
        say(f"党员 {member}：", f"Member {member}:")
        look_at_member(leaves, member, opening["period"])


def look_at_copies(data: dict[str, bytes], opening: dict[str, Any], leaves: list[Leaf]) -> None:
    """The rules and results that the bundle shows for reading are those of its events. Raises Differs."""
    exact = {name: json.loads(data[name], parse_float=Decimal) for name in ("rulebook.json", "results.json")}
    topics = ("reviews.results-published.", "reviews.results-corrected.")
    if exact["rulebook.json"] != {name: opening[name] for name in ("rulebook_id", "version", "rules")}:
        raise Differs("rulebook.json 与记录不符 · rulebook.json is not what the events say")
    if exact["results.json"] != [leaf[6] for leaf in leaves if leaf[1].startswith(topics)]:
        raise Differs("results.json 与记录不符 · results.json is not what the events say")


# One member's stars


def points_of(leaves: list[Leaf], member: str, period: str, rules: dict[str, Any], until: int) -> Decimal:
    """The member's points: caps of items, then of kinds, then deductions, within 0 and 100."""
    entries: dict[str, tuple[Any, int, dict[str, Any]]] = {}
    for position, topic, stream, _, _, _, event in leaves:
        if position >= until:
            break
        if stream == f"ledger/{member}/{period}":
            if topic.startswith("points.entry-recorded."):
                entries[event["entry_id"]] = (event["occurred_on"], position, event)
            elif topic.startswith("points.entry-reversed."):
                entries.pop(event["entry_id"], None)
    caps = {item["code"]: Decimal(item["cap"]) for item in rules["items"]}
    items: dict[tuple[str, str], Decimal] = {}
    for _, _, event in sorted(entries.values(), key=lambda entry: entry[:2]):
        place = (event["kind"], event["item"])
        cap = caps.get(event["item"], Decimal(event["cap"]))
        items[place] = min(cap, items.get(place, Decimal(0)) + Decimal(event["points"]))
    kinds = {kind: sum((value for (k, _), value in items.items() if k == kind), Decimal(0)) for kind in ("base", "bonus", "deduction")}
    total = min(kinds["base"], Decimal(rules["caps"]["base"])) + min(kinds["bonus"], Decimal(rules["caps"]["bonus"])) - kinds["deduction"]
    return max(Decimal(0), min(Decimal(100), total))


def result_of(rules: dict[str, Any], points: Decimal, peer: Fraction | None, committee: Fraction) -> Fraction | None:
    """The result by the rulebook's formula."""
    if rules["result"]["formula"] == "committee":
        return committee
    weights = rules["result"]["weights"]
    parts = [("points", Fraction(points)), ("peer", peer), ("committee", committee)]
    there = [(Fraction(str(weights[name])), part) for name, part in parts if part is not None]
    whole = sum(weight for weight, _ in there)
    return sum((weight * part for weight, part in there), Fraction(0)) / whole if whole else None


def stars_of(rules: dict[str, Any], result: Fraction) -> int:
    """The stars of the band in which the result lies, rounded half up to a whole point."""
    whole = (result + Fraction(1, 2)).__floor__()
    return int(next(band["stars"] for band in rules["bands"] if whole >= Decimal(band["from"])))


def review_of(leaves: list[Leaf], member: str, period: str) -> tuple[dict[str, Any], list[Leaf]]:
    """The opening of the newest review that rates the member in this half-year, and the events of that review. Raises Differs."""
    openings = [leaf[6] for leaf in leaves if leaf[1].startswith("reviews.review-opened.") and leaf[6]["period"] == period]
    rating = [event for event in openings if any(one["member_id"] == member for one in event["eligible"])]
    if not rating:
        raise Differs("日志中没有该党员此半年的评议 · the log has no review of this member in this half-year")
    return rating[-1], [leaf for leaf in leaves if leaf[6].get("review_id") == rating[-1]["review_id"]]


def committee_of(review: list[Leaf], member: str, until: int) -> Fraction | None:
    """The committee's (or the town's) last score of the member before position `until`; None where it was excused."""
    meetings = [leaf[6]["scores"] for leaf in review if leaf[1].startswith("committee.scores-given.") and leaf[0] < until]
    given = [score for meeting in meetings for score in meeting if score["member_id"] == member]
    if not given:
        return None
    by = [Fraction(str(value)) for value in given[-1]["by"].values()]
    return Fraction(str(given[-1]["score"])) if given[-1]["score"] is not None else sum(by, Fraction(0)) / len(by)


def look_at_member(leaves: list[Leaf], member: str, period: str) -> None:
    """Recompute the member's stars from the events and hold them against what was published. Raises Differs."""
    opening, review = review_of(leaves, member, period)
    closed = [leaf[0] for leaf in review if leaf[1].startswith("reviews.committee-review-closed.")]
    committee = committee_of(review, member, closed[0]) if closed else None
    if committee is None:
        say("该党员此半年没有结果（未公布或免评）。", "There is no result of this member (not published yet, or excused).")
        return
    rules = opening["rules"]
    peers = [leaf[6]["scores"] for leaf in review if leaf[1].startswith("reviews.peer-review-closed.")][-1]
    aggregate = next((one["aggregate"] for one in peers if one["member_id"] == member), None)
    points = points_of(leaves, member, period, rules, closed[0])
    result = result_of(rules, points, Fraction(aggregate) if aggregate else None, committee)
    stars = None if result is None else stars_of(rules, result)
    chinese = f"重算：积分 {points}，互评 {aggregate}，商评 {committee}，结果 {result}，红星 {stars}。"
    say(chinese, f"Recomputed: points {points}, peers {aggregate}, committee {committee}, result {result}, stars {stars}.")
    position, said = next(said_of(review, member, "reviews.results-published."))
    if said != stars:
        raise Differs(f"第 {position} 号公布的红星是 {said} · position {position} says {said} stars")
    say(f"与第 {position} 号公布的一致。", f"As published at position {position}.")
    for position, said in said_of(review, member, "reviews.results-corrected."):
        say(f"第 {position} 号更正后为 {said}。", f"Corrected at position {position}: {said} stars.")


def said_of(review: list[Leaf], member: str, topic: str) -> Iterator[tuple[int, int | None]]:
    """Position and stars of each event of `topic` that says a result of the member."""
    for leaf in review:
        if leaf[1].startswith(topic):
            yield from ((leaf[0], one["stars"]) for one in leaf[6]["results"] if one["member_id"] == member)


# The command


def parser(prog: str | None = None) -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog=prog, description=(__doc__ or "").split("\n\n", 1)[0])
    made.add_argument("source", help="a folder written by `xingqi export`, a bundle (.zip), or the URL of a log")
    made.add_argument("--key", required=True, help="the log's verifier key, as `xingqi key` prints it; from a source that you trust")
    made.add_argument("--token", help="for the entries, where SOURCE is a URL")
    made.add_argument("--older", type=Path, help="a checkpoint that was kept earlier: the log must extend it")
    made.add_argument("--short", help="SIZE:HASH as printed on a notice: the first 16 hex digits of the root at that size")
    made.add_argument("--member", help="recompute this member's stars (evaluation's log)")
    made.add_argument("--period", help="in this half-year, like 2026-H1")
    return made


def run(options: argparse.Namespace) -> int:
    """Check; 0 where all holds, 1 at the first difference, which is named."""
    source = Source(options.source, options.token)
    try:
        if options.source.endswith(".zip"):
            look_at_bundle(options.source, options)
        else:
            _look(source, options)
    except Differs as difference:
        say(f"✗ 不符：{str(difference).partition(' · ')[0]}", f"It does not hold: {str(difference).partition(' · ')[2]}")
        return 1
    except (ValueError, KeyError, StopIteration, OSError) as error:
        say(f"✗ 无法读懂：{error}", f"It can't be read: {type(error).__name__} {error}")
        return 1
    say("✓ 以上各项均符合。", "All of the above holds.")
    return 0


def _look(source: Source, options: argparse.Namespace) -> None:
    data = source.read("checkpoint")
    if data is None:
        raise Differs("找不到校验点 · there is no checkpoint")
    size, root = note_of(data, options.key)
    say(f"校验点：{size} 条，签名有效。", f"Checkpoint of {size} events, its signature holds.")
    leaves: list[Leaf] | None = None
    if size and options.source.startswith("http") and source.read(path_of("entries", 0, min(FULL, size))) is None:
        hashes = hashes_alone(source, size)
        say("记录正文不对您开放，只查散列。", "The entries are not open to you; the hashes alone are checked.")
    else:
        hashes, leaves = look_at_leaves(source, size)
        say("每条记录都在自己的位置，未被改动。", "Every entry is in its place and as it was published.")
    look_at_tiles(source, hashes)
    if root_of(hashes) != root:
        raise Differs("树根与校验点不符 · the tree of these events is not the one that was signed")
    say("全部记录恰好得出所签的树根。", "The events make exactly the root that was signed.")
    look_at_earlier(hashes, options)
    if options.member:
        if leaves is None:
            raise Differs("重算需要记录正文 · the entries are needed to recompute")
        look_at_member(leaves, options.member, options.period or "")


def look_at_earlier(hashes: list[bytes], options: argparse.Namespace) -> None:
    """Hold the log against an older checkpoint and a printed short hash. Raises Differs."""
    if options.older:
        size, root = note_of(options.older.read_bytes(), options.key)
        if size > len(hashes) or root_of(hashes[:size]) != root:
            raise Differs(f"日志不是旧校验点（{size} 条）的延续 · the log does not extend the older checkpoint of {size} events")
        say(f"是旧校验点（{size} 条）的延续。", f"It extends the older checkpoint of {size} events.")
    if options.short:
        text, _, short = options.short.partition(":")
        if int(text) > len(hashes) or root_of(hashes[: int(text)]).hex()[:16] != short.lower():
            raise Differs("与纸上的短码不符 · it is not the short hash on paper")
        say("与纸上的短码一致。", "It agrees with the short hash on paper.")


if __name__ == "__main__":
    sys.exit(run(parser().parse_args()))

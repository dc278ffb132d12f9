"""What the specification leaves out on purpose is not in the product (sections 9 and 10)."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from services.evaluation.api.objection_shapes import Kind
from tests.house.catalogue import texts
from tests.house.files import PRODUCT, place, templates, tracked_files
from tests.house.tables import events_table, permissions_table

DENUNCIATION = re.compile(r"denounc|denunciat|whistle|informant|crime|criminal|tip_?off|举报|检举|揭发|告密|犯罪", re.IGNORECASE)
CHECK_IN = re.compile(r"check_?-?in|punch|geolocat|location|latitude|签到|打卡|定位", re.IGNORECASE)
EMBLEM = re.compile("[\u262d\u2692]|\U0001f1e8\U0001f1f3|hammer|sickle", re.IGNORECASE)
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico", ".bmp"}
DRAWN = {".html", ".css", ".svg", ".js", ".typ", ".po"}


def said() -> list[str]:
    """Every route, every topic with its fields, and every text that people see."""
    return [" ".join(row) for table in (permissions_table(), events_table()) for row in table] + list(texts())


@pytest.mark.spec("10.1")
def test_there_is_no_place_for_denunciations() -> None:
    assert not [each for each in said() if DENUNCIATION.search(each)], "a scoring system must not hold denunciations"
    assert set(get_args(Kind)) == {"result", "pledge", "notice", "finding"}, "an objection is about a published thing, never about a person"


@pytest.mark.spec("10.3")
def test_no_route_event_or_text_asks_for_a_check_in_or_a_place() -> None:
    assert not [each for each in said() if CHECK_IN.search(each)], "a browser, a spreadsheet or paper is enough"


@pytest.mark.spec("9.17")
def test_stars_and_pennants_are_drawn_plain() -> None:
    product = [path for path in tracked_files() if place(path).partition("/")[0] in PRODUCT]
    assert not [place(path) for path in product if path.suffix in PICTURES], "stars and flags are shapes of ours, no pictures"
    drawn = [path for path in product if path.suffix in DRAWN]
    assert not [place(path) for path in drawn if EMBLEM.search(path.read_text())], (
        "the Party flag and emblem are never altered or written on"
    )
    symbols = next(path for path in templates() if path.name == "symbols.html").read_text()
    for name in ("symbol-star", "symbol-pennant"):
        (symbol,) = re.findall(rf'<symbol id="{name}"[^>]*>(.*?)</symbol>', symbols)
        assert re.fullmatch(r'<path d="[^"]+"/>', symbol), f"{name}: one shape, nothing written on it"


@pytest.mark.spec("5.2", "8.11")
def test_no_route_edits_or_removes_what_was_recorded() -> None:
    """What may be put is put anew beside the old; what may be deleted is no fact of the method."""
    routes = {row[0].strip("`") for row in permissions_table()[1:] if row[1] in {"evaluation", "notice"} and "(" in row[2]}
    unsafe = {route for route in routes if route.split(" ")[0] not in {"GET", "POST"}}
    assert unsafe <= {
        "PUT /pledges/{pledge_id}",
        "PUT /reviews/{review_id}/self-reviews/{member_id}",
        "PUT /reviews/{review_id}/ballots/{rater_id}",
        "PUT /reviews/{review_id}/committee-scores",
        "DELETE /screens/{screen_id}",
    }

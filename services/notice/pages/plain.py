"""A notice in plain lines of text, for feeds."""

from __future__ import annotations

from typing import Any

from services.notice.pages.reading import Shown
from services.notice.pages.says import OUTCOMES, THEMES
from shared.web.languages import message, translated, written_day

_NO_STARS = message("未评星")
_SEE_BOARD = message("详见公开栏。")


def plain_text(shown: Shown, language: str) -> str:
    """What the notice says, a line a member."""
    content = shown.content or {}
    match shown.summary["kind"] if content else "":
        case "result":
            lines = [_result(row, language) for row in content["results"]]
        case "pledges":
            lines = [_pledge(row, language) for row in content["pledges"]]
        case "story":
            lines = [f"{content['name'] or ''}：{content['title'] or ''}", content["text"]]
        case "circular":
            lines = [content["text"]]
        case "flag" | "honour":
            lines = [content["name"] or content["branch"]]
        case _:
            lines = [translated(language, _SEE_BOARD)]
    return "\n".join(line for line in lines if line)


def _result(row: dict[str, Any], language: str) -> str:
    stars = translated(language, _NO_STARS) if row["stars"] is None else "★" * row["stars"] + "☆" * (3 - row["stars"])
    return f"{row['name'] or ''} {stars}"


def _pledge(row: dict[str, Any], language: str) -> str:
    theme, outcome = translated(language, THEMES.get(row["theme"], row["theme"])), translated(language, OUTCOMES[row["outcome"]])
    promise = "，".join(part for part in (row["action"], row["target"]) if part)
    return f"{row['name'] or ''}（{theme}）：{promise}（{written_day(row['due_on'], language)}，{outcome}）"

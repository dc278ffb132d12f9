"""What a notice says on paper: a heading, facts of its period, and a table whose cells are plain words."""

from __future__ import annotations

from typing import Any

from services.notice.pages.plain import plain_text
from services.notice.pages.reading import Shown
from services.notice.pages.says import OUTCOMES, THEMES, WHY_UNKNOWN
from shared.web.languages import message, translated, written_day, written_instant, written_score

PAGE_OF = message("第 {page} 页，共 {pages} 页")
DEMONSTRATION = message("演示数据")
MEMBER, STARS, SCORE = message("党员"), message("红星"), message("得分")
PLEDGE, AIM, DUE, OUTCOME = message("承诺"), message("目标"), message("期限"), message("践诺")
NUMBER, PUBLISHED, BEGINS, ENDS = message("编号"), message("发布于"), message("公示开始"), message("公示截止")
NO_STARS = message("未评星")
BY_NAME = message("按姓名拼音排列，不分先后。")
WHERE = message("公示期内，任何人都可以向本支部书记或镇党委提出，口头、书面都行；党员本人也可以登录后提出。")


def sheet_of(shown: Shown, language: str, *, is_demonstration: bool) -> dict[str, Any]:
    """The sheet as `templates/poster.typ` wants it."""
    sheet = {
        "title": shown.summary["title"],
        "organization": shown.organization,
        "number": shown.summary["number"],
        "page_of": translated(language, PAGE_OF),
        "demonstration": translated(language, DEMONSTRATION) if is_demonstration else None,
        "facts": _facts(shown, language),
        "lead": [],
        "columns": [],
        "widths": [],
        "rows": [],
        "tail": [],
    }
    return {**sheet, **_body(shown, language)}


def _body(shown: Shown, language: str) -> dict[str, Any]:
    content = shown.content or {}
    match shown.summary["kind"]:
        case "result":
            return _results(content, language, is_open=shown.standing is not None and not shown.notice.is_final)
        case "pledges":
            columns = [translated(language, word) for word in (MEMBER, PLEDGE, AIM, DUE, OUTCOME)]
            return {"columns": columns, "widths": [3, 6, 5, 4, 3], "rows": [_pledge(row, language) for row in content["pledges"]]}
    return {"lead": plain_text(shown, language).split("\n")}


def _results(content: dict[str, Any], language: str, *, is_open: bool) -> dict[str, Any]:
    has_scores = content["raw_scores"]
    columns = [translated(language, word) for word in ((MEMBER, SCORE, STARS) if has_scores else (MEMBER, STARS))]
    rows = []
    for row in content["results"]:
        stars = translated(language, NO_STARS) if row["stars"] is None else "★" * row["stars"] + "☆" * (3 - row["stars"])
        score = [written_score(row["result"], language) if row["result"] is not None else "—"] if has_scores else []
        rows.append([row["name"] or "", *score, stars])
    tail = [translated(language, BY_NAME), *([translated(language, WHERE)] if is_open else [])]
    return {"columns": columns, "widths": [2, 1, 1] if has_scores else [2, 1], "rows": rows, "tail": tail}


def _pledge(row: dict[str, Any], language: str) -> list[str]:
    theme = translated(language, THEMES.get(row["theme"], row["theme"]))
    outcome = translated(language, OUTCOMES[row["outcome"]])
    return [row["name"] or "", f"【{theme}】{row['action'] or ''}", row["target"] or "", written_day(row["due_on"], language), outcome]


def _facts(shown: Shown, language: str) -> list[tuple[str, str]]:
    summary, facts = shown.summary, list[tuple[str, str]]()
    facts.append((translated(language, NUMBER), summary["number"]))
    facts.append((translated(language, PUBLISHED), written_instant(summary["published_at"], language)))
    if shown.standing is None or shown.notice.is_final:
        return facts
    period = shown.standing.publicity
    if period.readable_since:
        facts.append((translated(language, BEGINS), written_instant(period.readable_since, language)))
    if period.ends_on:
        facts.append((translated(language, ENDS), f"{written_day(period.ends_on, language)} 24:00"))
    else:
        facts.append((translated(language, ENDS), translated(language, WHY_UNKNOWN[period.why_unknown or ""])))
    return facts

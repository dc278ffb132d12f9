"""The titles of notices, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.languages import message, translated, written_half_year

_TITLES = {
    "pledges": message("%(organization)s%(half_year)s党员承诺"),
    "result": message("%(organization)s%(half_year)s评星结果"),
    "story": message("好人好事"),
    "flag": message("%(year)s年流动红旗"),
    "honour": message("%(year)s年表彰"),
    "circular": message("关于%(organization)s的通报"),
    "rulebook": message("《%(title)s》第%(version)s版"),
}
IN_PUBLICITY = message("%(title)s公示")
CORRECTION_IN_PUBLICITY = message("%(title)s更正公示")
CORRECTION = message("%(title)s（更正）")


def title_of(
    kind: str,
    *,
    organization: str,
    period: str | None,
    label: Mapping[str, object],
    is_correction: bool,
    is_in_publicity: bool,
    language: str,
) -> str:
    """The notice's title. `label` holds what it needs beside kind and half-year (`projections.notices.label_of`)."""
    half_year = written_half_year(period, language) if period else ""
    title = translated(language, _TITLES[kind], organization=organization, half_year=half_year, **label)
    match is_correction, is_in_publicity:
        case True, True:
            return translated(language, CORRECTION_IN_PUBLICITY, title=title)
        case True, False:
            return translated(language, CORRECTION, title=title)
        case False, True:
            return translated(language, IN_PUBLICITY, title=title)
    return title

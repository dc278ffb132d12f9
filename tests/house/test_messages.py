"""No text that a reader sees lacks its English, and the catalogue holds nothing that nobody uses."""

from __future__ import annotations

from tests.house.catalogue import faults


def test_every_text_has_its_english() -> None:
    found = faults()
    assert not found, "fill in shared/web/locale/en/LC_MESSAGES/messages.po (make messages adds what is missing):\n" + "\n".join(found)

"""Every form that changes something carries its mark: without it a browser is refused, and no test with a bearer token would tell."""

from __future__ import annotations

import re

from tests.house.files import place, templates

FORM = re.compile(r'<form\b[^>]*\bmethod="post"[^>]*>(.*?)</form>', re.DOTALL)
OPEN = {"sign_in.html", "objection.html", "vote.html", "vote_ballot.html"}
"""Forms for whoever is not signed in: signing in has a proof of its own, the others change nothing in anybody's name."""


def test_every_form_carries_its_mark() -> None:
    forms = [(path, found) for path in templates() if path.name not in OPEN for found in FORM.finditer(path.read_text())]
    assert len(forms) > 10
    bare = [f"{place(path)}: {found[0][:100]}" for path, found in forms if "csrf" not in found[1]]
    assert not bare, "write {{ csrf_field() }} right behind <form>"

"""Login names and passwords: what people may choose. Length counts, not signs; what everybody guesses first is refused."""

from __future__ import annotations

import re
import unicodedata

from shared.errors import Conflict, Invalid

SHORTEST, FEWEST_VISIBLE, LONGEST = 10, 8, 128
_LOGIN = re.compile(r"[^\W_][\w.@-]{2,63}")
_ROWS = ("1234567890" * 2, "0987654321" * 2, "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm")
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_SHAPES = str.maketrans({"@": "a", "0": "o", "$": "s", "3": "e", "1": "i", "!": "i"})
_WORDS = frozenset(
    (  # noqa: SIM905 - a list of words is read as words
        "password passwd passcode qwerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm iloveyou welcome admin administrator root letmein"
        " monkey dragon sunshine princess football master login guest test user changeme default secret woaini woaizhongguo zhongguo"
        " zhonghua beijing gongchandang dangyuan dangzhibu dangwei shuji zhibu renmin weirenminfuwu xingqi aiguo mima woaiwojia laopo"
        " laogong baobei a aa aaa ab abc abcd abcde abcdef q qq qwe qwer asd zxc x xx z as wo ni ok"
    ).split()
)
"""What is left of the passwords that everybody uses, without the digits around them."""


class BadLogin(Invalid):
    """Not a login name."""

    code = "bad_login"
    sentence = "A login name has 3 to 64 letters, digits, dots, hyphens or underscores and begins with a letter or digit."


class LoginTaken(Conflict):
    """Another account has this login name."""

    code = "login_taken"
    sentence = "Another account has this login name; choose another one."


class WeakPassword(Invalid):
    """A password that is guessed soon."""

    code = "weak_password"
    sentence = "Choose a password of 10 to 128 characters that is not the login name, not digits alone and nothing that everybody uses."


def proper_login(login: str) -> str:
    """The login name as it is compared: in one form, lower case. Raises BadLogin."""
    proper = unicodedata.normalize("NFKC", login).strip().casefold()
    if not _LOGIN.fullmatch(proper):
        raise BadLogin(errors=[("/login", BadLogin.sentence)])
    return proper


def proper_password(password: str, login: str) -> str:
    """The password in one form (NFKC), so that every keyboard writes the same. Raises WeakPassword."""
    proper = unicodedata.normalize("NFKC", password)
    plain = "".join(proper.casefold().split())
    if not SHORTEST <= len(proper) <= LONGEST or len(plain) < FEWEST_VISIBLE or plain.isdigit() or login in plain or _is_common(plain):
        raise WeakPassword(errors=[("/password", WeakPassword.sentence)])
    return proper


def _is_common(plain: str) -> bool:
    """Whether nothing but a common word, a row of keys or a repetition is in it, beside digits and signs at its ends."""
    if len(set(plain)) < 5 or any(plain in row for row in _ROWS):  # noqa: PLR2004 - fewer than five different characters
        return True
    if any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, 6)):
        return True
    word = _ENDS.sub("", plain)
    return word in _WORDS or word.translate(_SHAPES) in _WORDS

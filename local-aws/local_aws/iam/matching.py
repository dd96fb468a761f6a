"""Wildcards and policy variables, as policies use them in resources and conditions."""

import functools
import re
from collections.abc import Mapping, Sequence

Context = Mapping[str, str | Sequence[str]]
"""Condition keys in lower case with their values."""

_ARN_PARTS = 6
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
# Stand for a `*` or `?` that is meant literally, which `${*}`, `${?}` and the value of a variable are.
_STAR, _MARK = "\ue000", "\ue001"


def like(value: str, pattern: str, *, ignore_case: bool = False) -> bool:
    """Whether `*` (any characters) and `?` (one character) of the pattern cover the value."""
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


def arn_like(value: str, pattern: str) -> bool:
    """`ArnLike` and `ArnEquals`: each of the six parts of an ARN is compared on its own."""
    values, patterns = value.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    return len(values) == len(patterns) == _ARN_PARTS and all(map(like, values, patterns))


def expanded(text: str, context: Context) -> str | None:
    """The text with its policy variables filled in; None where one has no value, so that nothing can match."""
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        if match[1] in ("*", "?", "$"):
            return _literal(match[1])
        name, _, default = match[1].partition(",")
        replacement = context.get(name.strip().lower())
        if isinstance(replacement, str):
            return _literal(replacement)
        missing = missing or not default
        return _literal(default.strip().strip("'"))

    filled = _VARIABLE.sub(value, text)
    return None if missing else filled


def literal(text: str) -> str:
    """Without the stand-ins that `expanded` makes, for comparisons that know no wildcards."""
    return text.replace(_STAR, "*").replace(_MARK, "?")


def _literal(text: str) -> str:
    return text.replace("*", _STAR).replace("?", _MARK)


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    words = {"*": ".*", "?": ".", _STAR: r"\*", _MARK: r"\?"}
    source = "".join(words.get(character) or re.escape(character) for character in pattern)
    return re.compile(source, re.DOTALL | (re.IGNORECASE if ignore_case else 0))

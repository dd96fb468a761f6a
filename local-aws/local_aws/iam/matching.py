"""Wildcards and policy variables in the resources and conditions of policies."""

import functools
import re
from collections.abc import Mapping, Sequence

Context = Mapping[str, str | Sequence[str]]
"""Condition keys in lower case with their values."""

_ARN_PARTS = 6
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
# Placeholders for a literal `*` or `?`, from `${*}`, `${?}` or the value of a variable.
_STAR, _MARK = "\ue000", "\ue001"


def like(value: str, pattern: str, *, ignore_case: bool = False) -> bool:
    """Whether the pattern matches the value; `*` stands for any characters and `?` for one."""
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


def arn_like(value: str, pattern: str) -> bool:
    """Compare each of an ARN's six parts separately: `ArnLike` and `ArnEquals`."""
    values, patterns = value.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    return len(values) == len(patterns) == _ARN_PARTS and all(map(like, values, patterns))


def expanded(text: str, context: Context) -> str | None:
    """Fill in the policy variables; returns None if one has no value, so that nothing can match."""
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
    """Replace the placeholders from `expanded`, for comparisons without wildcards."""
    return text.replace(_STAR, "*").replace(_MARK, "?")


def _literal(text: str) -> str:
    return text.replace("*", _STAR).replace("?", _MARK)


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    words = {"*": ".*", "?": ".", _STAR: r"\*", _MARK: r"\?"}
    source = "".join(words.get(character) or re.escape(character) for character in pattern)
    return re.compile(source, re.DOTALL | (re.IGNORECASE if ignore_case else 0))

"""Texts with wildcards, as in policies' resources, and the forms of ARNs that AWS publishes."""

from __future__ import annotations

import re
from functools import cache

# Variables of AWS's ARN forms whose values may have a `/` or `:` in them; the others may not.
_WITH_SEPARATORS = re.compile(r"(Object|LogGroup|Repository|Parameter|WithPath|ModelPackage|StackName|ResourceId)")
_ANY, _PART = "\0", "\1"  # a star; a variable, which holds no separator


def covers(pattern: str, other: str) -> bool:
    """Whether `pattern` matches everything that `other` matches; both may have stars."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), other, re.DOTALL) is not None


def takes(form: str, resource: str) -> bool:
    """Whether a policy's resource matches some ARN of a form such as `arn:${Partition}:s3:::${BucketName}`."""
    return _meet(_tokens(form), resource.replace("*", _ANY))


def _tokens(form: str) -> str:
    return re.sub(r"\$\{([^}]*)\}", lambda match: _ANY if _WITH_SEPARATORS.search(match[1]) else _PART, form)


@cache
def _meet(one: str, other: str) -> bool:
    """Whether two texts with stars and variables have a text in common."""
    reached = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        i, j = waiting.pop()
        if (i, j) == (len(one), len(other)):
            return True
        for step in _steps(one, other, i, j):
            if step not in reached:
                reached.add(step)
                waiting.append(step)
    return False


def _steps(one: str, other: str, i: int, j: int) -> list[tuple[int, int]]:
    left, right = one[i : i + 1], other[j : j + 1]
    steps = []
    if left in (_ANY, _PART) and left:
        steps.append((i + 1, j))
        if right and _fits(left, right):
            steps.append((i, j + 1))
    if right == _ANY:
        steps.append((i, j + 1))
        if left and left not in (_ANY, _PART):
            steps.append((i + 1, j))
    if left and left == right and left not in (_ANY, _PART):
        steps.append((i + 1, j + 1))
    return steps


def _fits(star: str, character: str) -> bool:
    return character != _ANY and (star == _ANY or character not in ":/")

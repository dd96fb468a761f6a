"""Evaluate the Condition element of a statement.

Source: IAM User Guide "IAM JSON policy elements: Condition operators" and "Conditions with multiple context keys or
values". An operator that is not supported here is neither met nor unmet: an Allow with it grants nothing, and a Deny
applies.
"""

import logging
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local_aws.iam.matching import Context, arn_like, expanded, like, literal

logger = logging.getLogger("local_aws.iam")

Compare = Callable[[str, str], bool]


def _numeric(compare: Callable[[float, float], bool]) -> Compare:
    def compared(value: str, wanted: str) -> bool:
        try:
            return compare(float(value), float(wanted))
        except ValueError:
            return False

    return compared


def _plain(compare: Compare) -> Compare:
    return lambda value, wanted: compare(value, literal(wanted))


_COMPARE: dict[str, Compare] = {
    "stringequals": _plain(operator.eq),
    "stringequalsignorecase": _plain(lambda value, wanted: value.casefold() == wanted.casefold()),
    "stringlike": like,
    "arnequals": arn_like,
    "arnlike": arn_like,
    "bool": _plain(lambda value, wanted: value.lower() == wanted.lower()),
    "numericequals": _numeric(operator.eq),
    "numericlessthan": _numeric(operator.lt),
    "numericlessthanequals": _numeric(operator.le),
    "numericgreaterthan": _numeric(operator.gt),
    "numericgreaterthanequals": _numeric(operator.ge),
}
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "numericnotequals": "numericequals",
}
_IF_EXISTS = "ifexists"
_FOR_ALL, _FOR_ANY = "forallvalues:", "foranyvalue:"


def met(conditions: Mapping[str, Any], context: Context) -> bool | None:
    """Whether all conditions hold; None if that depends on an unsupported operator."""
    results = [
        _holds(name, context.get(key.lower()), _listed(wanted), context)
        for name, keys in conditions.items()
        for key, wanted in keys.items()
    ]
    if False in results:
        return False
    return None if None in results else True


def _holds(name: str, actual: str | Sequence[str] | None, wanted: list[str], context: Context) -> bool | None:
    """Evaluate one operator on one key. actual: the request's value, None if it has none."""
    kind = name.lower()
    if kind == "null":
        # "The key exists and its value is not null": an empty list counts as no value.
        return (not actual and actual != "") == (wanted[0].lower() == "true")
    for_all, for_any = kind.startswith(_FOR_ALL), kind.startswith(_FOR_ANY)
    kind = kind.removeprefix(_FOR_ALL).removeprefix(_FOR_ANY)
    if_exists = kind.endswith(_IF_EXISTS)
    kind = kind.removesuffix(_IF_EXISTS)
    negated = kind in _NEGATED
    compare = _COMPARE.get(_NEGATED.get(kind, kind))
    if compare is None:
        logger.warning("The condition operator %s is not known to the local AWS: it allows nothing.", name)
        return None
    if actual is None:
        return if_exists or for_all or (negated and not for_any)
    patterns = [text for text in (expanded(each, context) for each in wanted) if text is not None]
    values = [actual] if isinstance(actual, str) else list(actual)
    results = [any(compare(value, pattern) for pattern in patterns) != negated for value in values]
    return all(results) if for_all or (negated and not for_any) else any(results)


def _listed(wanted: Any) -> list[str]:
    """Return policy values as a list of strings; the policy may have strings, or JSON booleans and numbers."""
    values = wanted if isinstance(wanted, list) else [wanted]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in values]

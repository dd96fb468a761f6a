"""CloudWatch metric math on one period's values: arithmetic, comparisons, IF, FILL, MIN, MAX, SUM, AVG, ABS.

A value is None if a metric has no data; as in CloudWatch, arithmetic with None gives None.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Values = Mapping[str, float | None]

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_OVER_LISTS: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}


def parse(text: str) -> ast.expr:
    """Parse the expression into a syntax tree. Raises ValueError if it is not supported."""
    pythonic = text.replace("&&", " and ").replace("||", " or ").replace("^", "**").strip()
    pythonic = re.sub(r"\bAND\b", "and", re.sub(r"\bOR\b", "or", pythonic))
    try:
        return ast.parse(pythonic, mode="eval").body
    except SyntaxError:
        raise ValueError(f"not a metric expression: {text}") from None


def names(tree: ast.expr) -> set[str]:
    """Return the IDs that the expression uses, including functions."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def evaluate(tree: ast.expr, values: Values) -> float | None:
    """Evaluate the expression with one value for each ID. Raises ValueError for anything unsupported."""
    match tree:
        case ast.Constant(value=int() | float() as constant):
            return float(constant)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _binary(operator.sub, 0.0, evaluate(operand, values))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _binary(_ARITHMETIC[type(op)], evaluate(left, values), evaluate(right, values))
        case ast.Compare(left=left, ops=[comparison], comparators=[right]) if type(comparison) in _COMPARISONS:
            return _binary(_COMPARISONS[type(comparison)], evaluate(left, values), evaluate(right, values))
        case ast.BoolOp(op=op, values=operands):
            truths = [bool(evaluate(operand, values)) for operand in operands]
            return float(all(truths) if isinstance(op, ast.And) else any(truths))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _call(name, arguments, values)
    raise ValueError(f"not supported in a metric expression: {ast.unparse(tree)}")


def _binary(operation: Callable[[float, float], Any], left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    try:
        return float(operation(left, right))
    except ZeroDivisionError:
        return None


def _call(name: str, arguments: list[ast.expr], values: Values) -> float | None:
    if name == "IF" and len(arguments) in (2, 3):
        condition = evaluate(arguments[0], values)
        if condition is None:
            return None
        if condition:
            return evaluate(arguments[1], values)
        return evaluate(arguments[2], values) if len(arguments) == 3 else None
    if name == "FILL" and len(arguments) == 2:
        value = evaluate(arguments[0], values)
        return evaluate(arguments[1], values) if value is None else value
    if name == "ABS" and len(arguments) == 1:
        value = evaluate(arguments[0], values)
        return None if value is None else abs(value)
    if name in _OVER_LISTS and arguments:
        present = [value for value in _list(arguments, values) if value is not None]
        return float(_OVER_LISTS[name](present)) if present else None
    raise ValueError(f"not supported in a metric expression: {name}()")


def _list(arguments: list[ast.expr], values: Values) -> list[float | None]:
    match arguments:
        case [ast.Call(func=ast.Name(id="METRICS"), args=[])]:
            return list(values.values())
        case [ast.List(elts=elements)]:
            return [evaluate(element, values) for element in elements]
    return [evaluate(argument, values) for argument in arguments]

"""Rules in CEL, the expression language in which the API server checks what a schema cannot say.

Sources: the Kubernetes validation rules of CustomResourceDefinitions, and their libraries for quantities and regular
expressions.
"""

from typing import Any


def rules(*expressions: tuple[str, str]) -> dict[str, Any]:
    """CEL rules (expression, message) for a class or field, as extra of its JSON schema."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in expressions]}


def belongs(field: str, *types: str) -> str:
    """An expression: the optional field is there for these values of `type`, and for no other."""
    return f"has(self.{field}) == (self.type in [{', '.join(repr(one) for one in types)}])"


def may_belong(field: str, *types: str) -> str:
    """An expression: the optional field may be there for these values of `type`, and for no other."""
    return f"!has(self.{field}) || self.type in [{', '.join(repr(one) for one in types)}]"


def ordered(low: str, high: str) -> str:
    """An expression: of two optional decimals the first is not above the second."""
    return f"!has(self.{low}) || !has(self.{high}) || double(self.{low}) <= double(self.{high})"


def within_limit(resource: str) -> str:
    """An expression: what is requested of a resource is not above its limit, where both are given."""
    request, limit = f"self.requests.{resource}", f"self.limits.{resource}"
    given = f"has(self.requests) && has(self.limits) && has({request}) && has({limit})"
    return f"!({given}) || quantity({request}).compareTo(quantity({limit})) <= 0"


def seconds(path: str) -> str:
    """An expression: the seconds in a duration of ours; CEL's own durations know no days."""
    after = f"{path}.indexOf('d') + 1"  # 0 where there are no days: then the text before is empty
    days = f"int('0' + {path}.substring(0, {after}).replace('d', ''))"
    return f"86400 * {days} + duration('0s' + {path}.substring({after})).getSeconds()"

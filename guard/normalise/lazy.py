"""An attribute computed at its first use. `functools.cached_property` without its lock, which Python 3.11 takes at each first use."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

ValueT = TypeVar("ValueT")


class lazy(Generic[ValueT]):  # noqa: N801 - used as a decorator, like `property`
    """Keeps the value in the instance's `__dict__`, which shadows this descriptor from then on."""

    def __init__(self, compute: Callable[[Any], ValueT]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> ValueT: ...
    def __get__(self, instance: object | None, owner: type) -> Self | ValueT:
        """The value; computed now."""
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._compute(instance)
        return value

"""Results kept by cachetools, for the mode with a cache."""

from collections.abc import Callable
from typing import TypeVar

Key = TypeVar("Key")
Result = TypeVar("Result")

MAX_RESULTS = 128


def memoised(function: Callable[[Key], Result]) -> tuple[Callable[[Key], Result], Callable[[], int]]:
    """`function` with its results kept by argument, and how often one was used again."""
    from cachetools import LRUCache, cached

    kept = cached(cache=LRUCache(maxsize=MAX_RESULTS), info=True)(function)
    return kept, lambda: kept.cache_info().hits

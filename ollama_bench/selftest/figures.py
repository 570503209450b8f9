"""What the self-test found, beside the most that it may be. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from orchestrator.stats import quantile

Subject = Literal["time", "rate", "memory", "cost"]


@dataclass(frozen=True)
class Limit:
    """The most that a figure may be, in its unit. A figure that is only one number has no p95."""

    median: float
    p95: float | None = None


@dataclass(frozen=True)
class Limits:
    """What the tool holds itself to, on any machine."""

    time_ms: Limit = Limit(1.5, 5.0)
    rate_percent: Limit = Limit(1.0, 2.5)
    """Half of the difference between the two rates at which the tool warns."""
    memory_percent: Limit = Limit(1.0)
    cost_percent: Limit = Limit(1.0)
    """Of one core."""


LIMITS = Limits()


@dataclass(frozen=True)
class Figure:
    """The sizes of some errors, signs left out, or one number; None with a `reason` where it cannot be had here."""

    name: str
    """That of the figure which is off, as in the result document: `ttft_s`."""
    label: str
    """As people read it."""
    subject: Subject
    unit: str
    limit: Limit
    n: int = 0
    median: float | None = None
    p95: float | None = None
    worst: float | None = None
    reason: str | None = None

    @property
    def ok(self) -> bool | None:
        """Whether it is within its limit; None where it cannot be had. What is not a number is within none."""
        if self.median is None:
            return None
        within = self.median <= self.limit.median
        if self.p95 is not None and self.limit.p95 is not None:
            within = within and self.p95 <= self.limit.p95
        return within

    def of(self, errors: Sequence[float]) -> "Figure":
        """With the sizes of `errors`, of which there is at least one."""
        sizes = [abs(error) for error in errors]
        return replace(self, n=len(sizes), median=quantile(sizes, 0.5), p95=quantile(sizes, 0.95), worst=max(sizes))

    def of_one(self, value: float | None, reason: str | None) -> "Figure":
        """With the one number `value`; where that is None, with the `reason`."""
        if value is None:
            return replace(self, reason=reason)
        return replace(self, n=1, median=abs(value), worst=abs(value))

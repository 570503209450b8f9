"""RevOps-BOT: what the quarter will bring, who makes quota, and where deals get lost.

All amounts are integer cents, shares are basis points, dates are day numbers (date.toordinal).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

STAGES = ("lead", "qualified", "proposal", "negotiation", "won")
WON = len(STAGES) - 1
DEALS, REPS = 12_000, 24


@dataclass(frozen=True)
class Deal:
    """A deal with the day it entered each stage that it reached, in the order of STAGES."""

    rep: int
    amount_cents: int
    entered: Sequence[int]
    expected_close: int
    lost: bool

    @property
    def stage(self) -> int:
        """The furthest stage reached, as an index into STAGES."""
        return len(self.entered) - 1


@dataclass(frozen=True)
class Pipeline:
    """All deals, with the quarter in question: from `quarter_start` up to but not with `quarter_end`."""

    deals: Sequence[Deal]
    quotas_cents: Sequence[int]
    """By rep."""
    quarter_start: int
    quarter_end: int


@dataclass(frozen=True)
class Forecast:
    """What a head of sales asks on Monday."""

    conversion_bp: Sequence[int]
    """Of the settled deals that reached a stage, the share that reached the next: lead to qualified first."""
    median_days: Sequence[int]
    """From a stage to the next, lower median, over all deals that made the step."""
    win_probability_bp: Sequence[int]
    """By stage: the product of the conversions still ahead."""
    weighted_cents: int
    """Open deals that are due within the quarter, each times the win probability of its stage."""
    won_cents: int
    attainment_bp: Sequence[int]
    """By rep: won in the quarter over quota."""
    reps_on_quota: int


def forecast(pipeline: Pipeline) -> Forecast:
    """Everything from the deal list alone."""
    conversion = _conversion(pipeline.deals)
    probability = _win_probability(conversion)
    won_by_rep = [0] * len(pipeline.quotas_cents)
    weighted = 0
    for deal in pipeline.deals:
        if deal.stage == WON:
            if pipeline.quarter_start <= deal.entered[WON] < pipeline.quarter_end:
                won_by_rep[deal.rep] += deal.amount_cents
        elif not deal.lost and pipeline.quarter_start <= deal.expected_close < pipeline.quarter_end:
            weighted += deal.amount_cents * probability[deal.stage] // 10_000
    attainment = [_share(won, quota) for won, quota in zip(won_by_rep, pipeline.quotas_cents, strict=True)]
    return Forecast(
        conversion_bp=conversion,
        median_days=_median_days(pipeline.deals),
        win_probability_bp=probability,
        weighted_cents=weighted,
        won_cents=sum(won_by_rep),
        attainment_bp=attainment,
        reps_on_quota=sum(share >= 10_000 for share in attainment),
    )


def _conversion(deals: Sequence[Deal]) -> list[int]:
    """Open deals say nothing yet about the stage they are in, so they count only for the steps they made."""
    reached, advanced = [0] * WON, [0] * WON
    for deal in deals:
        for stage in range(min(deal.stage, WON)):
            reached[stage] += 1
            advanced[stage] += 1
        if deal.lost:
            reached[deal.stage] += 1
    return [_share(made, tried) for made, tried in zip(advanced, reached, strict=True)]


def _share(part: int, whole: int) -> int:
    return part * 10_000 // whole if whole else 0


def _win_probability(conversion: Sequence[int]) -> list[int]:
    probability = [10_000]
    for share in reversed(conversion):
        probability.append(probability[-1] * share // 10_000)
    return probability[::-1]


def _median_days(deals: Sequence[Deal]) -> list[int]:
    days: list[list[int]] = [[] for _ in range(WON)]
    for deal in deals:
        for stage in range(deal.stage):
            days[stage].append(deal.entered[stage + 1] - deal.entered[stage])
    return [sorted(taken)[(len(taken) - 1) // 2] if taken else 0 for taken in days]


def build(seed: int) -> Pipeline:
    """A year and a half of deals of a software firm, a third of them still open."""
    random = Random(seed)
    quarter_start, quarter_end = date(2026, 1, 1).toordinal(), date(2026, 4, 1).toordinal()

    def deal() -> Deal:
        entered = [quarter_start - random.randrange(0, 450)]
        while len(entered) < len(STAGES) and random.randrange(100) < 62:
            entered.append(entered[-1] + 3 + random.randrange(40))
        settled = random.randrange(3) > 0 or len(entered) == len(STAGES)
        return Deal(
            rep=random.randrange(REPS),
            amount_cents=100 * random.randrange(2_000, 90_000),
            entered=entered,
            expected_close=quarter_start + random.randrange(-30, 150),
            lost=settled and len(entered) < len(STAGES),
        )

    deals = [deal() for _ in range(DEALS)]
    quotas = [100 * 1_000 * random.randrange(450, 1_000) for _ in range(REPS)]
    return Pipeline(deals, quotas, quarter_start, quarter_end)

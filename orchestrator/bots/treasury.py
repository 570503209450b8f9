"""Treasury-BOT: how much cash there will be at the end of each of the next 13 weeks.

Customers pay late by habit, so each open invoice is expected at its due date plus what its customer took on average
before, less a share that grows with its age. Suppliers are paid in the weekly payment run on or after the due date.
All amounts are integer cents, all dates day numbers (date.toordinal).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

WEEKS = 13
PAYMENT_DAY = 3
"""Payment runs are on Thursdays (date.weekday() 3)."""
AGEING = ((0, 0), (30, 100), (60, 500), (90, 2_000), (10_000_000, 5_000))
"""(at most so many days overdue, loss in basis points): the allowance by age, summed up per bucket."""

INVOICES, BILLS, CUSTOMERS, PAST_PAYMENTS = 6_000, 4_000, 240, 4_000


@dataclass(frozen=True)
class Payment:
    """A settled invoice: how many days after its due date it was paid (negative: early)."""

    customer: int
    days_late: int


@dataclass(frozen=True)
class Item:
    """An open invoice or bill; `party` is the customer or supplier."""

    party: int
    amount_cents: int
    due: int


@dataclass(frozen=True)
class Ledgers:
    """All that the view is made from."""

    today: int
    opening_cents: int
    receivables: Sequence[Item]
    payables: Sequence[Item]
    history: Sequence[Payment]
    payroll_cents: int
    """Paid every second week, from the first on."""


@dataclass(frozen=True)
class Week:
    """Cash in and out in one week; `closing_cents` carries over."""

    start: int
    receipts_cents: int
    payments_cents: int
    closing_cents: int


@dataclass(frozen=True)
class CashView:
    """The 13 weeks, with what a treasurer asks first."""

    weeks: Sequence[Week]
    lowest_closing_cents: int
    lowest_week: int
    """Its index, from 0."""
    overdue_cents: Sequence[int]
    """Open receivables by bucket of AGEING."""
    allowance_cents: int


def cash_view(ledgers: Ledgers) -> CashView:
    """Week by week from `ledgers.today`, which starts week 0."""
    habits = _habits(ledgers.history)
    receipts, payments = [0] * WEEKS, [0] * WEEKS
    overdue, allowance = [0] * len(AGEING), 0
    for item in ledgers.receivables:
        bucket = _bucket(ledgers.today - item.due)
        overdue[bucket] += item.amount_cents
        loss = item.amount_cents * AGEING[bucket][1] // 10_000
        allowance += loss
        _book(receipts, item.due + habits.get(item.party, 0) - ledgers.today, item.amount_cents - loss)
    for item in ledgers.payables:
        _book(payments, _payment_run(max(item.due, ledgers.today)) - ledgers.today, item.amount_cents)
    for week in range(0, WEEKS, 2):
        payments[week] += ledgers.payroll_cents
    weeks = _carry_over(ledgers, receipts, payments)
    lowest = min(range(WEEKS), key=lambda index: weeks[index].closing_cents)
    return CashView(weeks, weeks[lowest].closing_cents, lowest, overdue, allowance)


def _habits(history: Sequence[Payment]) -> dict[int, int]:
    """Mean days late per customer, rounded half up; never early, which cannot be relied on."""
    days: dict[int, list[int]] = {}
    for payment in history:
        days.setdefault(payment.customer, []).append(payment.days_late)
    return {customer: max(0, (2 * sum(late) + len(late)) // (2 * len(late))) for customer, late in days.items()}


def _bucket(days_overdue: int) -> int:
    return next(index for index, (limit, _) in enumerate(AGEING) if days_overdue <= limit)


def _book(weeks: list[int], days_ahead: int, amount_cents: int) -> None:
    """What should have come already comes in the first week; what comes after the last is left out."""
    week = max(days_ahead, 0) // 7
    if week < WEEKS:
        weeks[week] += amount_cents


def _payment_run(day: int) -> int:
    """The first payment day on or after `day`."""
    return day + (PAYMENT_DAY - date.fromordinal(day).weekday()) % 7


def _carry_over(ledgers: Ledgers, receipts: Sequence[int], payments: Sequence[int]) -> list[Week]:
    weeks, cash = [], ledgers.opening_cents
    for index in range(WEEKS):
        cash += receipts[index] - payments[index]
        weeks.append(Week(ledgers.today + 7 * index, receipts[index], payments[index], cash))
    return weeks


def build(seed: int) -> Ledgers:
    """Ledgers of a mid-sized firm: most invoices small, a few customers notoriously late."""
    random = Random(seed)
    today = date(2026, 1, 5).toordinal()
    temper = [random.randrange(-3, 8) + (30 if random.randrange(10) == 0 else 0) for _ in range(CUSTOMERS)]

    def customer_payment() -> Payment:
        customer = random.randrange(CUSTOMERS)
        return Payment(customer, temper[customer] + random.randrange(-5, 11))

    def item(parties: int, largest_cents: int, oldest: int) -> Item:
        amount_cents = random.randrange(5_000, largest_cents) // (1 + random.randrange(8))
        age = random.randrange(oldest if random.randrange(8) == 0 else 91)
        return Item(random.randrange(parties), amount_cents, today + 90 - age)

    return Ledgers(
        today=today,
        opening_cents=180_000_000,
        receivables=[item(CUSTOMERS, 1_150_000, 210) for _ in range(INVOICES)],
        payables=[item(180, 1_200_000, 110) for _ in range(BILLS)],
        history=[customer_payment() for _ in range(PAST_PAYMENTS)],
        payroll_cents=61_500_000,
    )

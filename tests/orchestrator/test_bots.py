from datetime import date

import pytest

from orchestrator.bots import revops, sre, treasury
from orchestrator.bots.catalogue import BOTS, SEED, Bot, digest

DIGESTS = {
    "Treasury-BOT": "148360558192505b007c0c28f016adfcc9b1ec9719e2fb1c20f7e9c4d6a1578c",
    "RevOps-BOT": "8b967f4b25d29b5ccbf5ffcd588484928b97f5bd025164149add31a1bc38b104",
    "SRE-BOT": "fb334198b4c220e2bc95023f633a44aa264a9344abc0e1d58ee4f65c0460854a",
}

MONDAY = date(2026, 1, 5).toordinal()


def test_treasury_by_hand() -> None:
    view = treasury.cash_view(
        treasury.Ledgers(
            today=MONDAY,
            opening_cents=100_000,
            receivables=[
                treasury.Item(1, 10_000, MONDAY + 3),  # its customer is 4.5, so 5, days late: week 1
                treasury.Item(2, 20_000, MONDAY - 40),  # 40 days overdue: 5 % is given up, the rest comes now
                treasury.Item(3, 5_000, MONDAY + 100),  # after the 13 weeks
            ],
            payables=[
                treasury.Item(9, 7_000, MONDAY + 4),  # due on a Friday: paid on Thursday of week 1
                treasury.Item(9, 3_000, MONDAY - 10),  # overdue: paid this Thursday
            ],
            history=[treasury.Payment(1, 4), treasury.Payment(1, 5), treasury.Payment(2, -6)],
            payroll_cents=500,
        )
    )
    assert [week.receipts_cents for week in view.weeks] == [19_000, 10_000] + [0] * 11
    assert [week.payments_cents for week in view.weeks] == [3_500, 7_000, 500, 0, 500, 0, 500, 0, 500, 0, 500, 0, 500]
    assert [view.weeks[index].closing_cents for index in (0, 1, 2, 12)] == [115_500, 118_500, 118_000, 115_500]
    assert (view.lowest_closing_cents, view.lowest_week) == (115_500, 0)
    assert view.overdue_cents == [15_000, 0, 20_000, 0, 0]
    assert view.allowance_cents == 1_000


def test_revops_by_hand() -> None:
    pipeline = revops.Pipeline(
        deals=[
            revops.Deal(0, 1_000, [0, 10, 20, 30, 40], 40, lost=False),  # won in the quarter
            revops.Deal(0, 9_000, [0, 5], 50, lost=True),
            revops.Deal(1, 2_000, [0, 2, 4], 50, lost=False),  # open in proposal
            revops.Deal(1, 9_000, [0], 50, lost=True),
            revops.Deal(1, 500, [0, 1, 2, 3, 4], 4, lost=False),  # won before the quarter
            revops.Deal(1, 3_000, [0], 50, lost=False),  # open lead
            revops.Deal(1, 8_000, [0], 60, lost=False),  # due after the quarter
        ],
        quotas_cents=[800, 1_000],
        quarter_start=35,
        quarter_end=60,
    )
    found = revops.forecast(pipeline)
    assert found.conversion_bp == [8_000, 7_500, 10_000, 10_000]  # 4 of 5, 3 of 4, 2 of 2, 2 of 2
    assert found.win_probability_bp == [6_000, 7_500, 10_000, 10_000, 10_000]
    assert found.weighted_cents == 2_000 + 1_800
    assert found.median_days == [2, 2, 1, 1]
    assert (found.won_cents, found.attainment_bp, found.reps_on_quota) == (1_000, [12_500, 0], 1)


def test_sre_by_hand() -> None:
    found = sre.assess(
        [
            "1000 GET /cart 200 80",
            "1010 GET /search?q=1 200 1500",  # too slow
            "torn li",
            "5000 GET /cart 503 10",
            "5001 GET / 200 1000",  # just in time
        ]
    )
    assert (found.requests, found.bad, found.malformed) == (4, 2, 1)
    assert found.availability_ppm == 500_000
    assert found.budget_left_ppm == 1_000_000 - 500 * 1_000_000  # 50 % bad spends the 0.1 % budget 500 times
    assert found.burn_rate == dict.fromkeys(sre.WINDOWS_S, 500000)
    assert len(found.alerts) == 4
    assert found.worst_path == "/cart"


def test_sre_windows_end_with_the_last_request() -> None:
    log = [f"{second} GET / 200 5" for second in range(0, 7_200, 60)]
    log[-1] = log[-1].replace("200", "500")
    found = sre.assess(log)
    assert found.burn_rate["5m"] == 1_000 * 1_000 // 5  # 1 of the last 5 requests
    assert found.burn_rate["1h"] == 1_000 * 1_000 // 60
    assert found.alerts == [
        "page: 1h and 5m above 14.4",
        "page: 6h and 30m above 6",
        "ticket: 1d and 2h above 3",
        "ticket: 3d and 6h above 1",
    ]


def test_sre_without_a_readable_line() -> None:
    found = sre.assess(["", "nothing here"])
    assert (found.requests, found.malformed, found.availability_ppm, found.alerts) == (0, 2, 1_000_000, [])


@pytest.mark.parametrize("bot", BOTS, ids=lambda bot: bot.name)
def test_the_same_seed_gives_the_same_digest_on_every_machine(bot: Bot) -> None:
    assert digest(bot.work(bot.build(SEED))) == DIGESTS[bot.name]
    assert digest(bot.work(bot.build(SEED + 1))) != DIGESTS[bot.name]


@pytest.mark.parametrize("bot", BOTS, ids=lambda bot: bot.name)
def test_the_work_leaves_its_input_as_it_is(bot: Bot) -> None:
    data = bot.build(SEED)
    assert bot.work(data) == bot.work(data)
    assert data == bot.build(SEED)

"""The line of the live view: what leaves first where there is little room."""

import pytest

from ollama_bench.pace import TimeLeft
from ollama_bench.render.live import Now, clock, coloured, left_words, live_line
from orchestrator.columns import cells

LEFT = TimeLeft(request_s=5.0, phase_s=10.0, run_s=15.0, at_most=False)
FULL = Now(
    "real 2 of 3",
    model="llama3.2:1b",
    done=0.5,
    tok_s=49.64,
    rss_bytes=501_600_000,
    elapsed_s=14.2,
    left=LEFT,
    phase="real",
    since_s=1.0,
)


def line(now: Now, room: int, **options: bool) -> str:
    return "  ".join(live_line(now, room, **options).values())


@pytest.mark.parametrize(
    ("room", "text"),
    [
        (200, "llama3.2:1b  real 2 of 3  ━━━━━━━━━━──────────  49.6 tok/s  RSS 502 MB  0:14  about 0:19 left"),
        (92, "real 2 of 3  ━━━━━━━━━━──────────  49.6 tok/s  RSS 502 MB  0:14  about 0:19 left"),
        (75, "real 2 of 3  ━━━━────  49.6 tok/s  RSS 502 MB  0:14  about 0:19 left"),
        (60, "real 2 of 3  49.6 tok/s  RSS 502 MB  0:14  about 0:19 left"),
        (55, "real 2 of 3  49.6 tok/s  RSS 502 MB  about 0:19 left"),
        (49, "real 2 of 3  49.6 tok/s  502 MB  about 0:19 left"),
        (39, "real 2 of 3  49.6 tok/s  502 MB  ~0:19"),
        (30, "real 2 of 3  49.6 tok/s  ~0:19"),
        (25, "real 2 of 3  49.6 tok/s"),
        (11, "real 2 of 3"),
        (8, "real…f 3"),
        (1, "…"),
    ],
)
def test_what_there_is_no_room_for_leaves_in_the_stated_order(room: int, text: str) -> None:
    shown = line(FULL, room)

    assert cells(shown) <= room
    assert shown == text


def test_what_is_not_known_is_left_out() -> None:
    assert line(Now("cold 1 of 1"), 80) == "cold 1 of 1"
    assert line(Now("cold 1 of 1", tok_s=0.04, rss_bytes=0), 80) == "cold 1 of 1  0.0 tok/s  RSS 0 MB"


def test_an_adaptive_phase_keeps_its_note_longer_than_the_words() -> None:
    now = Now(
        "warm 12", notes=("until ± 5 %, at most 200, now ± 8.1 %", "now ± 8.1 %"), tok_s=50.0, rss_bytes=500_000_000
    )

    assert line(now, 80) == "warm 12  until ± 5 %, at most 200, now ± 8.1 %  50.0 tok/s  RSS 500 MB"
    assert line(now, 39) == "warm 12  now ± 8.1 %  50.0 tok/s"
    assert line(now, 42) == "warm 12  now ± 8.1 %  50.0 tok/s  500 MB"


@pytest.mark.parametrize(
    ("left", "since_s", "words"),
    [
        (None, 0.0, ("", "")),
        (LEFT, 0.0, ("about 0:20 left", "~0:20")),
        (LEFT, 4.6, ("about 0:15 left", "~0:15")),
        (LEFT, 60.0, ("about 0:15 left", "~0:15")),  # this request takes longer than the others did
        (TimeLeft(5.0, 0.0, 0.0, at_most=False), 4.5, ("", "")),  # the last one, which has nearly taken that long
        (TimeLeft(5.0, 10.0, 15.0, at_most=True), 0.0, ("at most 0:20 left", "<0:20")),
        (TimeLeft(5.0, 10.0, None, at_most=True), 0.0, ("about 0:15 left of real", "")),
    ],
)
def test_the_time_left_is_in_words(left: TimeLeft | None, since_s: float, words: tuple[str, str]) -> None:
    assert left_words(left, "real", since_s) == words


def test_times_are_minutes_and_seconds() -> None:
    assert [clock(seconds) for seconds in (0, 59.4, 59.6, 3599, 3600, 36_061)] == [
        "0:00", "0:59", "1:00", "59:59", "1:00:00", "10:01:01",
    ]  # fmt: skip


def test_without_blocks_the_bar_is_ascii_and_a_share_beyond_its_ends_is_cut() -> None:
    assert live_line(Now("x", done=7.0), 80, ascii_only=True)["bar"] == "#" * 20
    assert live_line(Now("x", done=-1.0), 80, ascii_only=True)["bar"] == "-" * 20


def test_colours_add_no_character() -> None:
    assert coloured(live_line(Now("warm 1 of 3", done=0.0, tok_s=9.0), 80)) == (
        "\x1b[1mwarm 1 of 3\x1b[0m  \x1b[32m────────────────────\x1b[0m  9.0 tok/s"
    )

"""The one line that a terminal shows while a run goes on. Pure."""

from dataclasses import dataclass

from ollama_bench.pace import TimeLeft
from ollama_bench.render.lines import megabytes
from orchestrator.columns import GAP, cells, shorten

BAR_CELLS = 20
SHORT_BAR_CELLS = 8
BARS = {False: ("━", "─"), True: ("#", "-")}
"""What is done and what is not; in plain ASCII where that is asked for."""

COLOURS = {"what": "1", "bar": "32"}
"""SGR parameters: bold, green."""


@dataclass(frozen=True)
class Now:
    """What there is to say; None and empty texts are left out."""

    what: str
    """Such as `warm 2 of 3`."""
    model: str = ""
    done: float | None = None
    """Share of all requests, or of a pull, from 0 to 1."""
    notes: tuple[str, ...] = ()
    """One thing in several lengths, the longest first."""
    tok_s: float | None = None
    rss_bytes: int | None = None
    elapsed_s: float | None = None
    left: TimeLeft | None = None
    phase: str = ""
    since_s: float = 0.0
    """Since the start of the request under way."""


def live_line(now: Now, room: int, *, ascii_only: bool = False) -> dict[str, str]:
    """The parts of the line, by name and in their order, which take at most `room` cells with blanks between them.

    What does not fit is shortened or left out in this order: the model, the bar, the time so far, the words around
    memory and time left, the longer notes, memory, the time left, the rate, the note; at last what is under way is cut
    in its middle.
    """
    left_long, left_short = left_words(now.left, now.phase, now.since_s)
    forms = {
        "model": [now.model, ""],
        "what": [now.what],
        "bar": [_bar(now.done, BAR_CELLS, ascii_only), _bar(now.done, SHORT_BAR_CELLS, ascii_only), ""],
        "notes": [*now.notes, ""],
        "tok_s": ["" if now.tok_s is None else f"{now.tok_s:.1f} tok/s", ""],
        "rss": [
            *(("" if now.rss_bytes is None else f"{word}{megabytes(now.rss_bytes)} MB") for word in ("RSS ", "")),
            "",
        ],
        "elapsed": ["" if now.elapsed_s is None else clock(now.elapsed_s), ""],
        "left": [left_long, left_short, ""],
    }
    order = ["model", "bar", "bar", "elapsed", "rss", "left", *["notes"] * (len(now.notes) - 1), "rss", "left"]
    order += ["tok_s", "notes"]
    for name in order:
        if _width(forms) <= room:
            break
        forms[name] = forms[name][1:] or [""]
    shown = {name: first for name, (first, *_) in forms.items() if first}
    return shown if _width(forms) <= room else shown | {"what": shorten(now.what, room)}


def coloured(parts: dict[str, str]) -> str:
    """The same line with colours."""
    return (" " * GAP).join(
        f"\x1b[{COLOURS[name]}m{text}\x1b[0m" if name in COLOURS else text for name, text in parts.items()
    )


def left_words(left: TimeLeft | None, phase: str, since_s: float) -> tuple[str, str]:
    """How long it will take yet, `since_s` into the request under way: in words, and short. Empty when unknown, or when
    it has taken so long already.
    """
    if left is None:
        return "", ""
    rest_s = max(0.0, left.request_s - since_s) + (left.phase_s if left.run_s is None else left.run_s)
    if rest_s < 1:
        return "", ""
    text = clock(rest_s)
    if left.run_s is None:
        return f"about {text} left of {phase}", ""
    return (f"at most {text} left", f"<{text}") if left.at_most else (f"about {text} left", f"~{text}")


def clock(seconds: float) -> str:
    """Minutes and seconds, and hours where there are any."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _bar(done: float | None, width: int, ascii_only: bool) -> str:
    if done is None:
        return ""
    full, empty = BARS[ascii_only]
    filled = round(width * min(1.0, max(0.0, done)))
    return full * filled + empty * (width - filled)


def _width(forms: dict[str, list[str]]) -> int:
    shown = [first for first, *_ in forms.values() if first]
    return sum(map(cells, shown)) + GAP * (len(shown) - 1)

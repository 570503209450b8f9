"""Splits a model's thinking off a stream of text. Pure."""

OPEN, CLOSE = "<think>", "</think>"


class ThinkSplitter:
    """Feed it pieces of an answer; each call returns (thinking, text).

    White space around the tags belongs to neither. A piece that may be the beginning of a tag is held back until
    the next one decides. An answer that does not begin with the opening tag has no thinking.
    """

    def __init__(self, *, opened: bool) -> None:
        self._state = "thinking" if opened else "start"
        self._held = ""
        self._trim = True

    def feed(self, piece: str) -> tuple[str, str]:
        """Return what of the text so far is surely thinking and what is surely answer."""
        self._held += piece
        thinking = ""
        if self._state == "start":
            self._look_for_opening()
        if self._state == "thinking":
            thinking = self._take_thinking()
        return thinking, self._take_text() if self._state == "text" else ""

    def finish(self) -> tuple[str, str]:
        """Return what was held back."""
        held, self._held = self._held, ""
        return (held.rstrip(), "") if self._state == "thinking" else ("", held)

    def _look_for_opening(self) -> None:
        stripped = self._held.lstrip()
        if stripped.startswith(OPEN):
            self._state, self._held = "thinking", stripped.removeprefix(OPEN)
        elif stripped and not OPEN.startswith(stripped):
            self._state, self._trim = "text", False

    def _take_thinking(self) -> str:
        if self._trim:
            self._held = self._held.lstrip()
        before, tag, after = self._held.partition(CLOSE)
        if tag:
            self._state, self._held, self._trim = "text", after, True
            return before.rstrip()
        # What may be the beginning of the closing tag, and white space that may stand before it, waits.
        taken = self._held[: len(self._held) - _overlap(self._held, CLOSE)].rstrip()
        self._held = self._held[len(taken) :]
        self._trim = self._trim and not taken
        return taken

    def _take_text(self) -> str:
        text, self._held = self._held, ""
        if self._trim:
            text = text.lstrip()
            self._trim = not text
        return text


def _overlap(text: str, tag: str) -> int:
    """Return how many last characters of `text` begin `tag`."""
    return next((n for n in range(min(len(text), len(tag) - 1), 0, -1) if text.endswith(tag[:n])), 0)

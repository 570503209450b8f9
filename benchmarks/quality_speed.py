"""How long scoring takes: 1,000 ordinary answers, and hostile answers of a megabyte.

python benchmarks/quality_speed.py tests/data/quality/dev.jsonl
"""

import json
import sys
import time
from pathlib import Path

from ollama_bench.quality import score_answer

MEGABYTE = 1_000_000
PROMPTS = ("apples", "release_note", "json")
HOSTILE = {
    "a million sums": "1 + " * 250_000,
    "equations": "3 + 2 = 5, " * 90_000,
    "chain": "3 = 3 = " * 125_000,
    "open brackets": "[" * MEGABYTE,
    "open braces": "{" * MEGABYTE,
    "nested objects": '{"a":' * 200_000,
    "nested arrays of objects": "[{" * 500_000,
    "round brackets": "(" * MEGABYTE,
    "quotes": '"' * MEGABYTE,
    "single quotes": "'" * MEGABYTE,
    "backslashes": "\\" * MEGABYTE,
    "escapes": '{"a": "' + '\\"' * 500_000,
    "one letter": "a" * MEGABYTE,
    "digits": "4" * MEGABYTE,
    "dots": "." * MEGABYTE,
    "spaces inside": "a" + " " * MEGABYTE + "b",
    "newlines": "a\n" * 500_000,
    "stars": "*" * MEGABYTE,
    "hashes": "#" * MEGABYTE,
    "pipes": "|" * MEGABYTE,
    "hyphens": "a-" * 500_000,
    "underscores": "_" * MEGABYTE,
    "repeated words": "apple " * 166_000,
    "number words": "one two three " * 70_000,
    "left": "left " * 200_000,
    "you have": "you have 4 apples left " * 43_000,
    "corrections": "wait 4, no 5, " * 70_000,
    "have have": "have a total of the " * 50_000,
    "sentences": "A. " * 333_000,
    "questions": "Why? " * 200_000,
    "tags": "<a" * 500_000,
    "unclosed think": "<think>" + "x" * MEGABYTE,
    "thinks": "<think>" * 140_000,
    "capitals": "Aa Bb " * 166_000,
    "camel": "aB" * 500_000,
    "links": "a@" * 500_000,
    "domains": "a." * 500_000,
    "placeholders": "[a" * 500_000,
    "dollars": "$1=" * 333_000,
    "latex": "\\text{" * 166_000,
    "comments": "{/*" * 333_000,
    "slashes": "{//" * 333_000,
    "emoji": "🎉" * MEGABYTE,
    "Chinese": "四" * MEGABYTE,
    "combining": "e\u0301" * 500_000,
    "null bytes": "\0" * MEGABYTE,
    "big number": "3 + 2 = " + "9" * MEGABYTE,
    "project": "Project A" * 111_000,
    "or": "4 or " * 200_000,
    "JSON list": '{"title": "x", "risks": [' + '"Data loss", ' * 70_000,
    "JSON keys": "{" + '"title": 1, ' * 80_000,
}


def main(path: Path) -> None:
    """Print both figures."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    score_answer("apples", "4")
    rows = (rows * (1000 // len(rows) + 1))[:1000]
    start = time.perf_counter()
    for row in rows:
        score_answer(row["prompt"], row["answer"])
    print(f"1,000 ordinary answers: {time.perf_counter() - start:.2f} s")
    worst = []
    for name, text in HOSTILE.items():
        for prompt in PROMPTS:
            start = time.perf_counter()
            score_answer(prompt, text[:MEGABYTE])
            worst.append((time.perf_counter() - start, name, prompt))
    for seconds, name, prompt in sorted(worst, reverse=True)[:8]:
        print(f"{seconds:.3f} s  {prompt:13} {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

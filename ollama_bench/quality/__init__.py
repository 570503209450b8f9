"""Prompts and answers -> 0/1 scores with evidence, by rules. NOT aware of servers, clocks or commands.

`score_answer` scores an answer to a built-in prompt, `score` one to a prompt of any pack.
"""

from ollama_bench.quality.prompt import Prompt
from ollama_bench.quality.score import score, score_answer
from ollama_bench.quality.scores import DIMENSIONS, AnswerScore, Dimension, Evidence, not_assessed

__all__ = [
    "DIMENSIONS",
    "AnswerScore",
    "Dimension",
    "Evidence",
    "Prompt",
    "not_assessed",
    "score",
    "score_answer",
]

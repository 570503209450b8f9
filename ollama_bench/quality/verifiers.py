"""The verifiers that a prompt's checks can name. To add one: write the function, and name it here.

A verifier takes the answer, and its parameters by keyword; their annotations are what a pack is checked against.
It returns what it saw, what it expected and where. `docs/prompts.md` lists them all.
"""

from collections.abc import Callable, Mapping

from ollama_bench.quality.answer import Finding
from ollama_bench.quality.counting import (
    consistent_count,
    count_is,
    explained,
    no_new_question,
    nothing_else_happened,
    one_count,
    true_steps,
)
from ollama_bench.quality.fluency import complete, english, grammatical, no_leaked_tokens, no_loop
from ollama_bench.quality.notes import (
    about_login_limits,
    bullets,
    fixes_nothing_else,
    friendly,
    no_placeholder,
    no_talk_about_itself,
    says_fixed,
    sentences,
    words,
)
from ollama_bench.quality.records import no_invented_values, one_json_object, one_owner, one_record
from ollama_bench.quality.specifics import no_specifics

Verifier = Callable[..., Finding]

FLUENCY: Mapping[str, Verifier] = {
    "english": english,
    "grammatical": grammatical,
    "no_loop": no_loop,
    "no_leaked_tokens": no_leaked_tokens,
    "complete": complete,
}
"""What can be said of any text, a refusal too."""

VERIFIERS: Mapping[str, Verifier] = {
    **FLUENCY,
    "words": words,
    "sentences": sentences,
    "bullets": bullets,
    "says_fixed": says_fixed,
    "about_login_limits": about_login_limits,
    "friendly": friendly,
    "fixes_nothing_else": fixes_nothing_else,
    "no_talk_about_itself": no_talk_about_itself,
    "no_placeholder": no_placeholder,
    "no_specifics": no_specifics,
    "one_count": one_count,
    "consistent_count": consistent_count,
    "count_is": count_is,
    "explained": explained,
    "no_new_question": no_new_question,
    "true_steps": true_steps,
    "nothing_else_happened": nothing_else_happened,
    "one_json_object": one_json_object,
    "one_record": one_record,
    "one_owner": one_owner,
    "no_invented_values": no_invented_values,
}

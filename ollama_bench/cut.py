"""Whether a server cut a prompt in silence. Pure."""

from ollama_bench.trial import RequestError, ServerFigures


def cut_prompt(prompt: str, figures: ServerFigures, context_length: int) -> RequestError | None:
    """The error of a request whose prompt the server cut in silence, or None.

    A word is one token at the least, so fewer tokens than words were not the whole prompt; and a prompt that fills the
    context to the last token leaves nothing to generate in, unless it was cut to fit.
    """
    count = figures.prompt_eval_count
    words = len(prompt.split())
    if count is None or (words <= count < context_length):
        return None
    return RequestError(
        kind="truncated",
        message=f"the server processed {count} tokens of a prompt of {words} words "
        f"(context length {context_length}): it was cut; raise --num-ctx",
    )

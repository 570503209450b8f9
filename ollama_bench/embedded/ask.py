"""A request for an answer and its model -> an `Ask`, after all checks that need no runner."""

from dataclasses import dataclass

from ollama_bench.embedded.catalogue import Model
from ollama_bench.embedded.describe import capabilities, default_stop, header_of
from ollama_bench.embedded.engine import LoadPlan
from ollama_bench.embedded.gguf import GgufHeader
from ollama_bench.embedded.options import Options, parse_options
from ollama_bench.embedded.request import (
    ChatRequest,
    GenerateRequest,
    parse_format,
    parse_keep_alive,
    parse_think,
)
from ollama_bench.embedded.schema import engine_schema
from ollama_bench.embedded.wire import ApiError, Json, not_supported

MAX_THREADS = 512


@dataclass(frozen=True)
class Ask:
    """A request after all checks that need no runner; times are of the monotonic clock."""

    model: Model
    header: GgufHeader
    plan: LoadPlan
    options: Options
    keep_alive_s: float | None
    think: bool | str | None
    schema: Json | None
    truncate: bool
    entered_ns: int


def check_request(request: GenerateRequest | ChatRequest, model: Model, parallel: int, entered_ns: int) -> Ask:
    """Check what can be checked before a model is loaded. Raises ApiError."""
    header = header_of(model)
    if header.is_embedding:
        verb = "generate" if isinstance(request, GenerateRequest) else "chat"
        raise ApiError(400, f'"{request.model}" does not support {verb}')
    schema = parse_format(request.format)
    options = parse_options(request.options, default_stop(header))
    if isinstance(request, GenerateRequest):
        _check_context(request, header)
    trained = header.number("context_length")
    plan = LoadPlan(
        path=str(model.path),
        num_ctx=min(options.num_ctx, trained) if trained else options.num_ctx,
        num_batch=options.num_batch if options.num_batch > 0 else Options.num_batch,
        num_thread=min(max(options.num_thread, 0), MAX_THREADS),
        num_gpu=options.num_gpu,
        main_gpu=options.main_gpu,
        use_mmap=options.use_mmap,
        shift=request.shift,
        parallel=parallel,
        stamp=header.stamp,
    )
    return Ask(
        model=model,
        header=header,
        plan=plan,
        options=options,
        keep_alive_s=parse_keep_alive(request.keep_alive),
        think=_check_think(request, header),
        schema=None if schema is None else engine_schema(schema),
        truncate=request.truncate,
        entered_ns=entered_ns,
    )


def _check_context(request: GenerateRequest, header: GgufHeader) -> None:
    limit = header.vocabulary_size or 2**31
    for token in request.context or ():
        if not 0 <= token < limit:
            raise ApiError(400, f"context: {token} is no token of {request.model}, whose ids are 0 to {limit - 1}")


def _check_think(request: GenerateRequest | ChatRequest, header: GgufHeader) -> bool | str | None:
    think = parse_think(request.think)
    if "thinking" in capabilities(header):
        return True if think is None else think
    if think:
        raise ApiError(400, f'"{request.model}" does not support thinking')
    return None


def reject_unsupported(request: GenerateRequest | ChatRequest) -> None:
    """Raise ApiError 501 for what Ollama has and this engine has not; nothing is ignored in silence."""
    if request.debug_render_only:
        raise not_supported("_debug_render_only")
    if request.logprobs or request.top_logprobs:
        raise not_supported("logprobs")
    images = (
        request.images or []
        if isinstance(request, GenerateRequest)
        else [image for message in request.messages for image in message.images]
    )
    if images:
        raise not_supported("images")
    if isinstance(request, GenerateRequest):
        if request.suffix:
            raise not_supported("suffix")
        if request.width or request.height or request.steps:
            raise not_supported("the making of images (width, height, steps)")
    if isinstance(request, ChatRequest):
        called = (m.tool_calls or m.tool_name or m.tool_call_id or m.role.lower() == "tool" for m in request.messages)
        if request.tools or any(called):
            raise not_supported("tools")

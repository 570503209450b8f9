"""What both services answer in one way."""

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

LOOPBACK_ORIGIN = r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?"
MAX_BODY_BYTES = 65_536
"""Some hundred times what a job takes."""


def new_service(title: str, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """An application that pages on loopback may read, session included, and that tells a refusal without an echo.

    FastAPI's own pages of documentation fetch scripts from elsewhere, so there are none.
    """
    app = FastAPI(title=title, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_exception_handler(RequestValidationError, _refuse)
    app.add_middleware(BodyLimit)
    app.add_middleware(
        CORSMiddleware,
        allow_origin_regex=LOOPBACK_ORIGIN,
        allow_credentials=True,
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type", "X-Quantum-Token"],
    )
    return app


async def _refuse(_request: Request, error: Exception) -> JSONResponse:
    """422 with place and reason; what was sent is left out, since a NaN in it cannot be written as JSON."""
    assert isinstance(error, RequestValidationError)
    mistakes = [{"loc": mistake["loc"], "msg": mistake["msg"]} for mistake in error.errors()]
    return JSONResponse({"detail": mistakes}, status_code=422)


class BodyLimit:
    """Ends the reading of a body that is too large, which an application would keep whole, with 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        read_bytes = 0

        async def receive_some() -> Message:
            nonlocal read_bytes
            message = await receive()
            read_bytes += len(message.get("body", b""))
            if read_bytes > MAX_BODY_BYTES:
                raise HTTPException(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
            return message

        await self._app(scope, receive_some, send)

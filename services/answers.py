"""What both services answer in one way."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Lifespan

LOOPBACK_ORIGIN = r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?"


def new_service(title: str, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """An application that pages on loopback may read, session included, and that tells a refusal without an echo.

    FastAPI's own pages of documentation fetch scripts from elsewhere, so there are none.
    """
    app = FastAPI(title=title, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_exception_handler(RequestValidationError, _refuse)
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

"""Quantum Lab: `QUANTUM_API_TOKEN=… uvicorn services.quantum_lab.app:app --port 8020`."""

import hmac
import os
import secrets
import sys
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Query, Request
from starlette.middleware.sessions import SessionMiddleware

from services.answers import new_service
from services.quantum_lab.chsh import LEAST_SHOTS, MOST_SHOTS, Experiment, simulate

MOST_SEED = 2**53 - 1
"""As far as JavaScript counts exactly."""
SESSION_S = 3600

TOKEN = os.environ.get("QUANTUM_API_TOKEN", "").encode()
if not TOKEN:
    sys.exit(
        "Quantum Lab does not start without a token: set QUANTUM_API_TOKEN, such as\n"
        "  QUANTUM_API_TOKEN=dev-quantum uvicorn services.quantum_lab.app:app --port 8020"
    )

app = new_service("Quantum Lab")
# The key is of this process: sessions end with it. One made from the token would let a cookie's holder guess at that.
app.add_middleware(
    SessionMiddleware, secret_key=secrets.token_urlsafe(32), session_cookie="quantum_session", max_age=SESSION_S
)


@app.get("/health")
async def health() -> dict[str, str]:
    """That the service is up."""
    return {"status": "ok", "service": "quantum_lab"}


@app.post("/api/quantum/login")
async def login(request: Request) -> dict[str, str]:
    """Open a session, a new one each time; it lives in the signed cookie alone, so that nothing here grows."""
    request.session["id"] = secrets.token_urlsafe(16)
    return {"session_id": request.session["id"]}


def _need_session(request: Request) -> None:
    if "id" not in request.session:
        raise HTTPException(401, "no session: POST /api/quantum/login first, and send its cookie")


def _need_token(x_quantum_token: Annotated[str, Header()] = "") -> None:
    if not hmac.compare_digest(x_quantum_token.encode("latin-1"), TOKEN):  # headers are decoded as Latin-1
        raise HTTPException(403, "the header X-Quantum-Token is missing or wrong")


@app.get("/api/quantum/chsh/simulate", dependencies=[Depends(_need_session), Depends(_need_token)])
async def chsh(
    shots: Annotated[int, Query(ge=LEAST_SHOTS, le=MOST_SHOTS)] = 4096,
    noise_p: Annotated[float, Query(ge=0, le=1, allow_inf_nan=False)] = 0.0,
    seed: Annotated[int, Query(ge=0, le=MOST_SEED)] = 0,
) -> dict[str, Any]:
    """A CHSH experiment. Sampling takes some 50 µs whatever the shots, so it stays on the event loop."""
    return {"shots": shots, "noise_p": noise_p, "seed": seed} | _as_json(simulate(shots, noise_p, seed))


def _as_json(experiment: Experiment) -> dict[str, Any]:
    return {
        "correlators": [
            {
                "setting": one.setting.name,
                "a_rad": one.setting.a_rad,
                "b_rad": one.setting.b_rad,
                "shots": one.shots,
                "estimate": one.estimate,
                "standard_error": one.standard_error,
            }
            for one in experiment.correlators
        ],
        "S_estimate": experiment.s_estimate,
        "S_standard_error": experiment.s_standard_error,
        "S_expected": experiment.s_expected,
    }

"""Quantum Lab, but each answer of its API comes SLOW_S seconds late: what a regression looks like to a load test."""

import asyncio
import os

from starlette.types import Receive, Scope, Send

from services.quantum_lab.app import app as quantum_lab

SLOW_S = float(os.environ["SLOW_S"])


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The service itself, after a wait."""
    if scope["type"] == "http" and scope["path"].startswith("/api/"):
        await asyncio.sleep(SLOW_S)
    await quantum_lab(scope, receive, send)

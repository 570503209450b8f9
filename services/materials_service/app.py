"""The materials service: `FEATURE_MATERIALS=true uvicorn services.materials_service.app:app --port 8030`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from services.answers import new_service
from services.materials_service.jobs import Jobs
from services.materials_service.potts import LEAST_SIDE, MOST_ATTEMPTS, MOST_SIDE, Coarsening, coarsen

ENABLED = os.environ.get("FEATURE_MATERIALS", "").lower() in {"1", "true", "yes", "on"}
MOST_SEED = 2**53 - 1
"""As far as JavaScript counts exactly."""

Side = Annotated[int, Field(ge=LEAST_SIDE, le=MOST_SIDE)]


class GrainCoarsening(BaseModel):
    """A job as it is asked for."""

    model_config = ConfigDict(strict=True, extra="forbid")

    grid: Annotated[list[Side], Field(min_length=3, max_length=3)]
    num_flip_attempts: Annotated[int, Field(ge=0, le=MOST_ATTEMPTS)]
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)] = 0


jobs: Jobs[Coarsening] = Jobs()
routes = APIRouter(prefix="/jobs")


@routes.post("/grain-coarsening", status_code=202)
async def enqueue(job: GrainCoarsening) -> dict[str, str]:
    """Enqueue a job for the worker thread; the event loop goes on answering."""
    x, y, z = job.grid
    name = jobs.submit(partial(coarsen, (x, y, z), job.num_flip_attempts, job.seed))
    if name is None:
        raise HTTPException(429, "the queue is full: ask again later", headers={"Retry-After": "1"})
    return {"id": name, "status": "pending"}


@routes.get("/{name}")
async def show(name: str) -> dict[str, Any]:
    """A job's status, and its result or why it failed."""
    job = jobs.find(name)
    if job is None:
        raise HTTPException(404, "no such job; of the finished ones only the newest are kept")
    return job | {"result": asdict(job["result"]) if job["result"] else None}


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield
    jobs.close()


app = new_service("Materials service", _lifespan)
if ENABLED:
    app.include_router(routes)


@app.get("/health")
async def health() -> dict[str, Any]:
    """That the service is up, whether its feature is on, and how many jobs it has in each state."""
    return {"status": "ok", "service": "materials_service", "enabled": ENABLED, "jobs": jobs.counts()}

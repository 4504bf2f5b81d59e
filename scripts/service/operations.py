"""The routes that operators and tests use, the same under every API: metrics, exact counts, faults."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from scripts.service.assembly import Service
from scripts.service.faults import FaultPlan

ENDPOINTS = {"/metrics": "metrics", "/stats": "stats", "/admin/faults": "faults"}


def operations(service: Service) -> APIRouter:
    """/admin/faults exists only in a service started with faults allowed."""
    router = APIRouter()

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(service.telemetry.text(), media_type=CONTENT_TYPE_LATEST)

    @router.get("/stats")
    async def stats() -> dict[str, dict[str, int]]:
        return {"received": dict(service.tally.received), "completed": dict(service.tally.completed)}

    if service.settings.allow_faults:
        _add_faults(router, service)
    return router


def _add_faults(router: APIRouter, service: Service) -> None:
    faults = service.engine.faults

    @router.get("/admin/faults")
    async def show() -> FaultPlan:
        return faults.plan

    @router.put("/admin/faults")
    async def use(plan: FaultPlan) -> FaultPlan:
        faults.use(plan)
        return faults.plan

    @router.delete("/admin/faults")
    async def clear() -> FaultPlan:
        faults.clear()
        return faults.plan

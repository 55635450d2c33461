"""Maps of the customers: those who are alike lie close together. Drawn after the results are out, for them alone."""

import logging
import os
import time
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from analytics.comparison import drawn, nested_rows
from analytics.spaces import SPACES
from core.models import Run
from core.runs import JobRefused, Lease, LeaseLost
from segmentation import lab_store, store
from segmentation.jobs.inputs import Columns
from segmentation.lab_wording import USUAL_FEATURES
from segmentation.models import Embedding, Snapshot
from segmentation.services import KIND as REFRESH

logger = logging.getLogger(__name__)

RANDOM_STATE = 20_101_201
POLITENESS = 10  # what the system gives us is what others leave


def embed(lease: Lease) -> dict[str, Any]:
    """Kind `segmentation.embed`; params: snapshot, fingerprint, rows, methods. Nothing is drawn twice."""
    os.nice(max(0, POLITENESS - os.nice(0)))
    params = lease.run.params
    known = Embedding.objects.filter(fingerprint=params["fingerprint"]).first()
    if known is not None:
        return _answer(known, unchanged=True)
    snapshot = Snapshot.objects.filter(pk=params["snapshot"]).first()
    if snapshot is None:
        raise JobRefused(
            "gone", "The results that were to be drawn are gone: the present ones are drawn by themselves."
        )
    with transaction.atomic():
        lab_store.remove_leftovers(lease)
    table = store.read_scores(snapshot, ["customer_key", *USUAL_FEATURES])
    rows = nested_rows(len(table["customer_key"]), params["rows"], RANDOM_STATE)
    columns, methods = _maps(lease, {name: column[rows] for name, column in table.items()})
    path, sha256 = lab_store.write_columns(lab_store.MAPS, params["fingerprint"], lease.token, columns)
    drawing = Embedding(
        fingerprint=params["fingerprint"],
        snapshot=snapshot,
        sample=len(rows),
        methods=methods,
        path=path,
        sha256=sha256,
    )
    return _keep(lease, drawing)


def _maps(lease: Lease, table: Columns) -> tuple[Columns, dict[str, Any]]:
    columns: Columns = {"customer_key": table["customer_key"]}
    methods: dict[str, Any] = {}
    wanted = lease.run.params["methods"]
    for number, name in enumerate(wanted):
        _make_room(lease)
        lease.progress("Drawing the customers as a map", number, len(wanted))
        began = time.monotonic()
        try:
            points = _points(name, table)
        except Exception as error:
            # A method that can't draw these customers costs its own map only.
            logger.warning("map %s failed", name, exc_info=True)
            methods[name] = {"error": type(error).__name__}
            continue
        columns |= {f"x_{name}": np.round(points[:, 0], 4), f"y_{name}": np.round(points[:, 1], 4)}
        methods[name] = {"seconds": round(time.monotonic() - began, 1)}
    return columns, methods


def _points(name: str, table: Columns) -> Any:
    laid = SPACES[name].fit(table, columns=USUAL_FEATURES, random_state=RANDOM_STATE)
    points = np.full((len(table["customer_key"]), 2), np.nan)
    points[laid.rows] = drawn(laid.matrix)
    return points


def _make_room(lease: Lease) -> None:
    """New results come first: while a refresh waits, the work goes back to be done later."""
    if Run.objects.filter(kind=REFRESH, state=Run.State.PENDING, not_before__lte=timezone.now()).exists():
        lease.hand_back()
        raise LeaseLost(f"run {lease.run.pk} made room for a refresh")


def _keep(lease: Lease, drawing: Embedding) -> dict[str, Any]:
    answer = _answer(drawing, unchanged=False)
    with transaction.atomic():
        lease.guard()
        drawing.created_at = timezone.now()
        drawing.save()
        lease.complete(answer)
    return answer


def _answer(drawing: Embedding, *, unchanged: bool) -> dict[str, Any]:
    return {"sample": drawing.sample, "maps": drawing.methods, "unchanged": unchanged}

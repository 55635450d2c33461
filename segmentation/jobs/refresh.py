"""The refresh: from ledger lines to a published snapshot of every customer's value, segment, group and tier.

Everything before the last transaction may be repeated, after a kill or at once in two processes. A fingerprint equal to
the current snapshot's means that nothing is to be done; one equal to an older snapshot's is calculated anew, because
segments take their identity from the snapshot that is current now.
"""

import time
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from core import runs
from core.money import plain
from core.runs import JobRefused, Lease
from crm import ledger
from crm import selectors as crm
from crm.models import CatalogueVersion
from segmentation import registry, store, tables
from segmentation.jobs import charts, groups, inputs, model_charts, provenance, publishing, scoring, values
from segmentation.jobs.cleaning import remove_abandoned
from segmentation.jobs.inputs import Columns, Options
from segmentation.models import Snapshot
from segmentation.selectors import (
    DEFAULT_DISCOUNT_RATE,
    candidate_snapshot,
    current_snapshot,
    declined_snapshot,
    group_settings,
    publishing_policy,
    refresh_result,
)
from segmentation.services import withdraw_snapshot


def refresh(lease: Lease) -> dict[str, Any]:
    """Kind `segmentation.refresh`; params: version, as_of, unit, holdout_days, engine (null: default), horizon_days."""
    began = time.monotonic()
    version = _version(lease)
    remove_abandoned(lease)
    lease.progress("Reading purchases")
    with ledger.computing(version, engine=lease.run.params.get("engine")) as engine:
        as_of = _as_of(lease)
        totals = inputs.read_totals(engine, as_of)
        options = _options(lease, as_of, totals)
        # A version that differs in events and visits alone holds the same lines, so the results are the same.
        data = crm.lines_held(version)
        fingerprint = runs.fingerprint(data["data"], options, provenance.of_code())
        if (known := _known(lease, fingerprint)) is not None:
            _carry_over(lease, known, version)
            return _finish_known(lease, known)
        snapshot = _building_snapshot(lease, version, options, fingerprint, data | provenance.of_code())
        _calculate(lease, snapshot, engine, options, totals)
    return _load_and_publish(lease, snapshot, began)


def _known(lease: Lease, fingerprint: str) -> Snapshot | None:
    """The results that this would give again: the current ones, those that wait, or those that were turned down.

    What was turned down is calculated anew when a person asks for it.
    """
    for known in (current_snapshot(), candidate_snapshot()):
        if known is not None and known.fingerprint == fingerprint:
            return known
    declined = declined_snapshot()
    is_again = declined is not None and declined.fingerprint == fingerprint and lease.run.params.get("is_automatic")
    return declined if is_again and _is_holding() else None


def _is_holding() -> bool:
    return publishing_policy().is_holding(timezone.localdate())


def _finish_known(lease: Lease, known: Snapshot) -> dict[str, Any]:
    """Nothing to calculate; results that wait although nothing keeps them back any more are shown."""
    if known.state != Snapshot.State.CANDIDATE or _is_holding():
        return refresh_result(known, unchanged=True)
    known.score_table = tables.claim_idle_table(lease)
    _load(lease, known)
    return publishing.publish(lease, known, is_loaded=True)


def _carry_over(lease: Lease, snapshot: Snapshot, version: CatalogueVersion) -> None:
    """The results speak of this version too; the older one is cleared some day, and what follows reads one."""
    with transaction.atomic():
        lease.guard()
        snapshot.catalogue_version = version
        snapshot.save(update_fields=["catalogue_version"])


def _version(lease: Lease) -> CatalogueVersion:
    asked, current = lease.run.params["version"], crm.current_version()
    is_automatic = bool(lease.run.params.get("is_automatic"))
    if current is None or current.pk != asked:
        raise publishing.outdated(is_automatic=is_automatic)
    return current


def _as_of(lease: Lease) -> date:
    asked = lease.run.params["as_of"]
    day = date.fromisoformat(asked) if asked else crm.default_as_of()
    if day is None:
        raise _nobody_bought(lease, "yet")
    return day


def _nobody_bought(lease: Lease, when: str) -> JobRefused:
    if lease.run.params.get("is_automatic"):
        with transaction.atomic():
            lease.guard()
            withdraw_snapshot(by=None)
    return JobRefused(
        "no_customers",
        f"No known customer had bought anything {when}: choose a later date, or upload purchases that name "
        "their customer.",
    )


def _options(lease: Lease, as_of: date, totals: dict[str, Any]) -> Options:
    params = lease.run.params
    if not totals["customers"]:
        raise _nobody_bought(lease, f"by {as_of:%-d %B %Y}")
    holdout = params["holdout_days"]
    if holdout is None:
        holdout = inputs.default_holdout_days(totals["first_on"], as_of)
    rate = params.get("annual_discount_rate", DEFAULT_DISCOUNT_RATE)
    shares, recipe = group_settings().tier_shares, groups.wanted_recipe()
    return Options(as_of, params["unit"], holdout, params["horizon_days"], rate, shares, recipe)


def _building_snapshot(
    lease: Lease, version: CatalogueVersion, options: Options, fingerprint: str, made: dict[str, Any]
) -> Snapshot:
    """The run's own snapshot in the dark; a second attempt continues the first one's."""
    facts = {
        "as_of": options.as_of,
        "unit": options.unit,
        "holdout_days": options.holdout_days,
        "horizon_days": options.horizon_days,
        "fingerprint": fingerprint,
        "catalogue_version": version,
        "provenance": made,
    }
    with transaction.atomic():
        lease.guard()
        snapshot, _ = Snapshot.objects.update_or_create(
            run=lease.run,
            state=Snapshot.State.BUILDING,
            defaults=facts,
            create_defaults={**facts, "created_at": timezone.now()},
        )
    return snapshot


def _calculate(
    lease: Lease, snapshot: Snapshot, engine: ledger.Engine, options: Options, totals: dict[str, Any]
) -> None:
    customers = inputs.read_customers(engine, options.as_of)
    lease.progress("Fitting the value models")
    models = _fit(engine, customers, options, totals)
    lease.progress("Working out each customer's value")
    scored = scoring.score_values(customers, models, options)
    lease.progress("Finding segments")
    found = groups.find_segments(customers, scored.columns, options.recipe)
    ranked = groups.rank_groups(customers, scored.columns, options.tier_shares)
    snapshot.charts = _charts(engine, customers, models, options, totals, found)
    # From here on one refresh at a time: segments continue those of the snapshot before, and the idle table is loaded.
    snapshot.score_table = tables.claim_idle_table(lease)
    found, ids, identity = publishing.reserve_segments(lease, snapshot, found)
    columns = {"customer_key": customers["customer_key"], **scored.columns, **ranked.columns}
    columns["segment_id"] = [ids[label] for label in found.fit.labels]
    lease.progress("Writing scores")
    publishing.write_scores(lease, snapshot, engine.connection, columns)
    _describe(snapshot, models, options, totals, found, ids)
    snapshot.quality |= {"identity": identity, "rfm_boundaries": ranked.boundaries}
    scoring.describe(snapshot, scored, options)
    snapshot.content_hash = provenance.content_hash(snapshot)
    told = groups.explain_groups(found, customers, ranked.columns["tier"])
    snapshot.quality["fidelity"] = {name: tree["fidelity"] for name, tree in told.items()}
    _keep_models(lease, snapshot, models, found, ids, told)


def _fit(engine: ledger.Engine, customers: Columns, options: Options, totals: dict[str, Any]) -> values.Models:
    why_not = values.why_no_holdout(options, (options.as_of - totals["first_on"]).days)
    calibration = None if why_not else inputs.read_calibration(engine, options)
    if calibration is not None and not len(calibration.frequency):
        why_not, calibration = "No known customer had bought anything before the holdout began.", None
    return values.fit_models(customers, calibration, why_not, options, values.latest_good_fit())


def _charts(
    engine: ledger.Engine,
    customers: Columns,
    models: values.Models,
    options: Options,
    totals: dict[str, Any],
    found: groups.Segmentation,
) -> dict[str, Any]:
    return {
        "monthly_revenue": charts.monthly_revenue(engine, totals["first_on"], options.as_of),
        "recent_revenue": charts.recent_revenue(engine, options.as_of),
        **model_charts.model_charts(engine, customers, models, options),
        "base_profile": found.base,
    }


def _describe(
    snapshot: Snapshot,
    models: values.Models,
    options: Options,
    totals: dict[str, Any],
    found: groups.Segmentation,
    ids: list[int],
) -> None:
    """Fill the snapshot's own figures; groups are counted from the written file, so they can't disagree with it."""
    snapshot.totals = {
        name: plain(value) if hasattr(value, "as_tuple") else value if isinstance(value, int) else str(value)
        for name, value in totals.items()
    }
    snapshot.fits = values.fits_report(models)
    snapshot.holdout = values.holdout_report(models, options)
    snapshot.holdout_reason = models.holdout_reason
    snapshot.quality = groups.quality_report(found)
    with store.connection(snapshot, threads=2) as scores:
        tiers = publishing.group_report(scores, "tier", groups.TIERS, totals)
        snapshot.tiers = groups.with_wanted_shares(tiers, options.tier_shares)
        snapshot.rfm_groups = publishing.group_report(scores, "rfm_group", groups.RFM_GROUPS, totals)
        snapshot.charts["value_bands"] = charts.value_bands(scores, totals["revenue"])
        by_segment = publishing.group_report(scores, "segment_id", ids, totals)
    snapshot.customers = sum(entry["size"] for entry in snapshot.tiers)
    profiles = zip(ids, found.profiles, strict=True)
    snapshot.charts["profiles"] = {str(segment_id): profile for segment_id, profile in profiles}
    snapshot.segments = [
        {**entry, "name": name, "segment": entry["name"]} for entry, name in zip(by_segment, found.names, strict=True)
    ]


def _keep_models(
    lease: Lease,
    snapshot: Snapshot,
    models: values.Models,
    found: groups.Segmentation,
    ids: list[int],
    told: dict[str, Any],
) -> None:
    contents: dict[str, dict[str, Any]] = {
        "purchases": {
            "fit": models.purchases.as_dict(),
            "champion": models.champion,
            "fitted_as_of": models.fitted_as_of.isoformat(),
            **_used(models),
        },
        "spend": {"fit": models.spend.as_dict()},
        "segments": {"model": found.model, "segment_ids": ids, "names": found.names},
        "surrogate": {**told, "segment_ids": ids, "tiers": list(groups.TIERS)},
    }
    with transaction.atomic():
        lease.guard()
        for kind, parameters in contents.items():
            registry.save_model(snapshot, kind, parameters, data_fingerprint=snapshot.fingerprint)


def _used(models: values.Models) -> dict[str, Any]:
    return {"used": {"model": models.used.model, **vars(models.used)}}


def _load_and_publish(lease: Lease, snapshot: Snapshot, began: float) -> dict[str, Any]:
    if is_loaded := not _is_holding():
        _load(lease, snapshot)
    lease.progress("Publishing")
    snapshot.seconds = round(time.monotonic() - began, 3)
    return publishing.publish(lease, snapshot, is_loaded=is_loaded)


def _load(lease: Lease, snapshot: Snapshot) -> None:
    tables.load_snapshot(snapshot.score_table, snapshot, lease)

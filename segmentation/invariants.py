"""What must always hold of snapshots, scores and models."""

from django.db.models import Q

from core.invariants import Finding, invariant
from segmentation import registry, store
from segmentation.models import SCORE_TABLES, ModelArtifact, SegmentSummary, Snapshot
from segmentation.selectors import current_snapshot, scores


@invariant(3, "An unpublished snapshot is visible nowhere.")
def nothing_unpublished_is_shown() -> Finding:
    snapshot = current_snapshot()
    if snapshot is not None and snapshot.state != Snapshot.State.PUBLISHED:
        return False, f"The current snapshot {snapshot.pk} is not published."
    unpublished = ~Q(snapshot__state=Snapshot.State.PUBLISHED)
    early = SegmentSummary.objects.filter(unpublished).count()
    models = ModelArtifact.objects.filter(unpublished, state=ModelArtifact.State.CURRENT).count()
    if early or models:
        return False, f"{early} segment summaries and {models} current models belong to unpublished snapshots."
    return True, "Segments and current models all belong to published snapshots."


@invariant(4, "One current snapshot, complete, its file's digest right.")
def the_current_snapshot_is_complete() -> Finding:
    snapshot = current_snapshot()
    if snapshot is None:
        return True, "Nothing is published."
    try:
        with store.connection(snapshot) as opened:
            row = opened.execute("SELECT count(*), count(DISTINCT customer_key) FROM scores").fetchone()
    except store.SnapshotDamaged as damage:
        return False, str(damage)
    rows = scores(snapshot).count()
    foreign = SCORE_TABLES[snapshot.score_table]._default_manager.exclude(snapshot_id=snapshot.pk).count()
    if row != (snapshot.customers, snapshot.customers) or rows != snapshot.customers or foreign:
        return False, f"{snapshot.customers} customers, but {row} in the file, {rows} rows and {foreign} foreign rows."
    sizes = {
        name: sum(entry["size"] for entry in getattr(snapshot, name)) for name in ("segments", "tiers", "rfm_groups")
    }
    if set(sizes.values()) != {snapshot.customers}:
        return False, f"Sizes of groups do not add up to {snapshot.customers} customers: {sizes}."
    return True, f"Snapshot {snapshot.pk}: {rows} customers in its file, its rows and each grouping."


@invariant(4, "At most one snapshot waits for a decision, and none without current ones.")
def one_candidate_waits() -> Finding:
    waiting = Snapshot.objects.filter(state=Snapshot.State.CANDIDATE).count()
    if waiting > 1 or (waiting and current_snapshot() is None):
        return False, f"{waiting} snapshots wait for a decision, current: {current_snapshot()}."
    return True, f"{waiting} snapshots wait for a decision."


@invariant(4, "One current model of each kind, its checksum right.")
def the_current_models_verify() -> Finding:
    snapshot = current_snapshot()
    wanted = {(kind, snapshot.pk) for kind in registry.KINDS} if snapshot else set()
    # Results from before there were explanations have none.
    allowed = wanted | {(kind, snapshot.pk) for kind in registry.OPTIONAL_KINDS} if snapshot else wanted
    current = ModelArtifact.objects.filter(state=ModelArtifact.State.CURRENT)
    found = {(artifact.kind, artifact.snapshot_id) for artifact in current}
    if not wanted <= found <= allowed:
        return False, "The current models are not exactly those of the current snapshot."
    for artifact in current:
        try:
            registry.verified_parameters(artifact)
        except registry.ModelRefused as refusal:
            return False, str(refusal)
    return True, f"{len(found)} models, all verified."


@invariant(6, "Rows of scores speak of one snapshot.")
def tables_hold_one_snapshot_each() -> Finding:
    mixed = [
        name
        for name, table in SCORE_TABLES.items()
        if table._default_manager.values("snapshot_id").distinct()[:2].count() > 1
    ]
    return not mixed, "Table " + " and ".join(mixed) + " mixes snapshots." if mixed else "No table mixes two."

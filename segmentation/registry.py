"""The model registry: fitted models as JSON numbers, and a check that refuses whatever changed since."""

import hashlib
import json
from importlib.metadata import version
from typing import Any

from django.utils import timezone

from segmentation.models import ModelArtifact, Snapshot

FORMAT_VERSION = 1
KINDS = ("purchases", "spend", "segments")
OPTIONAL_KINDS = ("surrogate",)
LIBRARIES = ("duckdb", "numpy", "pandas", "scipy", "scikit-learn")


def library_versions() -> dict[str, str]:
    """Of the libraries that calculate."""
    return {name: version(name) for name in LIBRARIES}


class ModelRefused(Exception):
    """A stored model does not verify; the message says what to do."""


def save_model(snapshot: Snapshot, kind: str, parameters: dict[str, Any], *, data_fingerprint: str) -> ModelArtifact:
    """Keep a candidate; it becomes current when its snapshot is published. Saving again replaces the candidate."""
    artifact = ModelArtifact(
        kind=kind,
        snapshot=snapshot,
        format_version=FORMAT_VERSION,
        # What the database will give back, so that the checksum speaks of that.
        parameters=json.loads(json.dumps(parameters, allow_nan=False)),
        data_fingerprint=data_fingerprint,
        library_versions=library_versions(),
        created_at=timezone.now(),
    )
    artifact.checksum = checksum_of(artifact)
    ModelArtifact.objects.filter(snapshot=snapshot, kind=kind).delete()
    artifact.save()
    return artifact


def load_model(kind: str, *, snapshot: Snapshot) -> dict[str, Any]:
    """The verified parameters of a snapshot's model; raises ModelRefused."""
    artifact = ModelArtifact.objects.filter(snapshot=snapshot, kind=kind).first()
    if artifact is None:
        raise ModelRefused(f"There is no model of kind {kind} with results {snapshot.pk}: compute them again.")
    return verified_parameters(artifact)


def verified_parameters(artifact: ModelArtifact) -> dict[str, Any]:
    """The parameters, if format and checksum are right; raises ModelRefused."""
    if artifact.format_version != FORMAT_VERSION:
        raise ModelRefused(f"The model {artifact.kind} was written by another version: compute the results again.")
    if artifact.checksum != checksum_of(artifact):
        raise ModelRefused(f"The stored model {artifact.kind} was altered or damaged: compute the results again.")
    parameters: dict[str, Any] = artifact.parameters
    return parameters


def checksum_of(artifact: ModelArtifact) -> str:
    """SHA-256 over everything that a model's meaning depends on."""
    parts = [
        artifact.kind,
        artifact.format_version,
        artifact.data_fingerprint,
        artifact.library_versions,
        _exact(artifact.parameters),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _exact(value: Any) -> Any:
    """Numbers bit by bit: a database may give 1.0 back as 1, but never another float."""
    if isinstance(value, dict):
        return {key: _exact(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_exact(entry) for entry in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value).hex()
    return value

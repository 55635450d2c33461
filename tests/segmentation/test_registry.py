"""Stored models: numbers come back exactly, and nothing that changed is believed."""

from typing import Any

import pytest

from segmentation import registry
from segmentation.models import ModelArtifact, Snapshot
from tests.factories import make_segment_summary

pytestmark = pytest.mark.django_db

PARAMETERS = {
    "r": 0.1 + 0.2,
    "small": 1e-300,
    "large": 1e22,
    "whole": 3.0,
    "names": ["a", "b"],
    "ok": True,
    "none": None,
}


@pytest.fixture
def snapshot() -> Snapshot:
    return make_segment_summary().snapshot


def saved(snapshot: Snapshot, **changes: Any) -> ModelArtifact:
    artifact = registry.save_model(snapshot, "purchases", PARAMETERS, data_fingerprint="f" * 64)
    ModelArtifact.objects.filter(pk=artifact.pk).update(**changes)
    return artifact


def test_load_gives_back_every_bit(snapshot: Snapshot) -> None:
    saved(snapshot)
    assert registry.load_model("purchases", snapshot=snapshot) == PARAMETERS


def test_load_refuses_a_flipped_bit(snapshot: Snapshot) -> None:
    flipped = {**PARAMETERS, "r": 0.1 + 0.2 + 2**-54}
    assert flipped["r"] != PARAMETERS["r"]
    saved(snapshot, parameters=flipped)
    with pytest.raises(registry.ModelRefused, match="altered or damaged"):
        registry.load_model("purchases", snapshot=snapshot)


@pytest.mark.parametrize(
    "changes",
    [{"data_fingerprint": "e" * 64}, {"library_versions": {}}, {"checksum": "0" * 64}, {"parameters": {}}],
)
def test_load_refuses_whatever_else_was_changed(snapshot: Snapshot, changes: dict[str, Any]) -> None:
    saved(snapshot, **changes)
    with pytest.raises(registry.ModelRefused, match="compute the results again"):
        registry.load_model("purchases", snapshot=snapshot)


def test_load_refuses_another_format(snapshot: Snapshot) -> None:
    saved(snapshot, format_version=registry.FORMAT_VERSION + 1)
    with pytest.raises(registry.ModelRefused, match="another version"):
        registry.load_model("purchases", snapshot=snapshot)


def test_load_of_a_model_that_is_not_there_says_so(snapshot: Snapshot) -> None:
    with pytest.raises(registry.ModelRefused, match="no model of kind spend"):
        registry.load_model("spend", snapshot=snapshot)


def test_save_refuses_what_is_no_number(snapshot: Snapshot) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        registry.save_model(snapshot, "purchases", {"r": float("nan")}, data_fingerprint="")

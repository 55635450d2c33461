"""What the browser loads: vendored files as the manifest says, icons that exist, nothing that the policy forbids."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from scripts.vendor_assets import ASSETS, ICON_NAMES, ICONS, SOURCE_MAP

STATIC = settings.BASE_DIR / "static"
VENDOR = STATIC / "vendor"
# The report as one file is opened from a disk, where there is no stylesheet beside it and no policy above it.
SELF_CONTAINED = {"report_file.html"}
TEMPLATES = sorted(
    path for path in (settings.BASE_DIR / "templates").rglob("*.html") if path.name not in SELF_CONTAINED
)
MANIFEST_STORAGE = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))["assets"]


def recorded_files() -> list[dict[str, Any]]:
    return [file for asset in MANIFEST for file in [*asset["files"], asset["licence_text"]]]


def test_every_vendored_file_is_the_one_in_the_manifest() -> None:
    for file in recorded_files():
        data = (VENDOR / file["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"]), file["path"]


def test_nothing_stands_in_the_folder_that_the_manifest_does_not_name() -> None:
    present = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert present == {file["path"] for file in recorded_files()} | {"manifest.json"}


def test_manifest_has_the_versions_that_the_script_would_fetch() -> None:
    recorded = {asset["name"]: (asset["version"], asset["licence"]) for asset in MANIFEST}
    assert recorded == {asset.name: (asset.version, asset.licence) for asset in (*ASSETS, ICONS)}


def test_vendored_files_stay_small_and_point_to_no_source_map() -> None:
    assert sum(file["bytes"] for file in recorded_files()) < 3_000_000
    for path in [*VENDOR.glob("*.js"), *VENDOR.glob("*.css")]:
        assert b"sourceMappingURL=" not in path.read_bytes(), path.name


@pytest.mark.parametrize(
    "text", [b"x()\n//# sourceMappingURL=a.js.map", b"a{}\n/*# sourceMappingURL=a.css.map */\n"], ids=["js", "css"]
)
def test_source_map_comments_are_taken_off(text: bytes) -> None:
    assert SOURCE_MAP.sub(b"", text) in {b"x()", b"a{}"}


def test_sprite_holds_every_icon_of_the_list_once() -> None:
    found = re.findall(r'<symbol id="([^"]+)"', (VENDOR / "icons.svg").read_text(encoding="utf-8"))
    assert found == list(ICON_NAMES)


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    pattern = re.compile(r"""(?:\{% icon |\bicon(?:_name)?=|empty_icon=)"([a-z0-9-]+)\"""")
    named = {(path.name, name) for path in TEMPLATES for name in pattern.findall(path.read_text(encoding="utf-8"))}
    assert len(named) > 20
    assert {(file, name) for file, name in named if name not in ICON_NAMES} == set()


def test_names_with_fingerprints_can_be_made_of_all_files(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": MANIFEST_STORAGE}}
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text(encoding="utf-8"))["paths"]
    assert names["vendor/icons.svg"] != "vendor/icons.svg"
    style = (tmp_path / names["insiders/insiders.css"]).read_text(encoding="utf-8")
    assert Path(names["vendor/inter-latin.woff2"]).name in style


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_nothing_that_the_policy_would_refuse(path: Path) -> None:
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"))
    assert not re.search(r"""\sstyle=|\son[a-z]+=|hx-on|javascript:|<style""", text), "inline style or script"
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline script"
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text), "something from another origin"
    assert not re.search(r"""hx-trigger="[^"]*\[""", text), "an htmx filter is evaluated code"


def test_our_scripts_and_styles_evaluate_nothing_and_fetch_nothing_from_elsewhere() -> None:
    for path in (STATIC / "insiders").iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"\beval\(|new Function|innerHTML|https?://", text), path.name

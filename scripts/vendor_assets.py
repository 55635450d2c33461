"""Refresh static/vendor from npm: `python -m scripts.vendor_assets`.

Needs npm on the machine of whoever refreshes them; nobody else does, because what it writes is committed. Versions are
pinned here, the manifest records what was written, and a test holds manifest and files together.
"""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"

# A map that is not shipped would make the manifest storage fail, and browsers ask for it in vain.
SOURCE_MAP = re.compile(rb"\s*(?://# sourceMappingURL=[^\n]*|/\*# sourceMappingURL=.*?\*/)\s*$", re.DOTALL)


@dataclass(frozen=True)
class Asset:
    """One npm package: which of its files we ship, under which name, and where its licence text stands."""

    name: str
    version: str
    licence: str
    files: dict[str, str]
    licence_member: str = ""  # empty: the package carries none, its text is kept by hand in licences/
    licence_file: str = field(default="")


ASSETS = (
    Asset(
        "@tabler/core",
        "1.6.1",
        "MIT",
        {"dist/css/tabler.min.css": "tabler.min.css", "dist/js/tabler.min.js": "tabler.min.js"},
        licence_file="tabler.txt",
    ),
    Asset(
        "@alpinejs/csp",
        "3.17.4",
        "MIT",
        {"dist/cdn.min.js": "alpine-csp.min.js"},
        licence_file="alpine.txt",
    ),
    Asset("htmx.org", "2.0.11", "0BSD", {"dist/htmx.min.js": "htmx.min.js"}, "LICENSE", "htmx.txt"),
    Asset("tus-js-client", "4.3.1", "MIT", {"dist/tus.min.js": "tus.min.js"}, "LICENSE", "tus.txt"),
    Asset("echarts", "6.1.0", "Apache-2.0", {"dist/echarts.min.js": "echarts.min.js"}, "LICENSE", "echarts.txt"),
    Asset(
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        {
            "files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
            "files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
        },
        "LICENSE",
        "inter.txt",
    ),
)

ICONS = Asset("@tabler/icons", "3.51.0", "MIT", {}, "LICENSE", "tabler-icons.txt")
ICON_LIST = """
    activity adjustments alert-circle alert-triangle api arrow-back-up arrow-down arrow-left arrow-right arrow-up
    arrows-sort ban bell bolt box brand-github bulb calendar calendar-event cash chart-bar chart-dots chart-donut
    chart-histogram chart-line check checks chevron-down chevron-left chevron-right chevron-up circle-check circle-minus
    circle-plus circle-x clipboard-check clock cloud-off coin columns copy crown database device-floppy dots
    dots-vertical download edit equal external-link eye eye-off file file-analytics file-report file-spreadsheet
    file-upload filter flag flask folder forms gauge gift hash help-circle history home hourglass id inbox info-circle
    key keyboard language layout-dashboard link list list-check list-details loader-2 lock logout mail map-pin menu-2
    message minus mood-empty moon note package percentage player-pause player-play player-stop plug plus point pointer
    receipt receipt-refund refresh report-analytics rotate rubber-stamp scale search send settings shield shield-check
    shopping-cart sitemap sparkles star stack-2 sun sun-moon table table-export tag target thumb-down thumb-up timeline
    trash trending-down trending-up trophy upload user user-check user-circle user-minus user-plus user-question
    user-search user-star users users-group webhook wallet world x zoom-question
"""
ICON_NAMES = tuple(ICON_LIST.split())


def fetch(asset: Asset, folder: Path) -> Path:
    """Unpack one package at its pinned version and return the folder that holds it."""
    command = ["npm", "pack", f"{asset.name}@{asset.version}", "--silent", "--pack-destination", str(folder)]
    packed = subprocess.run(command, check=True, capture_output=True, text=True)
    target = folder / asset.name.replace("/", "-")
    with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def recorded(path: str) -> dict[str, Any]:
    data = (VENDOR / path).read_bytes()
    return {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def copy_files(asset: Asset, package: Path) -> list[str]:
    for source, name in asset.files.items():
        data = (package / source).read_bytes()
        text = name.endswith((".js", ".css"))
        (VENDOR / name).write_bytes(SOURCE_MAP.sub(b"", data).rstrip() + b"\n" if text else data)
    return list(asset.files.values())


def copy_licence(asset: Asset, package: Path) -> str:
    path = f"licences/{asset.licence_file}"
    if asset.licence_member:
        (VENDOR / path).write_bytes((package / asset.licence_member).read_bytes())
    return path


def sprite(package: Path) -> str:
    """One SVG file with a <symbol> per icon, so that pages fetch the shapes once and style them with CSS."""
    symbols = []
    for name in ICON_NAMES:
        source = (package / "icons" / "outline" / f"{name}.svg").read_text(encoding="utf-8")
        shapes = " ".join(re.findall(r"<(?!svg|/svg|path stroke=\"none\")[^>]+>", source))
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def entry(asset: Asset, package: Path) -> dict[str, Any]:
    names = copy_files(asset, package)
    if asset is ICONS:
        (VENDOR / "icons.svg").write_text(sprite(package), encoding="utf-8")
        names = ["icons.svg"]
    return {
        "name": asset.name,
        "version": asset.version,
        "licence": asset.licence,
        "licence_text": recorded(copy_licence(asset, package)),
        "files": [recorded(name) for name in names],
    }


def main() -> None:
    VENDOR.joinpath("licences").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        assets = [entry(asset, fetch(asset, Path(folder))) for asset in (*ASSETS, ICONS)]
    manifest = json.dumps({"assets": assets}, indent=2) + "\n"
    (VENDOR / "manifest.json").write_text(manifest, encoding="utf-8")
    sys.stdout.write(f"{sum(len(asset['files']) for asset in assets)} files written to {VENDOR}\n")


if __name__ == "__main__":
    main()

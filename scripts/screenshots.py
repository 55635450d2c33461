"""The README's pictures, taken from a running installation: python -m scripts.screenshots URL NAME PASSWORD."""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
WINDOW: ViewportSize = {"width": 1280, "height": 860}
PAGES = {
    "today": "/",
    "insiders": "/insiders/",
    "rules": "/insiders/rules/",
    "report": "/report/",
    "customers": "/customers/",
    "segments": "/segments/",
    "lab": "/segments/lab/",
    "anomalies": "/anomalies/",
    "models": "/models/",
    "uploads": "/uploads/",
    "transactions": "/transactions/",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("url", "name", "password"):
        parser.add_argument(name)
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = sign_in(browser, options.url, options.name, options.password)
        for name, path in PAGES.items():
            take(page, options.url + path, FOLDER / f"{name}.png")
        page.goto(options.url + "/uploads/")
        page.locator("tbody th a").first.click()
        take(page, page.url, FOLDER / "result.png")
        page.goto(options.url + "/customers/")
        page.locator("tbody th a").first.click()
        take(page, page.url, FOLDER / "customer.png")
        page.evaluate("window.insidersTheme.choose('dark')")
        take(page, options.url + "/insiders/", FOLDER / "insiders-dark.png")
        browser.close()


def sign_in(browser: Browser, url: str, name: str, password: str) -> Page:
    page = browser.new_page(viewport=WINDOW, reduced_motion="reduce", locale="en-GB")
    page.goto(url)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(url + "/")
    return page


def take(page: Page, url: str, target: Path) -> None:
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)  # charts draw after their data
    page.screenshot(path=target)


if __name__ == "__main__":
    main()

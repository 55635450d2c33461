"""A browser sends a file to the installation as it is run, and every web process is killed in the middle."""

import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.supervised import Supervisor, accounts
from tests.e2e.test_transfers import digest
from tests.e2e.test_transfers import orders as orders

KNOWN = "hash => fetch('/api/v1/uploads/incoming/?sha256=' + hash).then(answer => answer.json())"


def test_killed_web_processes_cost_nothing_that_was_acknowledged(
    start: Callable[..., Supervisor], browser: Browser, orders: Path
) -> None:
    supervisor = start()
    supervisor.wait_until_ready()
    with browser.new_context(base_url=f"http://127.0.0.1:{supervisor.port}") as context:
        page = context.new_page()
        name, password = accounts(supervisor.output)[0]
        page.goto("/sign-in/?next=/uploads/")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/uploads/")
        network = context.new_cdp_session(page)
        slow = {"offline": False, "latency": 5, "downloadThroughput": 10_000_000, "uploadThroughput": 8_000_000}
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", slow)
        page.locator("#drop-files").set_input_files(orders)
        expect(page.locator(".transfer-text")).to_have_text(re.compile(r"^2\d\.\d MB of 45\.6 MB"), timeout=60_000)
        for process in web_processes(supervisor):
            os.kill(process, signal.SIGKILL)
        page.wait_for_url("**/uploads/*/", timeout=90_000)
        [known] = page.evaluate(KNOWN, digest(orders))
        assert page.url.endswith(known["page"])


def web_processes(supervisor: Supervisor) -> set[int]:
    """gunicorn and its workers."""
    listing = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=1) for line in listing.splitlines()]
    named = {int(process) for process, arguments in rows if "gunicorn config.wsgi" in arguments}
    assert named & supervisor.family()
    return named & supervisor.family()

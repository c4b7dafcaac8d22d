"""What every test of a screen shares: Debian's Chromium, quiet and without a profile.

Rule: pytest-playwright's own `page` fixture is what tests use; nothing is downloaded, and no test reaches beyond
loopback.
"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from playwright.sync_api import expect

# No test depends on how fast the machine is: hypothesis would fail an example that once took 200 ms.
settings.register_profile("gate", deadline=None)
settings.load_profile("gate")
# Nor does any on how soon a screen is drawn while other tests run.
expect.set_options(timeout=30_000)

# Chromium without its own windows: the same engine for less than half the work.
CHROMIUM = "/usr/bin/chromium-headless-shell"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def base_url() -> str:
    """None: each test starts its own server on a free port and says where it goes.

    It also takes the place of pytest-playwright's own fixture, which newer pytest warns about.
    """
    return ""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium in place of a downloaded one."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": list(QUIET)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """The gate's screen: 1280 x 800, touched with a finger. A test sets another size by `page.set_viewport_size`."""
    return {**browser_context_args, "viewport": {"width": 1280, "height": 800}, "has_touch": True}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a browser go last: once it ran, Playwright's event loop stays in the thread, and no other can run.

    The longest files go first among their like, so that no worker is left alone with one at the end.
    """
    with_browser, long = (_files(items, marker) for marker in (("browser",), ("faults", "guard_day", "long")))
    items.sort(key=lambda item: (item.path in with_browser, item.path not in long))


def _files(items: list[pytest.Item], markers: tuple[str, ...]) -> set[Path]:
    return {item.path for item in items if any(item.get_closest_marker(marker) for marker in markers)}

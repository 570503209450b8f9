"""A real headless Chromium that looks at a page: what it shows, what it complains of, what it asks for."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine; Debian's package is `chromium`"
)

QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Chromium itself asks for nothing: what is asked for is the page's."""


@dataclass
class Visit:
    """A page that is open."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of its console, and exceptions of its scripts."""
    requests: list[str] = field(default_factory=list)
    """Addresses that it asked for, the page itself among them; not those within it (data:, blob:)."""


@contextmanager
def visit(
    address: str | Path,
    *,
    scheme: Literal["light", "dark"] = "light",
    width: int = 1200,
    height: int = 900,
    script: bool = True,
) -> Iterator[Visit]:
    """Open a URL, or a file, in a fresh profile; `script=False` turns JavaScript off."""
    url = address.resolve().as_uri() if isinstance(address, Path) else address
    # a browser that runs as root, as in most containers, has no sandbox
    options = [*QUIET, "--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else [*QUIET]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=script
        )
        seen = Visit(page)
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: seen.complaints.append(message.text) if message.type in {"error", "warning"} else None,
        )
        page.on("request", lambda request: seen.requests.append(request.url))
        page.goto(url, wait_until="load")
        try:
            yield seen
        finally:
            browser.close()

"""A Chromium for the browser tests."""

import shutil

from . import apt
from .console import Console
from .errors import SuiteError
from .layout import Layout

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def ensure(layout: Layout, console: Console) -> None:
    """Install Chromium when no browser is there that Odoo's tests can drive.

    Without one Odoo skips the browser tests and says so, which is why it is no error.
    """
    if any(shutil.which(program) for program in _PROGRAMS):
        return
    try:
        apt.install(["chromium", "fonts-liberation"], layout, console, "browser tests")
    except SuiteError as error:
        console.warn(f"{error.message}; browser tests will be skipped. {error.hint}")

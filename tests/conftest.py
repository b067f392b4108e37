"""A demo of its own for the suite-level tests: scratch database, scratch port."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.suite import demo, modules, ports, runtime
from tools.suite.console import Console
from tools.suite.layout import here

sys.path.insert(0, str(Path(__file__).parent))
from web import Browser

USERS = demo.logins(runtime.discover(here().root))


@dataclass(frozen=True)
class Demo:
    """A demo that is up.

    :param runtime: what runs it
    :param settings: its database, port and state
    """

    runtime: runtime.Runtime
    settings: demo.Settings

    def browser(self) -> Browser:
        """Return a new session, nobody logged in."""
        return Browser(f"http://127.0.0.1:{self.settings.port}")


@pytest.fixture(scope="session")
def running_demo() -> Iterator[Demo]:
    """Bring a demo up as ``make demo`` does, and take it down afterwards."""
    layout = here()
    ready = runtime.bootstrap(layout, Console(), os.environ)
    settings = demo.Settings(
        database=f"{modules.prefix_of(ready)}_e2e",
        port=ports.free_port(),
        state_file=layout.runtime / "e2e.json",
    )
    demo.stop(settings)
    settings.state_file.unlink(missing_ok=True)
    ready.databases.drop(settings.database)
    demo.up(ready, settings)
    yield Demo(ready, settings)
    demo.stop(settings)
    settings.state_file.unlink()
    ready.databases.drop(settings.database)


@pytest.fixture(params=USERS, ids=lambda user: user["login"])
def user(request) -> dict[str, str]:
    """Each demo user in turn."""
    return request.param

"""Overrides of the addons, all installed together."""

import json
from pathlib import Path

_PROGRAM = """
import json, pathlib, sys
sys.path.insert(0, {folder!r})
import overrides
pathlib.Path({target!r}).write_text(json.dumps(overrides.found(env, {modules!r})))
"""


def test_overrides_take_whatever_may_be_passed_to_what_they_override(
    running_demo, tmp_path
):
    target = tmp_path / "found.json"
    program = _PROGRAM.format(
        folder=str(Path(__file__).parent),
        target=str(target),
        modules=sorted(running_demo.runtime.addons),
    )
    running_demo.runtime.run_odoo(
        f"--database={running_demo.settings.database}",
        "--no-http",
        "--max-cron-threads=0",
        "--log-level=warn",
        subcommand="shell",
        stdin=program,
        log=tmp_path / "shell.log",
    )
    count, lacking = json.loads(target.read_text())
    assert count > 50
    assert not lacking

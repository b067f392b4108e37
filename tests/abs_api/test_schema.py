"""The served API is what its OpenAPI document says, whatever is sent."""

import json
import os
import subprocess
import sys
from pathlib import Path

from abs_api.people import AGENT

HERE = Path(__file__).parent
# What no run comes near: a minute on a machine at rest, several on one that is busy.
SECONDS = 900
EXAMPLES = 4
CONTACTS = 8
# They end the login with which all others are called.
ENDS_LOGIN = ("logout", "change_password")


def test_every_answer_is_as_the_document_says(house, phone):
    token = phone.log_in(AGENT).json()["access_token"]
    ids = _records(phone, token)
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        f"--config-file={HERE / 'schemathesis.toml'}",
        "run",
        f"{house.address}/api/openapi.json",
        f"--header=Authorization: Bearer {token}",
        "--checks=all",
        "--phases=examples,coverage,fuzzing",
        f"--max-examples={EXAMPLES}",
        "--seed=20261128",
        "--generation-deterministic",
        # A NUL is refused before anything is read.
        "--generation-allow-x00=false",
        "--workers=2",
        "--continue-on-failure",
        "--no-color",
        *(f"--exclude-operation-id={name}" for name in ENDS_LOGIN),
    ]
    done = subprocess.run(
        command,
        # Its hooks are looked for there.
        cwd=HERE,
        env={**os.environ, "ABS_API_IDS": json.dumps(ids)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _records(phone, token):
    """Return ids of records that the agent sees, by the name of a path's parameter."""
    contacts = [
        phone.post("/contacts", {"name": f"Seen {number}"}, token).json()["partner_id"]
        for number in range(CONTACTS)
    ]
    member = phone.get("/auth/me", token).json()["memberships"][0]
    return {
        "contact_id": contacts,
        "customer_id": contacts,
        "account_id": [member["account"]["id"]],
        "member_id": [member["id"]],
    }

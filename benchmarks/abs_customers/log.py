"""What the server's log says of each request."""

import json
import re

_ENTRY = re.compile(r"base_json_api\.access: (\{.*\})\s*$")
_RPC = re.compile(
    r'"POST /web/dataset/call_kw/(?P<name>bench-\d+)\S* HTTP/\S+" 200 - '
    r"(?P<queries>\d+) (?P<sql>[\d.]+) (?P<rest>[\d.]+)"
)


def read(path):
    """Return `queries`, `sql_ms` and `ms` of requests, by the name they were sent with.

    Odoo writes to the millisecond, the API to a tenth.
    """
    found = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if match := _ENTRY.search(line):
            entry = json.loads(match[1])
            found[entry["request_id"]] = entry
        elif match := _RPC.search(line):
            sql, rest = float(match["sql"]), float(match["rest"])
            found[match["name"]] = {
                "queries": int(match["queries"]),
                "sql_ms": 1000 * sql,
                "ms": 1000 * (sql + rest),
            }
    return found

"""One line a request: who asked for what, and how it went. No secrets in it."""

import json
import logging
import threading
import time
from typing import TYPE_CHECKING

from odoo.http import Response

if TYPE_CHECKING:
    from .call import Call

_logger = logging.getLogger("odoo.addons.base_json_api.access")


def write_when_sent(call: "Call", response: Response) -> None:
    """Write the line once the answer is out, and tell the API's observer.

    Only then is its transaction over; a try that Odoo repeats leaves no line.
    """

    entry = _entry(call, response)

    def write() -> None:
        entry["ms"] = round((time.perf_counter() - call.started) * 1000, 1)
        try:
            if call.api.observe:
                call.api.observe(entry)
        finally:
            _logger.info("%s", json.dumps(entry, ensure_ascii=False))

    response.call_on_close(write)


def _entry(call: "Call", response: Response) -> dict:
    thread = threading.current_thread()
    problem, endpoint = call.problem, call.endpoint
    entry = {
        "request_id": call.request_id,
        "api": call.api.name,
        "principal": call.principal.key if call.principal else None,
        "ip": call.ip,
        "method": call.method,
        # The pattern: what stands in the path itself may be secret.
        "route": endpoint.route if endpoint and not endpoint.hidden else None,
        "status": response.status_code,
        # Odoo forgets its counts when it writes its own line, before the answer is out.
        "queries": getattr(thread, "query_count", 0),
        "sql_ms": round(getattr(thread, "query_time", 0) * 1000, 1),
        "bytes": response.content_length or 0,
    }
    if problem:
        entry["code"] = problem.code
    if call.error:
        entry["exception"] = call.error
    return entry

"""What every page pays for: the registry, the menus and the views of the web client."""

import time

from odoo.modules.registry import Registry

REPEATS = 5


def run(env):
    """Measure a cold registry, and the menus without and with their cache."""
    yield _result("registry, cold", _seconds(lambda: Registry.new(env.cr.dbname)))
    menus = env["ir.ui.menu"]
    env.registry.clear_all_caches()
    yield _result("menus, cold", _seconds(lambda: menus.load_web_menus(False)))
    yield _result("menus, cached", _median(lambda: menus.load_web_menus(False)))
    for model in ("sale.order", "stock.lot", "account.move"):
        env.registry.clear_all_caches()
        views = env[model]
        yield _result(
            f"form and list of {model}, cold",
            _seconds(
                lambda views=views: views.get_views([(False, "list"), (False, "form")])
            ),
        )


def _result(name, seconds):
    return {"name": name, "value": seconds * 1000, "unit": "ms"}


def _seconds(call):
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _median(call):
    return sorted(_seconds(call) for _ in range(REPEATS))[REPEATS // 2]

"""Receiving devices: the whole manifest beside Odoo's own receipt of as many serials.

Native means that serials are put on the receipt's lines and validated, which is all
that Odoo does. Ours reads the supplier's file, takes one scan a device, and then
receives: lots, stock, custody, movements and the journal entry.
"""

import base64
import time

from odoo.addons.device_inventory.demo import story

COUNT = 1000


def run(env):
    """Measure both ways on COUNT devices, and the cost of one scan."""
    story.load_demo(env)
    played = story.Story(env, lambda text: None)
    devices = story.manifest_files.devices(2 * COUNT)
    native = _receive_natively(env, played, devices[COUNT:])
    manifest = played.as_user(
        "warehouse", played.order(devices[:COUNT]).device_manifest_ids
    )
    upload = _timed(env, lambda: _upload(manifest))
    scan_times, queries = _scan(env, manifest, devices[:COUNT])
    complete = _timed(env, manifest.action_mark_complete)
    yield _result("native: serials on the receipt, validated", native, "s")
    yield _result("ours: file read, checked and imported", upload, "s")
    yield _result("ours: Mark Complete", complete, "s")
    yield _result(
        "ours: upload and Mark Complete / native", (upload + complete) / native, "x"
    )
    yield _result("ours: devices a second", COUNT / (upload + complete), "1/s")
    yield _result("one scan, median", 1000 * scan_times[len(scan_times) // 2], "ms")
    yield _result(
        "one scan, 95th percentile",
        1000 * scan_times[len(scan_times) * 95 // 100],
        "ms",
    )
    yield _result("one scan, queries at most", max(queries), "")


def _receive_natively(env, played, devices):
    """Receive the serials of a plain product the way Odoo's own screens do."""
    product = env["product.product"].create(
        {"name": "Native", "type": "consu", "is_storable": True, "tracking": "serial"}
    )
    order = env["purchase.order"].create(
        {
            "partner_id": played.ref("partner_supplier").id,
            "order_line": [
                (0, 0, {"product_id": product.id, "product_qty": len(devices)}),
            ],
        }
    )
    order.button_confirm()
    return _timed(env, lambda: _validate_serials(order.picking_ids, devices))


def _validate_serials(picking, devices):
    move = picking.move_ids
    move.move_line_ids.unlink()
    move.write(
        {
            "picked": True,
            "move_line_ids": [
                (
                    0,
                    0,
                    {
                        "product_id": move.product_id.id,
                        "product_uom_id": move.product_id.uom_id.id,
                        "picking_id": picking.id,
                        "location_id": move.location_id.id,
                        "location_dest_id": move.location_dest_id.id,
                        "lot_name": device["imei"],
                        "quantity": 1,
                    },
                )
                for device in devices
            ],
        }
    )
    picking.button_validate()


def _upload(manifest):
    table = story.manifest_files.table(2 * COUNT)[: COUNT + 1]
    content = story.manifest_files.xlsx(table)
    wizard = manifest.env["device.manifest.upload"].create(
        {
            "manifest_id": manifest.id,
            "file_name": "benchmark.xlsx",
            "file": base64.b64encode(content),
        }
    )
    wizard.action_read()
    wizard.action_check()
    wizard.action_import()


def _scan(env, manifest, devices):
    times, queries = [], []
    for device in devices:
        env.flush_all()
        env.invalidate_all()
        before = env.cr.sql_log_count
        times.append(
            _timed(env, lambda device=device: manifest.scan_device(device["imei"]))
        )
        queries.append(env.cr.sql_log_count - before)
    return sorted(times), queries[1:]


def _timed(env, call):
    env.flush_all()
    started = time.perf_counter()
    call()
    env.flush_all()
    return time.perf_counter() - started


def _result(name, value, unit):
    return {"name": name, "value": value, "unit": unit}

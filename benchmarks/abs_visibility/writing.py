"""What governed writes cost with the indexes of a candidate; all is rolled back."""

import statistics
import time

from abs_visibility.candidates import LEDGER
from abs_visibility.dataset import AGENTS

FEW = 200
MANY = 5000
_INSERT = f"""
    INSERT INTO {LEDGER}
        (order_id, account_id, actor_id, state, access, date_from, is_stamped)
    SELECT unnest(%(ids)s), %(account)s, %(actor)s, 'active', 'binding',
           now()::timestamp, TRUE
"""
_EXPIRE = f"""
    UPDATE {LEDGER} SET state = 'expired', date_to = now()::timestamp
     WHERE order_id = ANY(%(ids)s) AND state = 'active' AND account_id = %(account)s
"""
_STAMP = """
    UPDATE sale_order SET x_sa_id = %(account)s, x_actor_id = %(actor)s
     WHERE id = ANY(%(ids)s)
"""


def measure(cr, values):
    """Yield `(name, milliseconds)`: the median of one order, the time of many.

    :param dict values: what `dataset.fill` returned
    """
    cr.execute("SAVEPOINT writing")
    yield "create one order, its row and stamps", _create(cr, values)
    yield f"reassign {MANY} orders", _reassign(cr, values)
    cr.execute("ROLLBACK TO SAVEPOINT writing")


def _create(cr, values):
    cr.execute(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
        " WHERE attrelid = 'sale_order'::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attname NOT IN ('id', 'date_order', 'x_sa_id', 'x_actor_id')"
    )
    columns = cr.fetchone()[0]
    insert = (
        f"INSERT INTO sale_order (id, date_order, {columns})"
        f" SELECT %(order)s, now()::timestamp, {columns}"
        " FROM sale_order WHERE id = %(model)s"
    )
    times = []
    for number in range(FEW):
        cr.execute("SELECT nextval('sale_order_id_seq')")
        order = cr.fetchone()[0]
        account = 2 + number % 190
        actor = values["agents"] + (account - 1) * AGENTS + 1
        given = {"order": order, "model": values["order"], "ids": [order]}
        given |= {"account": account, "actor": actor}
        times.append(_time(cr, (insert, _INSERT, _STAMP), given))
    return statistics.median(times)


def _reassign(cr, values):
    actor = values["agents"] + 1
    cr.execute(
        f"SELECT order_id FROM {LEDGER} WHERE state = 'active' AND account_id = 1"
        " AND actor_id = %s LIMIT %s",
        [actor, MANY],
    )
    ids = [row[0] for row in cr.fetchall()]
    given = {"ids": ids, "account": 1, "actor": actor + 1}
    return _time(cr, (_EXPIRE, _INSERT, _STAMP), given)


def _time(cr, statements, values):
    started = time.perf_counter()
    for statement in statements:
        cr.execute(statement, values)
    return 1000 * (time.perf_counter() - started)

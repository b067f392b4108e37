"""A million orders of two hundred Service Accounts, written by SQL.

One Service Account holds a tenth of the orders, the others share the rest. Orders come
in all Service Accounts at the same time, so what one holds is spread over the table;
their dates rise with their ids. What lies in the past alone is there as well: the
orders of the last Service Account, and those of the tenth agent of each, are of the
first fifth of the time. Fifteen in a hundred have no actor, one in a hundred is held
by a second Service Account, a fifth has a row of history in the ledger.

The ledger's table is made as the addon's model makes it, with `is_stamped` for rows
that the stamps of their order show.
"""

from contextlib import contextmanager

from abs_visibility.candidates import LEDGER

ORDERS = 1_000_000
ACCOUNTS = 200
CUSTOMERS = 10_000
AGENTS = 10

_LEDGER = """
    CREATE TABLE ov_sa_sale_order_assignment (
        id serial PRIMARY KEY,
        order_id integer NOT NULL, account_id integer NOT NULL, actor_id integer,
        state varchar NOT NULL, access varchar NOT NULL,
        date_from timestamp NOT NULL, date_to timestamp, assigned_by_id integer,
        create_uid integer, create_date timestamp, write_uid integer,
        write_date timestamp,
        is_stamped boolean);
    ALTER TABLE sale_order ADD x_sa_id integer, ADD x_actor_id integer;
"""
# Of each order who holds it, and who holds it besides.
_DRAWS = """
    CREATE TEMP TABLE draw AS
    SELECT n, sa, %(agents)s + (sa - 1) * 10 + k AS actor,
           other AS sa2, %(agents)s + (other - 1) * 10 + k AS actor2,
           %(customers)s + floor(r3 * 10000)::int * 200 + sa AS partner,
           CASE WHEN r4 < .65 THEN 'sale' WHEN r4 < .85 THEN 'draft'
                WHEN r4 < .95 THEN 'sent' ELSE 'cancel' END AS state,
           date_trunc('second', timestamp '2024-11-25' + r5 * interval '1 hour'
               + n * interval '730 days' / 1000000
               * CASE WHEN sa = 200 OR k = 10 THEN .2 ELSE 1 END) AS at
      FROM (SELECT *, CASE WHEN r2 >= .15
                      THEN 1 + floor((r2 - .15) / .85 * 10)::int END AS k,
                   CASE WHEN n %% 100 = 7 THEN 2 + (sa + 36) %% 198 END AS other
              FROM (SELECT n, CASE WHEN n %% 10 = 3 THEN 1
                              ELSE 2 + floor(random() * 199)::int END AS sa,
                           random() AS r2, random() AS r3, random() AS r4,
                           random() AS r5
                      FROM generate_series(1, %(orders)s) n) a) b
"""
_ASSIGNMENTS = """
    INSERT INTO ov_sa_sale_order_assignment (
        order_id, account_id, actor_id, state, access, date_from, date_to,
        create_uid, create_date, write_uid, write_date, is_stamped)
    SELECT %(order)s + n, account, actor, state, access, at,
           CASE WHEN state = 'expired' THEN at END, 1, at, 1, at, stamped
      FROM (SELECT n, 1 AS part, sa AS account, actor, 'active' AS state,
                   'binding' AS access, at, TRUE AS stamped FROM draw
             UNION ALL
            SELECT n, 2, sa2, actor2, 'active', 'access', at, FALSE
              FROM draw WHERE sa2 IS NOT NULL
             UNION ALL
            SELECT n, 0, 2 + (sa + 11) %% 198, NULL, 'expired', 'binding', at, FALSE
              FROM draw WHERE n %% 5 = 0) rows
     ORDER BY n, part
"""
_INDEXES = (
    f"CREATE UNIQUE INDEX {LEDGER}_active_unique_idx ON {LEDGER}"
    " (order_id, account_id) WHERE state = 'active'",
    f"CREATE INDEX {LEDGER}_history_idx ON {LEDGER} (order_id, date_from)",
    f"CREATE INDEX {LEDGER}_actor_idx ON {LEDGER} (actor_id)"
    " WHERE actor_id IS NOT NULL",
)


def fill(env):
    """Write people, orders and their ledger; commit.

    :return: the ids that stand before the first customer, agent and order
    """
    cr = env.cr
    cr.execute("SELECT setseed(0.42)")
    customer = env["res.partner"].create({"name": "Template"})
    order = env["sale.order"].create({"partner_id": customer.id})
    env.flush_all()
    cr.execute(_LEDGER)
    cr.execute("SET session_replication_role = replica")
    values = {
        "orders": ORDERS,
        "customers": customer.id,
        "agents": customer.id + ACCOUNTS * CUSTOMERS,
        "order": order.id,
    }
    cr.execute(_DRAWS, values)
    _write_people(cr, customer)
    _write_orders(cr, order)
    cr.execute(_ASSIGNMENTS, values)
    cr.execute("SET session_replication_role = origin")
    for statement in _INDEXES:
        cr.execute(statement)
    cr.commit()
    env.invalidate_all()
    vacuum(cr, "sale_order", "res_partner", LEDGER)
    return values


def _write_people(cr, customer):
    copies(
        cr,
        customer,
        ACCOUNTS * (CUSTOMERS + AGENTS),
        {
            "name": "'Customer ' || n",
            "complete_name": "'Customer ' || n",
            "commercial_partner_id": f"{customer.id} + n",
        },
    )


def _write_orders(cr, order):
    copies(
        cr,
        order,
        ORDERS,
        {
            "name": "'S' || lpad(draw.n::text, 7, '0')",
            "partner_id": "draw.partner",
            "partner_invoice_id": "draw.partner",
            "partner_shipping_id": "draw.partner",
            "state": "draw.state",
            "date_order": "draw.at",
            "create_date": "draw.at",
            "write_date": "draw.at",
            "amount_total": "draw.n % 977",
            "amount_untaxed": "draw.n % 977",
            "x_sa_id": "draw.sa",
            "x_actor_id": "draw.actor",
        },
        "draw",
    )


def vacuum(cr, *tables):
    """Gather statistics and mark pages as visible to all, as autovacuum does.

    Who may, writes them all out, too: else it is left to the first who read them.
    """
    connection = cr._cnx
    connection.autocommit = True
    cr.execute(f"VACUUM ANALYZE {', '.join(tables)}")
    cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = CURRENT_USER")
    if cr.fetchone()[0]:
        cr.execute("CHECKPOINT")
    connection.autocommit = False


@contextmanager
def without_indexes(cr, table):
    """Drop a table's indexes while the block fills it, and make them anew."""
    cr.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE tablename = %s AND indexname NOT LIKE '%%_pkey'",
        [table],
    )
    indexes = cr.fetchall()
    for name, _definition in indexes:
        cr.execute(f'DROP INDEX "{name}"')
    yield
    for _name, definition in indexes:
        cr.execute(definition)


def copies(cr, record, count, changed, source=None):
    """Copy a row of a table many times; its ids follow the original's.

    :param dict changed: SQL expressions of the columns that differ, by name
    :param str source: table whose `n` counts, besides a series of numbers
    """
    table = record._table
    cr.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attname != 'id'",
        [table],
    )
    columns = [row[0] for row in cr.fetchall()]
    expressions = [changed.get(name, f'model."{name}"') for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    source = source or f"generate_series(1, {count}) n"
    with without_indexes(cr, table):
        cr.execute(
            f"INSERT INTO {table} (id, {names})"
            f" SELECT model.id + n, {', '.join(expressions)}"
            f" FROM {source}, {table} model WHERE model.id = {record.id} ORDER BY n"
        )
    cr.execute(f"SELECT setval('{table}_id_seq', {record.id + count + 100})")

"""Customers of two hundred Service Accounts, written by SQL.

One Service Account holds a twentieth of them, 100,000 of 2,000,000, the others share
the rest. Their names come in another order than their ids. Fifteen in a hundred have
nobody in particular who acts, one in a hundred is held by a second Service Account, a
fifth has a row of history in the ledger.
"""

from abs_visibility.dataset import copies, vacuum, without_indexes

ACCOUNTS = 200
AGENTS = 10
#: The place of the Service Account that holds a twentieth.
LARGE = 1
LEDGER = "ov_sa_customer_assignment"

# Of each customer who holds it, and who holds it besides; behind them the agents.
_DRAWS = """
    CREATE TEMP TABLE draw AS
    SELECT n, sa, CASE WHEN r2 >= .15 THEN %(agents)s + (sa - 1) * 10 + k END AS actor,
           sa2, %(agents)s + (sa2 - 1) * 10 + k AS actor2,
           timestamp '2025-01-01' + n * interval '600 days' / %(customers)s AS at
      FROM (SELECT *, 1 + floor((r2 - .15) / .85 * 10)::int AS k,
                   CASE WHEN n %% 100 = 7 THEN 2 + (sa + 36) %% 198 END AS sa2
              FROM (SELECT n, random() AS r2,
                           CASE WHEN n > %(customers)s THEN NULL
                                WHEN n %% 20 = 3 THEN 1
                                ELSE 2 + floor(random() * 199)::int END AS sa
                      FROM generate_series(1, %(customers)s + 2000) n) drawn) a
"""
_ASSIGNMENTS = f"""
    INSERT INTO {LEDGER} (
        partner_id, account_id, actor_id, state, access, date_from, date_to,
        create_uid, create_date, write_uid, write_date, is_stamped)
    SELECT %(customer)s + n, %(account)s + account, actor, state, access, at,
           CASE WHEN state = 'expired' THEN at END, 1, at, 1, at, stamped
      FROM (SELECT n, 1 AS part, sa AS account, actor, 'active' AS state,
                   'binding' AS access, at, TRUE AS stamped
              FROM draw WHERE sa IS NOT NULL
             UNION ALL
            SELECT n, 2, sa2, actor2, 'active', 'access', at, FALSE
              FROM draw WHERE sa2 IS NOT NULL
             UNION ALL
            SELECT n, 0, 2 + (sa + 11) %% 198, NULL, 'expired', 'binding', at, FALSE
              FROM draw WHERE n %% 5 = 0 AND sa IS NOT NULL) rows
     ORDER BY n, part
"""
_NAME = (
    "CASE WHEN sa IS NULL THEN 'Agent ' || n"
    " ELSE 'Customer ' || lpad((n::bigint * 7919 % 10000019)::text, 8, '0') END"
)
_EMAIL = "'customer-' || n || '@example.com'"


def fill(env, count):
    """Write Service Accounts, agents, customers and their ledger; commit.

    :param int count: how many customers
    :return: the ids that stand before the first customer, agent and Service Account
    """
    cr = env.cr
    cr.execute("SELECT setseed(0.42)")
    account = _create_accounts(env)
    customer = _create_model(env)
    env.flush_all()
    values = {
        "customers": count,
        "account": account,
        "customer": customer.id,
        "agents": customer.id + count,
    }
    cr.execute(_DRAWS, values)
    # The people whom customers name are written with them.
    cr.execute("SET session_replication_role = replica")
    _write_people(cr, customer, values)
    with without_indexes(cr, LEDGER):
        cr.execute(_ASSIGNMENTS, values)
    cr.execute("SET session_replication_role = origin")
    cr.commit()
    env.invalidate_all()
    vacuum(cr, "res_partner", LEDGER)
    return values


def _create_accounts(env):
    """Create the Service Accounts; return the id before the first."""
    root = env["ov.serviced_account"].search(
        [("source_company_id", "=", env.company.id)]
    )
    made = root.with_context(tracking_disable=True).create(
        [
            {
                "name": f"Depot {number}",
                "account_code": f"D-{number}",
                "parent_id": root.id,
                "state": "active",
            }
            for number in range(1, ACCOUNTS + 1)
        ]
    )
    return min(made.ids) - 1


def _create_model(env):
    return env["res.partner"].create(
        {
            "name": "Customer",
            "phone": "+228 90 12 34 56",
            "email": "customer@example.com",
            "street": "Boulevard du 13 Janvier",
            "city": "Lomé",
            "country_id": env.ref("base.tg").id,
            "company_id": env.company.id,
            "customer_rank": 1,
        }
    )


def _write_people(cr, customer, values):
    copies(
        cr,
        customer,
        values["customers"] + ACCOUNTS * AGENTS,
        {
            "name": _NAME,
            "complete_name": _NAME,
            "email": _EMAIL,
            "email_normalized": _EMAIL,
            "commercial_partner_id": f"{customer.id} + n",
            "customer_rank": "CASE WHEN sa IS NULL THEN 0 ELSE 1 END",
            "create_date": "draw.at",
            "write_date": "draw.at",
            "x_sa_id": f"{values['account']} + sa",
            "x_actor_id": "draw.actor",
        },
        "draw",
    )

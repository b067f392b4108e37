"""A year of login events, written by SQL: shaped as an attacked company's are.

Nine rows in ten are of 2,000 users, the busiest with a fiftieth of all rows; one in ten
tries a login that nobody has. Eight in a hundred are refused users. Each user has
twenty addresses, strangers share ten thousand; sixty countries, the first with a
quarter of the addresses. Ids follow time, as they do when logins write them.
"""

DAYS = 365
UNSEALED_DAYS = 5
USERS = 2000
ADDRESSES_OF_A_USER = 20
ADDRESSES_OF_STRANGERS = 10_000
LOGINS_OF_STRANGERS = 20_000
_FIRST_NAMES = (
    "Ada Ben Cleo Dan Eva Finn Gita Hugo Ines Jon Kira Luis Mia Nils Olga Paul Quinn "
    "Rosa Sven Tara Umar Vera Wim Xenia Yusuf Zoe Amir Bea Carl Dora Emil Fay Gil Hana "
    "Ivo Jana Kurt Lena Max Nora"
)
_LAST_NAMES = (
    "Adler Brandt Costa Dubois Evans Fischer Garcia Hansen Ivanov Jansen Kowal Lopez "
    "Meyer Novak Olsen Peeters Quist Rossi Smit Turner Ueda Vogel Weber Xu Yilmaz "
    "Zimmer Almeida Berg Cruz Dahl Eriksen Ford Gruber Horvat Ito Jung Klein Lang Maes "
    "Nagy Oliveira Park Qureshi Ricci Silva Tanaka Unger Visser Wolf Young"
)
_COUNTRIES = (
    "US DE FR GB NL BE ES IT PL SE NO DK FI CH AT IE PT CZ SK HU RO BG GR TR UA RU CN "
    "JP KR IN ID VN TH MY SG PH AU NZ CA MX BR AR CL CO PE ZA NG KE EG MA TN IL SA AE "
    "QA PK BD LK IR KZ"
)

_PLACES = """
    CREATE TEMP TABLE bench_place AS
    SELECT n, ip, country, name->>'en_US' AS country_name
      FROM (
        SELECT n,
               format('%%s.%%s.%%s.%%s',
                      11 + n %% 112, n / 112 %% 256, n / 28672, n %% 251) AS ip,
               codes[1 + floor(cardinality(codes) * power(random(), 3))::int] AS country
          FROM generate_series(0, %(addresses)s - 1) n,
               (SELECT string_to_array(%(countries)s, ' ') AS codes) list
      ) place
      JOIN res_country ON code = country
"""
_AGENTS = """
    CREATE TEMP TABLE bench_agent AS
    SELECT n,
           format('Mozilla/5.0 (%%s) AppleWebKit/537.36 (KHTML, like Gecko) '
                  'Chrome/%%s.0.0.0 Safari/537.36', system, 90 + n) AS raw,
           'Chrome ' || 90 + n AS browser,
           system AS os,
           CASE WHEN n %% 4 = 3 THEN 'mobile' ELSE 'desktop' END AS device
      FROM generate_series(0, 59) n,
           LATERAL (SELECT (ARRAY['Windows 11', 'Mac OS X 14', 'Linux', 'Android 15'])
                           [1 + n %% 4] AS system) systems
"""
_PEOPLE = """
    CREATE TEMP TABLE bench_person AS
    SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, login
      FROM res_users WHERE login LIKE '%%.bench@example.com'
"""
# A draw of its own for each row and question; ids count up with time.
_DRAWS = """
    SELECT n, random() AS kind, random() AS who, random() AS place, random() AS agent,
           random() AS verdict, random() AS way,
           localtimestamp - %(span)s + n * (%(span)s / %(rows)s) AS at
      FROM generate_series(1, %(rows)s) n
"""
_EVENTS = f"""
    INSERT INTO fusion_login_audit (
        user_id, user_ref, attempted_login, result, failure_reason, auth_method,
        interface, event_time, ip_address, ip_hostname, country_code, country_name,
        city, geo_state, geo_lookup_state, user_agent_raw, browser, os, device_type,
        database, hour_key, seal)
    SELECT person.id, person.id,
           coalesce(person.login, substr(md5(floor(%(strangers)s * who)::text), 1, 8)
                                  || '@example.org'),
           result,
           CASE WHEN result <> 'failure' THEN NULL
                WHEN person.id IS NULL THEN 'unknown_user'
                WHEN verdict > 0.99 THEN 'throttled' ELSE 'bad_password' END,
           CASE interface WHEN 'web' THEN 'password' ELSE 'apikey' END,
           interface, at, ip,
           'host-' || place.n || '.example.net', country, country_name,
           'City ' || place.n %% 900, 'Region ' || place.n %% 90,
           CASE WHEN event.n > %(rows)s - 500 THEN 'pending' ELSE 'done' END,
           raw, browser, os, device, current_database(),
           CASE WHEN interface <> 'web' AND result = 'success'
                THEN md5(event.n::text) END,
           CASE WHEN event.n BETWEEN %(sealed_from)s AND %(sealed_to)s
                THEN repeat(md5(event.n::text), 2) END
      FROM (
        SELECT draw.*, kind >= 0.1 AS known,
               CASE WHEN kind < 0.18 THEN 'failure'
                    WHEN verdict < 0.04 THEN 'mfa_pending' ELSE 'success' END AS result,
               CASE WHEN way < 0.85 THEN 'web' WHEN way < 0.95 THEN 'rpc'
                    ELSE 'bearer' END AS interface,
               floor(%(users)s * power(who, 2))::int AS person_n,
               CASE WHEN kind >= 0.1
                    THEN floor(%(users)s * power(who, 2)) * %(own)s
                         + floor(%(own)s * power(place, 2))
                    ELSE %(users)s * %(own)s + floor(%(shared)s * power(place, 2))
                    END::int AS place_n,
               floor(60 * power(agent, 2))::int AS agent_n
          FROM ({_DRAWS}) draw
      ) event
      LEFT JOIN bench_person person ON person.n = person_n AND known
      JOIN bench_place place ON place.n = place_n
      JOIN bench_agent ON bench_agent.n = agent_n
     ORDER BY event.n
"""


def fill(env, rows):
    """Write `rows` events of the last year, and their 2,000 users; commit.

    They look sealed, but for the first and the last days, which are left to be sealed.
    The indexes are made after the rows, and the statistics gathered, as they are in a
    table that has grown.
    """
    _hire(env)
    env.cr.execute("SELECT setseed(0.42)")
    values = {
        "rows": rows,
        "sealed_from": rows * UNSEALED_DAYS // DAYS,
        "sealed_to": rows - rows * UNSEALED_DAYS // DAYS,
        "span": f"{DAYS} days",
        "users": USERS,
        "own": ADDRESSES_OF_A_USER,
        "shared": ADDRESSES_OF_STRANGERS,
        "strangers": LOGINS_OF_STRANGERS,
        "addresses": USERS * ADDRESSES_OF_A_USER + ADDRESSES_OF_STRANGERS,
        "countries": _COUNTRIES,
    }
    values["span"] = _interval(env, values["span"])
    for statement in (_PLACES, _AGENTS, _PEOPLE):
        env.cr.execute(statement, values)
    definitions = _drop_indexes(env)
    env.cr.execute(_EVENTS, values)
    for definition in definitions:
        env.cr.execute(definition)
    env.cr.commit()
    _vacuum(env)


def busiest(env):
    """Return the user with the most events."""
    env.cr.execute(
        "SELECT user_id FROM fusion_login_audit WHERE user_id IS NOT NULL"
        " GROUP BY user_id ORDER BY count(*) DESC LIMIT 1"
    )
    return env["res.users"].browse(env.cr.fetchone())


def _hire(env):
    users = env["res.users"].with_context(no_reset_password=True, tracking_disable=True)
    users.create(
        [
            {
                "name": f"{first} {last}",
                "login": f"{first}.{last}.bench@example.com".lower(),
            }
            for last in _LAST_NAMES.split()
            for first in _FIRST_NAMES.split()
        ]
    )
    env.flush_all()


def _vacuum(env):
    """Gather statistics and mark pages as visible to all, as autovacuum does."""
    connection = env.cr._cnx
    connection.autocommit = True
    env.cr.execute("VACUUM ANALYZE fusion_login_audit, res_users, res_partner")
    connection.autocommit = False


def _interval(env, text):
    env.cr.execute("SELECT %s::interval", [text])
    return env.cr.fetchone()[0]


def _drop_indexes(env):
    """Drop the table's indexes but its key; return what makes them again."""
    env.cr.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE tablename = 'fusion_login_audit' AND indexname NOT LIKE '%_pkey'"
    )
    found = env.cr.fetchall()
    for name, _definition in found:
        env.cr.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in found]

"""Looking for secrets in everything that a database holds."""

import base64
import hashlib
import io

_TABLES = """
    SELECT table_name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name
"""
_COLUMNS = """
    SELECT column_name, data_type FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position
"""


def tables(connection) -> list[str]:
    """Return the names of a database's tables."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return [name for (name,) in cursor]


def content(connection, table: str) -> str:
    """Return all values of a table as text, bytes included."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [table])
        columns = ", ".join(_readable(*column) for column in cursor)
        sink = io.StringIO()
        cursor.copy_expert(f'COPY (SELECT {columns} FROM "{table}") TO STDOUT', sink)
    return sink.getvalue()


def forms_of(secret: str) -> list[str]:
    """Return how a secret could be kept by mistake.

    As it is, but for its ends, which a mask may show and an address may escape; or as
    a hash that anybody can compute.
    """
    data = secret.encode()
    hashes = [hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256")]
    return [secret[3:-5], base64.b64encode(data).decode()[:-4], *hashes]


def found_in(text: str, secrets: list[str]) -> list[str]:
    """Return the forms of the secrets that a text holds."""
    return [form for secret in secrets for form in forms_of(secret) if form in text]


def _readable(column: str, kind: str) -> str:
    quoted = f'"{column}"'
    return f"encode({quoted}, 'escape')" if kind == "bytea" else f"{quoted}::text"

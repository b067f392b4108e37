"""Which tables differ between two databases, found without the commands' own means."""

_COLUMNS = """
    SELECT c.table_name,
           array_agg(quote_ident(c.column_name) ORDER BY c.ordinal_position)
      FROM information_schema.columns c
      JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'
     GROUP BY c.table_name
"""
_CONTENT = "SELECT ROW({columns})::text AS line FROM {table} ORDER BY 1"


def columns(place, database: str, leave_out=frozenset()) -> dict[str, list[str]]:
    """Return the columns of all tables, without those to leave out."""
    return {
        table: [name for name in names if name not in leave_out]
        for table, names in place.query(database, _COLUMNS)
    }


def contents(place, database: str, wanted: dict[str, list[str]]) -> dict[str, list]:
    """Return the rows of tables, as far as the wanted columns go."""
    return {
        table: place.query(
            database, _CONTENT.format(columns=", ".join(names), table=table)
        )
        for table, names in wanted.items()
        if names
    }

"""Stored fields in SQL that is written out."""

from odoo.tools import SQL


def column(model, name, alias=None):
    """Return a stored field as SQL; what was set of it and is not written yet, then is.

    :param model: the model
    :param str name: of the field
    :param str alias: what the SQL calls the model's table, if not by its name
    """
    return SQL.identifier(alias or model._table, name, to_flush=model._fields[name])

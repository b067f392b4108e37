from odoo import http

from ..api import api
from .service_account_shapes import (
    CALLERS,
    HierarchyAnswer,
    HierarchyQuery,
    RootAnswer,
    account_rows,
)


class SystemController(http.Controller):
    @api.endpoint(
        "/system/global-root",
        "GET",
        auth=CALLERS,
        scope="system:read",
        answer=RootAnswer,
    )
    def read_global_root(self, call):
        """Tell whether the Service Account above all companies exists."""
        root = call.env["ov.serviced_account"]._global_root()
        return {
            "exists": bool(root),
            "id": root.id or None,
            "name": root.name or None,
            "account_code": root.account_code or None,
            "is_global_root": root.is_global_root,
            "company": root.company_id,
            "parent": root.parent_id,
            "source_company": root.source_company_id,
            "state": root.state or None,
        }

    @api.endpoint(
        "/system/sa-hierarchy",
        "GET",
        auth=CALLERS,
        scope="system:read",
        query=HierarchyQuery,
        answer=HierarchyAnswer,
    )
    def read_sa_hierarchy(self, query, call):
        """Show the tree of the Service Accounts that the caller sees."""
        accounts = call.env["ov.serviced_account"].search([], order="parent_path, id")
        return {
            "total": len(accounts),
            "service_accounts": _nodes(account_rows(accounts), query.flat),
        }


def _nodes(rows, flat):
    """Return rows in the order of the tree with their depth, nested unless flat."""
    known, tops = {}, []
    for row in rows:
        parent = known.get(row["parent"].id)
        row |= {"depth": parent["depth"] + 1 if parent else 0, "children": []}
        known[row["id"]] = row
        if parent and not flat:
            parent["children"].append(row)
        else:
            tops.append(row)
    return tops

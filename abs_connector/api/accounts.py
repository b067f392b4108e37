"""In which Service Account a request acts, when it creates something or assigns it."""

from odoo import _

from odoo.addons.base_json_api.api import problems

from ..tools.member import member_of
from .principals import SA_HEADER


def named_account(call, account_id=None):
    """Return the Service Account that a request acts in.

    :param call: of a caller that is an employee
    :param int account_id: what its body names; else its header, or the only one
    :return: `ov.serviced_account`
    :raises BadRequest: when nothing names one and there are several
    :raises Forbidden: when the caller may not act there
    """
    member = member_of(call.env)
    accounts = call.env["ov.serviced_account"]
    own = {scope.account_id for scope in member.scopes}
    if account_id is None:
        if len(own) != 1 or (member.admin and not call.header(SA_HEADER)):
            raise problems.BadRequest(
                _(
                    "X-SA-ID: name the Service Account that this is for; you act in "
                    "several."
                ),
                code="sa_required",
            )
        return accounts.browse(own)
    if account_id in own:
        return accounts.browse(account_id)
    found = accounts.search([("id", "=", account_id), ("state", "=", "active")])
    if not (member.admin and found):
        raise problems.Forbidden(
            _(
                "Service Account %(id)s: you have no active membership in it.",
                id=account_id,
            )
        )
    return found


def account_for_new(call, actor_id=None):
    """Return which Service Account holds what a request creates, and who acts for it.

    Who has a `Scope` that acts, acts for what it creates. What a key creates is held by
    nobody.

    :param int actor_id: the person whom the body names
    :return: pair of `ov.serviced_account` and `res.partner`, each maybe empty
    :raises BadRequest: when no Service Account is named and there are several, or for
        an actor of what nobody holds
    """
    people = call.env["res.partner"]
    if call.principal.kind == "key":
        if actor_id:
            raise problems.BadRequest(
                _("Actor: what a key creates is held by nobody until it is assigned."),
                code="actor_of_key",
            )
        return call.env["ov.serviced_account"], people
    account = named_account(call)
    scopes = [one for one in member_of(call.env).scopes if one.account_id == account.id]
    if not actor_id and scopes and scopes[0].acts:
        actor_id = scopes[0].person_id
    return account, people.browse(actor_id or ())

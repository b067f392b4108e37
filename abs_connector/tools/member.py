"""For whom records are asked: what a caller is, as the rules of visibility read it."""

from dataclasses import dataclass

#: The context key of the member. Only a `Member` counts there, and no caller from
#: outside can pass one.
KEY = "abs_member"


@dataclass(frozen=True)
class Scope:
    """What one membership lets see.

    :param account_id: its Service Account
    :param person_id: the partner who acts
    :param policy: one of `ov.membership.scope_policy`
    :param role_code: one of `ov.membership.role_code`
    :param membership_id: the membership
    """

    account_id: int
    person_id: int
    policy: str
    role_code: str
    membership_id: int

    @property
    def acts(self):
        """Whether who makes something acts for it: agents, and who sees nothing else.

        What staff of the whole Service Account make is for nobody in particular.
        """
        return self.role_code == "agent" or self.policy != "sa_wide"


@dataclass(frozen=True)
class Member:
    """Who asks: one of its four ways to see counts. Without any it sees nothing.

    :param scopes: what memberships let an employee see
    :param admin: a member of the Global Root, who sees everything
    :param partner_id: a customer, who sees its own records
    :param company_id: an API key, which sees its company's records
    """

    scopes: tuple[Scope, ...] = ()
    admin: bool = False
    partner_id: int | None = None
    company_id: int | None = None


def with_member(records_or_env, member):
    """Return records, or an environment, that are asked for a member.

    :param records_or_env: a recordset or an `Environment`
    :param Member member: None for nobody
    :return: the same kind of thing
    """
    if hasattr(records_or_env, "with_context"):
        return records_or_env.with_context(**{KEY: member})
    return records_or_env(context={**records_or_env.context, KEY: member})


def member_of(env):
    """Return the member in an environment's context; None when there is none.

    :rtype: Member
    """
    member = env.context.get(KEY)
    return member if isinstance(member, Member) else None

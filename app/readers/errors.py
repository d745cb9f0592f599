"""How those who take part are refused."""

from app.core.errors import Problem


class MembersUnavailable(Problem):
    """The token of a member cannot be checked at the moment.

    The keys of the publisher's identity provider cannot be read. Ask again; guests can take part meanwhile, without a token.
    """

    status, title = 503, "Members cannot be told at the moment"

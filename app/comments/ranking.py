"""How good a comment is by its votes, as one number that an index can hold. Pure."""

from math import sqrt

CONFIDENT = 1.96
"""Standard deviations: with 95 % confidence the share of upvotes is really at least as high as the bound says."""
UNIT = 1_000_000_000
"""What stands for 1. Whole numbers are the same on every database and in every cursor; floating ones need not be."""


def wilson(up: int, down: int) -> int:
    """The lower bound of Wilson's score interval for the share of upvotes, in billionths; 0 where nobody has voted.

    A comment with few votes is not yet known to be good, however good these are. (E. B. Wilson, 1927.)
    """
    votes = up + down
    if not votes:
        return 0
    share, z = up / votes, CONFIDENT
    middle = share + z * z / (2 * votes)
    spread = z * sqrt((share * (1 - share) + z * z / (4 * votes)) / votes)
    return max(0, round((middle - spread) / (1 + z * z / votes) * UNIT))

"""What a policy is, once inheritance is over: the words of `discussion`, for those who stand above."""

from app.discussion.kind import Moderation, People, Policy, State, Voting

__all__ = ["Moderation", "People", "Policy", "State", "Voting"]

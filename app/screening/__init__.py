"""What a comment looks like before anybody has read it: checks, the signals they give, and the decision made of these."""

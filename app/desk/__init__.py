"""The moderators' desk in the browser: one page on the moderation API, with a script and no build step."""

"""Readers' comments: threads of replies under an article, kept in order by moderators."""

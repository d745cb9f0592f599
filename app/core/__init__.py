"""What every feature stands on; nothing in here knows of news."""

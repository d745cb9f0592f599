"""What articles are about, across sections."""

"""Documents held against each other: what differs, and how two people's changes go together. Pure: plain JSON in, plain JSON out."""

"""What the newsroom works on: the working copy as a document, its revisions, what it refers to, what may be done to it."""

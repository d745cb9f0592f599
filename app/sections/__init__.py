"""The site's sections: a tree, whose paths are the addresses of everything in it."""

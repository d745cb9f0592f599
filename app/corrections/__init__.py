"""Corrections of all articles, as readers find them."""

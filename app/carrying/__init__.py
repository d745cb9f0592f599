"""Comments carried out into files and in from them: as lines of JSON, and as the XML of Disqus."""

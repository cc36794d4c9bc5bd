"""The studio: the whole product as a web page for one musician, on this machine alone."""

"""Pages that people read: the run page of a release, and the dictionary with the documentation as a static site.

Belongs here: reading a release for a page (`day.py`, `notes.py`, `feeds.py`), charts and templates, and writing the
files. Does not belong here: any figure that no query can give, or anything that publication waits for.

A page is one file that needs nothing else: no script, no font, no image, no network.
"""

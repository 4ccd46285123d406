"""Look at a source before anything is mapped: its columns or paths, the evidence of its bytes, its damage.

:func:`convert.inspect.profile.profile` makes a :class:`~convert.inspect.profile.Profile` of a source of any format
whose reader offers ``walk``. Nothing here decides for a reader: what is found is evidence, and a ``source:``
block that would do is proposed.
"""

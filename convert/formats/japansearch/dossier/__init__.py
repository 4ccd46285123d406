"""The submission dossier (登録の手引き): what a person needs at hand on Japan Search's registration screens.

:func:`~convert.formats.japansearch.dossier.build.make_dossier` reads a mapping's database definition and the very files
to be uploaded; ``view`` lays the result out once, ``text``, ``html``, ``sheet`` and ``tojson`` write it.
"""

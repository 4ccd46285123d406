"""Reading dates as records have them: one parse, from which the transforms write what is asked for.

``model``    what a date text says: points, spans, marks; its EDTF and its bounds
``calendar`` single points: Western, Japanese and Chinese eras, other counts of years
``words``    the words around a date: supplied, approximate, printed …
``spans``    decades, centuries, periods, seasons, from … to …
``read``     the parser
``display``  EDTF as Japanese text
"""

"""Checks that look at a whole delivery: what no single record shows.

One module per family with ``CHECKS = {"name": Class}``; what stands here is found, adding one touches nothing else. A
check sees the values of many records at once (:class:`~convert.check.dataset.columns.Batch`), keeps little, can be
merged with the same check of another shard, and at the end gives issues. They run when the profile asks for them,
when a report wants statistics, or when the mapping names them under ``checks:``.
"""

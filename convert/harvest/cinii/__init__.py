"""Holdings from CiNii (OpenSearch for Holdings): ``answer`` reads answers in every form they come in, ``query`` knows
what may be asked, ``client`` asks, ``run`` keeps what comes in a store.
"""

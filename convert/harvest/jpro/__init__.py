"""The web API of JPRO (出版情報登録センター): OAI-PMH with rules of its own, and images.

``contract`` holds those rules, ``budget`` the requests of a day, ``harvest`` runs it all, ``images`` fetches covers,
``demo`` is a server with synthetic records that keeps the contract.
"""

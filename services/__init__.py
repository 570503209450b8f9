"""The services that load tests exercise: small, real work, on loopback. They know nothing of the tools beside them.

answers.py             what both answer in one way: refusals of input, and who may read them from a page
quantum_lab/           app.py over chsh.py
materials_service/     app.py over jobs.py and potts.py
"""

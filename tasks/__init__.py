"""Effects, one module a stage: read, ask one decision of ``palayesh``, write, count.

Tasks take and return ids and counts only: Prefect keeps what it sees.
"""

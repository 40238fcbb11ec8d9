"""A second reading of the facts, to judge the desk by: it takes nothing of the desk but records.

Costs, positions, exits, reservations, limits and halts are reckoned anew from what the ledger was
told and from the rules' text. Whatever the desk and its own arithmetic agree on by mistake is
noticed here.
"""

"""What makes one machine enough: embedded servers, a supervisor and a phone simulator.

Nothing of the product imports this package; a deployment with servers of its own does without it.
"""

"""Sessions in processes of their own, each with its share of the devices: one Python uses one processor.

``driver`` is the Driver port over them, ``session`` one of their sessions, ``shard`` the leader's end of one
worker process, ``worker`` what runs in it, ``nursery`` where workers come from, ``wire`` how the two ends
speak. A worker touches devices and nothing else: journal, judgement and secrets stay with the leader.
"""

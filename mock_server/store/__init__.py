"""Where tasks live: five verbs (`transact`, `read`, `scan`, `control`, `entries`) and what implements them."""

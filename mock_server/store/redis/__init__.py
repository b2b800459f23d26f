"""The store that several servers share: a Redis, one with sentinels, or a cluster.

`redis_store` has the verbs. A decision is made in Python (`batch`) on what one script read, and committed by one script
that checks everything about a task before it writes anything of it (`committer`, which says how each decision is
committed exactly once). `shared` is the control; `tasks`, `exchanges` and `whole` read, in `slices`, so that no command
holds Redis for long (`copying` says how that is of one moment); `codec` makes bytes of values.

All of one store is under one hash tag, so on one node of a cluster (`primary`): its tasks, journal and counters change
together, and what is exact is so because one script sees all of it. Keys begin with `{NAMESPACE}:`, the namespace being
the tag, on a single Redis as in a cluster, so that a store moves from one to the other by copying its keys. After that:

* `k`, a hash: the control. `text`; `v`, its version, of which no two are the same; `u`, how much was used up since;
  `g`, the generation; `changes`; `alive`; `journal`, how often that began anew; `past`, the last versions. `copied`,
  until when tasks that change are noted for a copy; `copy`, its number; `noted`, that of the latest change.
* `s`, a hash: what was used up since the control was written. `a1` is fault 1, `r1` is rule 1.
* `c`, a hash: the counters.
* `t`, a hash: tasks by `vendor/id`. Numbers of birth and end, bytes of items, what it owes, then the record.
* `b:VENDOR`, streams: ids in the order of their births. `d`, a stream: tasks that ended, in that order.
* `x`, `w`, `u`, sorted sets: tasks that had to go, that want to be woken, and of which an attempt is under way.
* `n`, a hash, and `ns`, a sorted set: how many tasks there are of each vendor, and the vendors in order.
* `e` and `l`, hashes: exchanges by number, and the newest of each task. `m` and `ml`: the same of changes of step that
  no exchange tells.
* `y`, `v`, `z`, hashes: responses by status, steps that polls saw, changes of step. `vo` and `zo`, lists: the names in
  `v` and `z`, the oldest first.
* `a`, a list: the newest actions on all servers, each after its number. `actions` in `k` is that of the newest.
* `noted`, a sorted set: the tasks that changed while somebody copies the store. Gone two minutes after the copy.
* `o:WRITER`, strings: the last batch of a committer and what became of it. Gone after an hour.
* `new:STAGE:`, as above: what is to be put in place of the rest at once. Gone after ten minutes.
"""

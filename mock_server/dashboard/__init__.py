"""The HTML pages: the index at `/`, and the dashboard at `/__admin/`, which shows and does what the admin API can.

How to add to the dashboard:

* A page is a function in `look/<page>.py`, or in `look/<page>/page.py` where it has many parts, that takes a `Visit`
  and returns a plain value, a template that extends `base.html` and shows that value as `page`, and a row in
  `pages.py`. Looking must change nothing.
* A fragment is a block of the template that holds one element whose `id` and `data-part` are the block's name.
  `data-on` names what it listens to: `journal`, `tasks`, `control`, `library`, `hands`. The page's own address with
  `part=NAME,…` sends these blocks alone, and the script merges them. `data-due` (virtual milliseconds) asks for one
  then; what costs much says `data-apart`, and is asked for alone. A page whose `version` in `pages.py` tells what its
  parts depend on makes them once until that changes; the script is told 304 for what it has.
* A verb is a function in `verbs.py` that makes an operation of the admin API from a form, and a row in its table. The
  form uses the macro `act`, which adds the seal and the way back; `data-stay` does it without leaving the page.
* A word is a key in both `words/en.toml` and `words/zh.toml`, used as `t("key", name=value)`; `one|many` is chosen by
  `n`. Every text that comes from data is escaped and made visible by the templates: use no `|safe`.
* A shipped scenario has its sentence in `words/scenarios.zh.toml`; `about_of` chooses it, with its language.
* No inline script or style: classes are in `static/app.css`, behaviour is in `static/app.js`.
"""

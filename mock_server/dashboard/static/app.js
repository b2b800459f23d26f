// What the pages do besides being read: they follow the server, keep times ticking, and answer keys.
"use strict";
(() => {
  const [find, all] = [(what, within = document) => within.querySelector(what), (what, within = document) => [...within.querySelectorAll(what)]];
  const words = document.body.dataset;
  const clock = () => find("#clock");
  let [read, paused, quiet, failures, timer, before] = [performance.now(), false, false, 0, 0, ""];
  let keysOff = localStorage.getItem("keys") === "off";

  // The server's clock: virtual milliseconds now.
  const now = () => {
    const { now: at, speed, frozen } = clock().dataset;
    return Number(at) + (frozen === "1" ? 0 : (performance.now() - read) * Number(speed));
  };
  const length = ms => {
    const texts = words.units.split("|");
    const left = Math.floor(Math.max(0, ms) / 1000);
    const counts = [Math.floor(left / 86400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60];
    const first = counts.findIndex((count, k) => count || k === 3);
    return counts.map((count, k) => (k === first || (k === first + 1 && count)) ? texts[k].replace("{n}", count) : "")
      .filter(Boolean).join(" ");
  };
  const tick = () => {
    if (!clock()) return;
    const at = now();
    find("[data-tick]").textContent = new Date(at).toISOString().slice(11, 19);
    all("time[data-at]").forEach(each => {
      const gap = each.dataset.as === "ago" ? at - each.dataset.at : each.dataset.at - at;
      const text = words[each.dataset.as].replace("{t}", length(gap));
      if (each.textContent !== text) each.textContent = text;
    });
    all("[data-part][data-due]").forEach(each => {
      if (each.dataset.due > at || each.asked === each.dataset.due || paused) return;
      each.asked = each.dataset.due;
      refresh([each]);
    });
  };

  // Merging: each element of a fragment takes the place of the one with its id; focus, selection and scroll stay.
  const merge = html => {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    for (const each of [...fresh.content.children]) {
      const old = each.id && document.getElementById(each.id);
      if (!old) continue;
      if (old.hasAttribute("data-hold") && isHeld(old)) { hold(old, each); continue; }
      if (old.waiting) { old.waiting = 0; showNewer(old); }
      for (const name of old.getAttributeNames()) if (name.startsWith("data-") && !each.hasAttribute(name)) old.removeAttribute(name);
      for (const name of each.getAttributeNames()) if (name !== "id") old.setAttribute(name, each.getAttribute(name));
      if (each.id === "clock") read = performance.now();
      htmx.swap({ target: old, text: each.innerHTML, swap: "innerMorph", sourceElement: old });
    }
  };
  const isHeld = list => scrollY > 240 || find("[data-row]:hover, [data-row]:focus-within, [data-row][aria-current]", list);
  // A list that somebody reads does not move: its rows are brought up to date where they stand, others wait.
  const hold = (list, fresh) => {
    const known = new Set(all("[data-row]", list).map(row => row.id));
    for (const row of all("[data-row]", list)) {
      const cells = fresh.querySelector(`#${row.id}`)?.cells || [];
      [...cells].forEach((cell, k) => { if (cell.innerHTML !== row.cells[k].innerHTML) row.cells[k].innerHTML = cell.innerHTML; });
    }
    list.waiting = all("[data-row]", fresh).filter(row => !known.has(row.id)).length;
    if ("due" in fresh.dataset) list.dataset.due = fresh.dataset.due;
    showNewer(list);
  };
  const showNewer = list => {
    find(".newer")?.remove();
    if (!list.waiting) return;
    const button = Object.assign(document.createElement("button"), { className: "newer" });
    button.textContent = words.newer.replace("{n}", list.waiting);
    button.onclick = () => { scrollTo(0, 0); list.removeAttribute("data-hold"); refresh([list]); };
    list.after(button);
  };

  // Parts are asked for together, but for those that cost much. What has not changed is not sent again.
  const ask = async parts => {
    const names = parts.map(each => each.dataset.part).join();
    const target = `${location.pathname}?${new URLSearchParams([...new URLSearchParams(location.search), ["part", names]])}`;
    const known = parts[0].shows?.target === target && parts[0].shows.tag;
    const answer = await fetch(target, { headers: known ? { "If-None-Match": known } : {} });
    if (answer.status === 304) parts.forEach(each => { each.asked = ""; }); // its time has not come by the server's clock
    if (!answer.ok) return;
    merge(await answer.text());
    if (!parts.some(each => "hold" in each.dataset)) parts[0].shows = { target, tag: answer.headers.get("ETag") };
  };
  const refresh = elements => {
    const apart = elements.filter(each => "apart" in each.dataset);
    const together = elements.filter(each => !apart.includes(each));
    return Promise.all([...(together.length ? [together] : []), ...apart.map(each => [each])].map(ask)).catch(lose);
  };
  const refreshAll = () => refresh(all("[data-part]"));

  // The pulse: once a second whether anything changed, and then only what did.
  const pulse = async () => {
    clearTimeout(timer);
    if (document.hidden || paused || !clock()) return;
    try {
      const answer = await fetch(`${words.ui}/pulse?${new URLSearchParams({ mark: clock().dataset.mark, at: location.pathname + location.search })}`);
      if (answer.status === 401) return void location.reload();
      if (!answer.ok) throw new Error(answer.status);
      const back = failures > 0;
      failures = 0; find("#lost").hidden = true;
      document.body.classList.remove("is-lost");
      if (!(quiet = answer.status === 204)) await changed(answer, back);
      else if (back) await refreshAll();
    } catch { lose(); }
    timer = setTimeout(pulse, failures ? Math.min(15000, 1000 * 2 ** (failures - 1)) : quiet ? 1000 : Number(clock().dataset.every)); // what costs nothing need not wait
  };
  const changed = async (answer, back) => {
    const names = (answer.headers.get("HX-Trigger") || "").split(", ");
    const [seal, seen] = [clock().dataset.seal, Number(clock().dataset.exchanges)];
    merge(await answer.text());
    const other = clock().dataset.seal;
    const again = seal !== other || Number(clock().dataset.exchanges) < seen;
    if (seal !== other) { all("input[name=form]").forEach(each => { each.value = other; }); toast(words.restarted); }
    await refresh(all("[data-part]").filter(each => again || back || names.some(name => (each.dataset.on || "").split(" ").includes(name))));
  };
  const lose = () => {
    failures += 1;
    const banner = find("#lost");
    if (!banner?.hidden) return;
    find("span", banner).textContent = words.lost.replace("{time}", new Date().toLocaleTimeString());
    banner.hidden = false;
    document.body.classList.add("is-lost");
  };

  const toast = (text, problem = false) => {
    if (!text) return;
    const note = Object.assign(document.createElement("p"), { className: `toast${problem ? " problem" : ""}`, textContent: text });
    const toasts = find("#toasts");
    (find("dialog:modal") || document.body).append(toasts); // behind an open dialog nobody sees or hears them
    toasts.append(note);
    setTimeout(() => note.remove(), problem ? 10000 : 4000);
  };
  const send = async form => {
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Stay": "1" } });
      if (answer.status === 401) return void location.reload();
      const text = await answer.text();
      if (answer.ok && form.hasAttribute("data-go")) return void location.assign(answer.headers.get("X-Then"));
      if (answer.ok) { form.closest("dialog")?.close(); form.closest(".menu")?.removeAttribute("open"); } // what else is open is none of its
      toast(answer.ok || answer.status === 422 ? text : JSON.parse(text).message, !answer.ok);
      return pulse();
    } catch { return lose(); }
  };
  const copy = async text => {
    try { await navigator.clipboard.writeText(text); } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text });
      (find("dialog[open]") || document.body).append(area);
      area.select(); document.execCommand("copy"); area.remove();
    }
    toast(words.copied);
  };

  // Forms that filter: the address changes, and the parts of the page with it.
  const filter = form => {
    const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value && !["form", "back"].includes(name)));
    history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
    return refreshAll();
  };
  const open = id => { document.getElementById(id).close(); document.getElementById(id).showModal(); };
  const closeMenus = within => all(".menu[open]").forEach(each => { if (!within || !each.contains(within)) each.open = false; });

  const on = (name, act) => document.addEventListener(name, act);
  const clicks = {
    "[data-dialog]": each => open(each.dataset.dialog), "[data-close]": each => each.closest("dialog").close(),
    "[data-copy]": each => { copy(each.dataset.copy); closeMenus(); }, "[data-keys]": () => switchKeys(!keysOff),
    "[data-more]": each => { history.replaceState(null, "", each.href); refreshAll(); },
    "[data-live]": () => pause(), "[data-theme-switch]": () => theme(),
  };
  on("submit", event => {
    if (!event.target.matches("[data-stay], [data-auto]")) return;
    event.preventDefault();
    if (event.target.dataset.ask && !confirm(event.target.dataset.ask)) return;
    event.target.matches("[data-stay]") ? send(event.target) : filter(event.target);
  });
  on("change", event => {
    if (event.target.closest("[data-auto]")) filter(event.target.form);
    if (event.target.dataset.into) event.target.files[0]?.text().then(text => { find(`#${event.target.dataset.into}`).value = text; });
  });
  on("input", event => {
    const form = event.target.closest("[data-auto]");
    if (!form) return;
    clearTimeout(form.typing);
    form.typing = setTimeout(filter, 300, form);
  });
  on("click", event => {
    const at = what => event.target.closest(what);
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    const what = plain && Object.keys(clicks).find(at);
    if (what) { event.preventDefault(); clicks[what](at(what)); }
    else if (at("[data-row]") && !at("a, button, summary") && !String(getSelection())) find("[data-open]", at("[data-row]"))?.click();
    if (event.target.matches("dialog")) event.target.close();
    closeMenus(event.target);
  });
  const theme = () => {
    const root = document.documentElement.dataset;
    const dark = root.theme ? root.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.theme}; path=/__admin; max-age=31536000; samesite=lax`;
  };
  const pause = () => {
    paused = !paused;
    const each = find("[data-live]");
    each.setAttribute("aria-pressed", String(!paused));
    find("span:last-child", each).textContent = paused ? each.dataset.paused : each.dataset.text;
    if (!paused) refreshAll().then(pulse);
  };
  const switchKeys = off => {
    localStorage.setItem("keys", off ? "off" : "on");
    all("[data-keys]").forEach(each => { each.hidden = false; each.textContent = off ? each.dataset.on : each.dataset.off; });
    keysOff = off;
  };

  const keys = {
    "/": () => find("[data-find]")?.focus(), "?": () => open("keys"), j: () => step(1), k: () => step(-1),
    n: () => find("[data-new]")?.click(), p: () => find("[data-live]")?.click(),
  };
  const step = by => {
    const rows = all("[data-row]");
    const at = rows.findIndex(row => row.contains(document.activeElement) || row.hasAttribute("aria-current"));
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) find("[data-open]", next).focus();
    if (next?.hasAttribute("data-follow")) find("[data-open]", next).click();
  };
  on("keydown", event => {
    if (event.key === "Escape") closeMenus();
    if (event.key === "Escape" && event.target.matches("input, textarea, select")) return void event.target.blur();
    const typing = event.target.matches("input, textarea, select") || find("dialog[open]");
    if (keysOff || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const tab = before === "g" && { t: "tasks", r: "requests", s: "scenarios" }[event.key];
    const key = keys[event.key];
    before = event.key;
    if (key) event.preventDefault();
    tab ? find(`[data-tab=${tab}]`)?.click() : key?.();
  });
  const release = list => list?.waiting && !isHeld(list) && refresh([list]);
  on("mouseout", event => setTimeout(release, 50, event.target.closest?.("[data-hold]")));
  on("refresh", () => refreshAll());
  on("visibilitychange", () => { if (!document.hidden) pulse(); });

  document.documentElement.classList.add("scripted");
  all("dialog[open]").forEach(each => open(each.id));
  all("[data-sure]").forEach(each => each.remove());
  switchKeys(keysOff);
  setInterval(tick, 250);
  timer = setTimeout(pulse, 1000);
})();

// The editor: numbers beside the lines, a verdict a moment after the last key, and a text that survives a reload.
"use strict";
(() => {
  const form = document.querySelector("[data-editor]");
  const [text, name, gutter] = [form.elements.text, form.elements.name, form.querySelector(".gutter")];
  const place = `edit ${location.search}`;
  const verdict = () => document.getElementById("edit-verdict");
  const written = { text: text.value, name: name.value };
  let [timer, asked] = [0, 0];

  const number = () => {
    const bad = new Set((verdict().dataset.lines || "").split(" "));
    const count = text.value.split("\n").length;
    gutter.replaceChildren(...Array.from({ length: count }, (_, k) => {
      const each = document.createElement(bad.has(String(k + 1)) ? "b" : "span");
      each.textContent = `${k + 1}\n`;
      return each;
    }));
    gutter.style.height = `${text.clientHeight}px`;
    gutter.scrollTop = text.scrollTop;
  };
  const judge = async () => {
    const mine = ++asked;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(`${form.action}?part=edit-verdict`, { method: "POST", body });
      if (!answer.ok || mine !== asked) return;
      const fresh = document.createElement("template");
      fresh.innerHTML = await answer.text();
      verdict().replaceWith(fresh.content.querySelector("#edit-verdict"));
      number();
    } catch { /* the pulse says that the server is gone */ }
  };
  const keep = () => {
    const changed = text.value !== written.text || name.value !== written.name;
    if (changed) sessionStorage.setItem(place, JSON.stringify({ text: text.value, name: name.value }));
    else sessionStorage.removeItem(place);
    document.querySelector("[data-kept]").hidden = !changed;
  };
  form.addEventListener("input", () => {
    keep();
    number();
    clearTimeout(timer);
    timer = setTimeout(judge, 300);
  });
  // A text that is refused stays as it is, here and in what is kept.
  form.addEventListener("submit", async event => {
    if (event.submitter?.name !== "put") return;
    event.preventDefault();
    try {
      const body = new URLSearchParams([...new FormData(form), ["put", "1"]]);
      const answer = await fetch(form.action, { method: "POST", body });
      if (answer.redirected && answer.ok) {
        sessionStorage.removeItem(place);
        return void location.assign(answer.url);
      }
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["edit-ask", "edit-verdict"]) document.getElementById(id).replaceWith(page.getElementById(id));
      number();
      form.querySelector("[name=sure]")?.focus();
    } catch { /* the pulse says that the server is gone */ }
  });
  text.addEventListener("scroll", () => { gutter.scrollTop = text.scrollTop; });
  new ResizeObserver(number).observe(text);
  document.querySelector("[data-again]").addEventListener("click", () => {
    Object.assign(text, { value: written.text });
    Object.assign(name, { value: written.name });
    form.dispatchEvent(new Event("input"));
  });
  const download = document.querySelector("[data-download]");
  download.hidden = false;
  download.addEventListener("click", () => {
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(new Blob([text.value], { type: "application/yaml" })), download: `${name.value || "scenario"}.yaml`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  const kept = sessionStorage.getItem(place);
  if (kept) {
    Object.assign(text, { value: JSON.parse(kept).text });
    Object.assign(name, { value: JSON.parse(kept).name });
    keep();
    judge();
  }
  number();
})();

// What the page of a task does besides what all pages do: polls are chosen without leaving it.
"use strict";
(() => {
  const choose = address => {
    history.pushState(null, "", address);
    document.dispatchEvent(new Event("refresh"));
  };
  const press = what => document.querySelector(what)?.click();

  document.addEventListener("click", event => {
    const chosen = event.target.closest("[data-choose], .plot a, .task .tabs a");
    if (!chosen || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(chosen.getAttribute("href"));
  });
  document.addEventListener("keydown", event => {
    const typing = event.target.matches("input, textarea, select") || document.querySelector("dialog[open]");
    if (typing || localStorage.getItem("keys") === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowLeft") press("[data-before]");
    if (event.key === "ArrowRight") press("[data-next]");
  });
  addEventListener("popstate", () => document.dispatchEvent(new Event("refresh")));

  // Where a plot is wider than its place, it starts at now.
  document.querySelectorAll("[data-now-at]").forEach(each => {
    each.scrollLeft = each.dataset.nowAt - each.clientWidth * 0.7;
  });
})();

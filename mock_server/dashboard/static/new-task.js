// The form of a new task: what fits the vendor, what the scenario is about, and how to poll the task.
"use strict";
(() => {
  const form = document.querySelector("[data-new-task]");
  if (!form) return;
  const find = what => form.querySelector(what);
  const show = () => {
    const [vendor, scenarios, forms] = [find("input[name=vendor]:checked"), find("select[name=scenario]"), find("[data-forms]")];
    for (const each of scenarios.options) each.disabled = !each.dataset.vendors.split(" ").includes(vendor.value);
    if (scenarios.selectedOptions[0]?.disabled) scenarios.value = [...scenarios.options].find(each => !each.disabled)?.value;
    const about = find("#new-about");
    about.textContent = scenarios.selectedOptions[0]?.dataset.about || "";
    about.lang = scenarios.selectedOptions[0]?.dataset.language || "en";
    for (const each of forms.options) each.hidden = each.disabled = Boolean(each.dataset.vendor) && each.dataset.vendor !== vendor.value;
    if (forms.selectedOptions[0].disabled) {
      const same = [...forms.options].find(each => !each.disabled && each.text === forms.selectedOptions[0].text);
      (same || forms.options[0]).selected = true;
    }
    const id = find("input[name=id]").value;
    const target = vendor.dataset.before + (id ? encodeURIComponent(id) : "…") + vendor.dataset.after;
    const text = forms.selectedOptions[0].dataset.text;
    find("[data-snippet]").textContent = text ? text.replace("{id}", () => id || "…") : `curl '${form.dataset.base}${target}'`;
  };
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  show();
})();

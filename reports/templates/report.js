"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const clauses = all(".clause");
  const controls = document.getElementById("filter");
  const told = document.getElementById("told");
  const texts = new Map(clauses.map((clause) => [
    clause, `${clause.id} ${clause.querySelector(".sentence").textContent} ${clause.dataset.reason}`.toLowerCase(),
  ]));

  const wanted = () => Object.fromEntries(["contract", "outcome", "level", "kind"].map((name) => [name, controls.elements[name].value]));

  function filter() {
    const choice = wanted();
    const words = controls.elements.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const clause of clauses) {
      const fits = Object.entries(choice).every(([name, value]) => !value || clause.dataset[name] === value)
        && words.every((word) => texts.get(clause).includes(word));
      clause.hidden = !fits;
      shown += fits;
    }
    for (const group of all(".group")) group.hidden = !group.querySelector(".clause:not([hidden])");
    for (const part of all("[data-contract-part]")) part.hidden = choice.contract && part.dataset.contractPart !== choice.contract;
    const some = shown < clauses.length;
    told.textContent = some ? `${shown} of ${clauses.length} clauses` : `${clauses.length} clauses`;
    document.getElementById("clear").hidden = !some;
    root.classList.toggle("filtered", some);
    if (some) for (const fold of all("details.fold")) if (fold.querySelector(".clause:not([hidden])")) fold.open = true;
  }

  function goTo() {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { return; }
    const target = id && document.getElementById(id);
    if (!target) return;
    if (target.closest("[hidden]")) clear();
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    target.scrollIntoView();
    const focusable = target.matches("details") ? target.querySelector("summary") : target;
    if (!focusable.matches("a, button, summary, input")) focusable.tabIndex = -1;
    focusable.focus({ preventScroll: true });
  }

  function clear() {
    controls.reset();
    filter();
  }

  async function copy(button) {
    const text = button.parentElement.querySelector("pre").textContent;
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.textContent = done ? "Copied" : "Select the text to copy it";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }

  for (const place of all(".copyable")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-live", "polite");
    place.prepend(button);
  }
  document.addEventListener("click", (event) => {
    if (event.target.matches(".copy")) copy(event.target);
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) goTo();
  });
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("input", filter);
  document.getElementById("clear").addEventListener("click", () => { clear(); controls.elements.search.focus(); });
  const fold = (open) => { for (const clause of clauses) if (!clause.hidden) clause.open = open; };
  document.getElementById("unfold").addEventListener("click", () => {
    for (const group of all("details.fold")) if (group.querySelector(".clause")) group.open = true;
    fold(true);
  });
  document.getElementById("fold").addEventListener("click", () => fold(false));
  const unprinted = [];
  addEventListener("beforeprint", () => {
    for (const folded of all(".reason details.fold:not([open])")) { folded.open = true; unprinted.push(folded); }
  });
  addEventListener("afterprint", () => { for (const folded of unprinted.splice(0)) folded.open = false; });
  addEventListener("hashchange", goTo);
  filter();
  addEventListener("load", () => setTimeout(goTo));  // after the browser has gone there itself
})();

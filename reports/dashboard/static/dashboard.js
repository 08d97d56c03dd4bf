// Everything works without it: it saves a click or two.
"use strict";

// Choose all rows of a page.
const all = document.getElementById("pick-all");
if (all) {
  const boxes = () => [...document.querySelectorAll('#rows input[name="case"]')];
  all.hidden = false;
  all.addEventListener("change", () => boxes().forEach((box) => { box.checked = all.checked; }));
  document.getElementById("rows").addEventListener("change", (event) => {
    if (event.target !== all) {
      all.checked = boxes().every((box) => box.checked);
    }
  });
}

// What the rules say of cells, a moment after the last key.
const repair = document.getElementById("repair");
if (repair) {
  const verdict = document.getElementById("verdict");
  let waiting = 0;
  let asked = 0;
  const check = async () => {
    const mine = ++asked;
    verdict.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(repair.dataset.check, {
        method: "POST",
        headers: { "X-Fragment": "verdict" },
        body: new URLSearchParams(new FormData(repair)),
      });
      const text = await answer.text();
      if (mine === asked && answer.ok) {
        verdict.innerHTML = text; // our own template, with every text escaped
      }
    } catch {
      verdict.textContent = "";
    } finally {
      if (mine === asked) {
        verdict.removeAttribute("aria-busy");
      }
    }
  };
  repair.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(check, 700);
  });
}

// A suggestion is taken into its cell.
document.querySelectorAll("button.use").forEach((button) => {
  const cell = document.getElementById(button.dataset.cell);
  button.hidden = !cell;
  button.addEventListener("click", () => {
    cell.value = button.dataset.value;
    cell.dispatchEvent(new Event("input", { bubbles: true }));
    cell.focus();
  });
});

// A form is sent once; the browser's way back makes it usable again.
document.addEventListener("submit", (event) => {
  if (event.target.method === "post") {
    setTimeout(() => event.target.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
  }
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("button:disabled").forEach((button) => { button.disabled = false; });
});

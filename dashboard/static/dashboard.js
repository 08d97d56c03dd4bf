// Everything works without it: it saves a click or two.
"use strict";

// The page's language: its texts stand at the body, by the English ones; numbers keep the digits of the page.
const texts = JSON.parse(document.body.dataset.texts);
const language = document.documentElement.lang;
const numberTold = (number, digits = 0) => number.toLocaleString(`${language}-u-nu-latn`, { maximumFractionDigits: digits });
// A value is isolated from the text around it, so that a Latin name does not tear up an Arabic sentence.
const isolated = (value) => (document.documentElement.dir === "rtl" ? `\u2068${value}\u2069` : value);
const fill = (text, values) => text.replace(/{(\w+)}/g, (_, name) => isolated(values[name]));
const say = (english, values = {}) => fill(texts[english] ?? english, values);
const count = (english, number, values = {}) => {
  const forms = texts[english];
  const form = forms[new Intl.PluralRules(language).select(number)] ?? forms.other;
  return fill(form, { ...values, n: numberTold(number) });
};

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
  // The cells are marked as the rules see them now.
  const mark = () => {
    repair.querySelectorAll("tr.bad").forEach((row) => {
      const cell = row.querySelector("input, textarea");
      row.classList.remove("bad");
      row.querySelector(".notes").replaceChildren();
      cell.removeAttribute("aria-invalid");
      cell.removeAttribute("aria-describedby");
    });
    verdict.querySelectorAll("[data-cell]").forEach((problem) => {
      const cell = document.getElementById(problem.dataset.cell);
      if (!cell) {
        return;
      }
      const row = cell.closest("tr");
      const notes = row.querySelector(".notes");
      const note = problem.querySelector(".message").cloneNode(true);
      note.className = "why";
      notes.append(note);
      row.classList.add("bad");
      cell.setAttribute("aria-invalid", "true");
      cell.setAttribute("aria-describedby", notes.id);
    });
  };
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
        mark();
      } else if (mine === asked) {
        const page = new DOMParser().parseFromString(text, "text/html");
        const note = document.createElement("p");
        note.className = "warning";
        note.textContent = page.querySelector("[role=alert]")?.textContent ?? say("This could not be checked. Reload the page.");
        verdict.replaceChildren(note);
      }
    } catch {
      verdict.textContent = say("The dashboard is not responding. Your changes are still here: try again in a moment.");
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

// A run that is at work tells how far it is; when it has ended, its page is shown anew.
const progress = document.getElementById("progress");
if (progress) {
  const look = async () => {
    try {
      const answer = await fetch(progress.dataset.progress);
      if (!answer.ok || answer.redirected) {
        return;
      }
      if (answer.headers.get("X-Run-State") !== "running") {
        location.reload();
        return;
      }
      progress.innerHTML = await answer.text(); // our own template, with every text escaped
    } catch {
      // The dashboard is not responding: what was shown last stays.
    }
    setTimeout(look, 1500);
  };
  setTimeout(look, 1500);
}

// Nothing is sent to a system outside on Enter.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.closest("form[data-outside]") && !event.target.closest("a, textarea, summary")) {
    event.preventDefault();
  }
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

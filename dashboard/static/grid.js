// The grid works without it, as a form: this judges rows as one types, leads to the next wrong cell, pastes columns, and
// keeps what was typed until it is saved.
"use strict";

// What was typed: the name of a cell -> its text, and how its row was shown. It outlives a reload and a login.
const page = document.getElementById("grid-page");
const kept = { cells: {}, seen: {}, sent: null, ...JSON.parse(sessionStorage.getItem(page.dataset.place) ?? "{}") };
const keep = () => sessionStorage.setItem(page.dataset.place, JSON.stringify(kept));
const forget = () => {
  kept.cells = {};
  kept.seen = {};
  keep();
};
if (kept.sent !== null && page.dataset.saved && page.dataset.saved !== kept.sent) {
  forget(); // the run that the page tells of saved it
}
kept.sent = null;
const gone = new Set(page.dataset.gone.split(" ")); // somebody else ended these rows meanwhile
Object.keys(kept.cells).filter((name) => gone.has(name.split("-")[1])).forEach((name) => delete kept.cells[name]);
keep();

const grid = document.getElementById("grid");
const save = document.getElementById("save");
if (grid && save) {
  const rows = [...grid.querySelectorAll("tr[data-case]")];
  const cells = [...grid.querySelectorAll('[name^="cell-"]')];
  const told = document.getElementById("told");
  const discard = document.getElementById("discard");
  const reason = document.getElementById("reason");
  const keys = document.getElementById("keys");
  const rowOf = (cell) => cell.closest("tr");
  const cellsOf = (row) => cells.filter((cell) => rowOf(cell) === row);
  const isBad = (cell) => cell.getAttribute("aria-invalid") === "true";
  const caseOf = (name) => name.split("-")[1];

  const isRightToLeft = document.documentElement.dir === "rtl";
  const ahead = isRightToLeft ? "ArrowLeft" : "ArrowRight";
  const history = [];

  const changed = () => new Set(Object.keys(kept.cells).map(caseOf)).size;
  const elsewhere = () => {
    const here = new Set(rows.map((row) => row.dataset.case));
    return new Set(Object.keys(kept.cells).map(caseOf).filter((one) => !here.has(one))).size;
  };
  const refresh = () => {
    const number = changed();
    const { system, database } = grid.dataset;
    save.textContent = system
      ? count("Save {n} rows and send them to {system} from {database}", number, { system, database })
      : count("Save {n} rows", number);
    save.hidden = discard.hidden = number === 0;
    cells.forEach((cell) => cell.classList.toggle("changed", cell.name in kept.cells));
    keep();
  };

  // The verdicts, a moment after the last key.
  let waiting = 0;
  let asking = null;
  const plain = (message) => message.replaceAll("`", "");
  const mark = (cell, messages) => {
    const notes = document.getElementById(cell.id.replace("c-", "w-"));
    notes.replaceChildren(...messages.map((message) => {
      const note = document.createElement("p");
      note.className = "why";
      note.dir = "auto";
      note.textContent = plain(message);
      return note;
    }));
    cell.closest("td").classList.toggle("bad", messages.length > 0);
    if (messages.length) {
      cell.setAttribute("aria-invalid", "true");
      cell.setAttribute("aria-describedby", notes.id);
    } else {
      cell.removeAttribute("aria-invalid");
      cell.removeAttribute("aria-describedby");
    }
  };
  const judge = (row, verdict) => {
    const said = document.getElementById(`v-${row.dataset.case}`);
    said.textContent = verdict.told;
    said.className = `verdict is-${verdict.is_good ? "good" : "bad"}`;
    cellsOf(row).forEach((cell) => mark(cell, verdict.problems[cell.name.split("-")[2]] ?? []));
    const shown = new Set(cellsOf(row).map((cell) => cell.name.split("-")[2]));
    const whole = Object.entries(verdict.problems).filter(([letter]) => !shown.has(letter)).flatMap(([, messages]) => messages);
    document.getElementById(`w-${row.dataset.case}-`).textContent = whole.map(plain).join(" ");
  };
  const form = (isSent) => {
    const data = new URLSearchParams();
    grid.querySelectorAll('input[type="hidden"]:not([name^="seen-"])').forEach((one) => data.append(one.name, one.value));
    Object.entries(kept.cells).filter(([name]) => isSent(name)).forEach(([name, text]) => {
      data.append(name, text);
      data.set(`seen-${caseOf(name)}`, kept.seen[caseOf(name)]);
    });
    return data;
  };
  const check = async () => {
    asking?.abort();
    asking = new AbortController();
    const here = new Set(cells.map((cell) => cell.name));
    const body = form((name) => here.has(name));
    told.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(grid.dataset.check, {
        method: "POST", headers: { "X-Verdicts": "yes" }, body, signal: asking.signal,
      });
      const isOurs = answer.headers.get("content-type")?.startsWith("application/json");
      if (!isOurs) {
        told.textContent = say("These rows could not be checked. Your changes are still here: reload the page.");
        return;
      }
      const verdicts = await answer.json();
      if (verdicts.error) {
        told.textContent = verdicts.error;
        return;
      }
      rows.filter((row) => row.dataset.case in verdicts.rows).forEach((row) => judge(row, verdicts.rows[row.dataset.case]));
      refresh();
      tell(Object.values(verdicts.rows));
    } catch (error) {
      if (error.name !== "AbortError") {
        told.textContent = say("The dashboard is not responding. Your changes are still here: try again in a moment.");
      }
    } finally {
      told.removeAttribute("aria-busy");
    }
  };
  const tell = (verdicts) => {
    const good = verdicts.filter((one) => one.is_good).length;
    const others = elsewhere();
    told.textContent = verdicts.length === 0 ? "" : count("{good} of {n} rows can be imported.", verdicts.length, { good: numberTold(good) });
    if (others) {
      told.textContent += ` ${count("{n} rows changed on other pages.", others)}`;
    }
  };

  const put = (cell, text, { remembers = true } = {}) => {
    if (remembers) {
      history.push([cell, kept.cells[cell.name] ?? cell.defaultValue]);
    }
    cell.value = text;
    note(cell);
  };
  const note = (cell) => {
    const row = rowOf(cell);
    if (cell.value === cell.defaultValue) {
      delete kept.cells[cell.name];
    } else {
      kept.cells[cell.name] = cell.value;
      kept.seen[row.dataset.case] = row.querySelector('[name^="seen-"]').value;
    }
    refresh();
    clearTimeout(waiting);
    waiting = setTimeout(check, 600);
  };

  // From cell to cell.
  const enter = (cell) => {
    cell.focus();
    cell.select();
  };
  const step = (cell, by) => {
    const from = cells.indexOf(cell);
    const order = by > 0 ? cells.slice(from + 1) : cells.slice(0, from).reverse();
    const next = order.find(isBad);
    if (next) {
      enter(next);
    }
    return Boolean(next);
  };
  const column = (cell) => cell.getAttribute("aria-labelledby").split(" ")[0];
  const below = (cell, by = 1) => {
    const same = cells.filter((one) => column(one) === column(cell));
    return same[same.indexOf(cell) + by];
  };
  const beside = (cell, by) => {
    const next = cells[cells.indexOf(cell) + by];
    return next && rowOf(next) === rowOf(cell) ? next : undefined;
  };

  let before = null;
  grid.addEventListener("focusin", (event) => {
    if (cells.includes(event.target)) {
      before = event.target.value;
    }
  });
  grid.addEventListener("input", (event) => {
    if (cells.includes(event.target)) {
      if (before !== null) {
        history.push([event.target, before]); // once for all that is typed in one visit
        before = null;
      }
      note(event.target);
    }
  });
  grid.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (!cells.includes(cell) || event.isComposing) {
      return;
    }
    const isText = cell.tagName === "TEXTAREA";
    if (event.key === "Enter" && !(isText && event.shiftKey)) {
      event.preventDefault();
      if (!step(cell, event.shiftKey ? -1 : 1)) {
        told.textContent = say("No more wrong cells on this page.");
      }
    } else if (event.key === "Tab" && step(cell, event.shiftKey ? -1 : 1)) {
      event.preventDefault();
    } else if (event.key === "Tab" && !event.shiftKey && !save.hidden) {
      event.preventDefault();
      save.focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !isText) {
      const next = below(cell, event.key === "ArrowDown" ? 1 : -1);
      if (next) {
        event.preventDefault();
        enter(next);
      }
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && event.altKey) {
      event.preventDefault();
      const next = beside(cell, event.key === ahead ? 1 : -1);
      if (next) {
        enter(next);
      }
    } else if (event.key === "Escape") {
      event.preventDefault();
      rowOf(cell).focus();
    }
  });

  // A column from a spreadsheet goes down the rows, several columns to the right as well.
  grid.addEventListener("paste", (event) => {
    const first = event.target;
    const text = event.clipboardData?.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "") ?? "";
    if (!cells.includes(first) || !/[\n\t]/.test(text)) {
      return;
    }
    event.preventDefault();
    let left = 0;
    let cell = first;
    text.split("\n").forEach((line) => {
      let target = cell;
      line.split("\t").forEach((piece) => {
        if (target) {
          put(target, piece.trim());
        } else {
          left += 1;
        }
        target = target && beside(target, 1);
      });
      cell = cell && below(cell);
    });
    before = first.value;
    if (left) {
      clearTimeout(waiting);
      check().then(() => { told.textContent += ` ${count("{n} pasted values had no cell on this page.", left)}`; });
    }
  });

  // Single keys, where nothing is typed.
  rows.forEach((row) => { row.tabIndex = -1; });
  const on = document.getElementById("keys-on");
  on.checked = localStorage.getItem("single keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("single keys", on.checked ? "on" : "off"));
  const here = () => document.activeElement?.closest?.("tr[data-case]");
  const go = (by) => {
    const at = rows.indexOf(here());
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
    next?.focus();
  };
  const acts = {
    j: () => go(1),
    k: () => go(-1),
    e: () => {
      const inRow = cellsOf(here() ?? rowOf(cells.find(isBad) ?? cells[0]));
      const cell = inRow.find(isBad) ?? inRow[0];
      if (cell) {
        enter(cell);
      }
    },
    i: () => {
      const box = here()?.querySelector('[name="case"]');
      if (box) {
        box.checked = true;
      }
      reason.focus();
    },
    z: () => {
      const last = history.pop();
      if (last) {
        put(last[0], last[1], { remembers: false });
        rowOf(last[0]).focus(); // not the cell, or the next key would be typed into it
        last[0].scrollIntoView({ block: "nearest", inline: "nearest" });
      } else {
        document.getElementById("undo")?.focus();
      }
    },
    "/": () => document.getElementById("f-text").focus(),
    "?": () => keys.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest('input:not([type="checkbox"]), textarea, select, dialog');
    if (on.checked && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey && event.key in acts) {
      event.preventDefault();
      acts[event.key]();
    }
  });
  const opener = document.getElementById("keys-open");
  opener.hidden = false;
  opener.addEventListener("click", () => keys.showModal());

  // What is sent are the changed rows alone, those of other pages among them.
  grid.addEventListener("formdata", (event) => {
    [...event.formData.keys()].filter((name) => /^(cell|seen)-/.test(name)).forEach((name) => event.formData.delete(name));
    form(() => true).forEach((value, name) => {
      if (/^(cell|seen)-/.test(name)) {
        event.formData.append(name, value);
      }
    });
  });
  grid.addEventListener("submit", (event) => {
    if (event.submitter === save) {
      kept.sent = page.dataset.saved;
      keep();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!save.hidden) {
        grid.requestSubmit(save);
      }
    }
  });
  discard.addEventListener("click", () => {
    forget();
    location.reload();
  });
  // What was typed is for whoever is logged in.
  document.querySelector('form[action="/logout"]')?.addEventListener("submit", () => sessionStorage.clear());

  // The first wrong cell is in sight, however wide the sheet is.
  const first = cells.find(isBad)?.closest("td");
  const wide = grid.querySelector(".wide");
  if (first) {
    const [its, all] = [first.getBoundingClientRect(), wide.getBoundingClientRect()];
    wide.scrollLeft += isRightToLeft ? Math.min(0, its.left - 16 - all.left) : Math.max(0, its.right + 16 - all.right);
  }
  document.getElementById("check").hidden = true;
  cells.filter((cell) => cell.name in kept.cells).forEach((cell) => { cell.value = kept.cells[cell.name]; });
  refresh();
  if (changed()) {
    check();
  }
}

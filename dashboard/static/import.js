// Everything works without it: files are dropped, what is sent is shown, and the page follows the work.
"use strict";

(() => {
  const upload = document.getElementById("upload");
  if (upload) {
    const files = document.getElementById("files");
    const told = document.getElementById("sending-told");
    const sending = document.getElementById("sending");
    const bar = document.getElementById("sent");
    const mib = (bytes) => `${numberTold(Math.max(bytes / 1048576, 0.1), 1)} MiB`;
    upload.querySelector(".drop-hint").hidden = false;

    const tell = (text) => {
      sending.hidden = false;
      told.textContent = text;
    };
    const failed = (text) => {
      bar.hidden = true;
      tell(text);
      upload.querySelectorAll("button, input").forEach((one) => { one.disabled = false; });
    };
    const send = () => {
      const total = [...files.files].reduce((sum, file) => sum + file.size, 0);
      if (total > Number(upload.dataset.most)) {
        failed(say("These files are {size} together, which is more than {most}. Send them in smaller parts.", { size: mib(total), most: mib(Number(upload.dataset.most)) }));
        return;
      }
      const request = new XMLHttpRequest();
      request.open("POST", upload.action);
      request.upload.addEventListener("progress", (event) => {
        bar.hidden = false;
        bar.value = event.total ? (100 * event.loaded) / event.total : 0;
        tell(say("{done} of {total} sent", { done: mib(event.loaded), total: mib(event.total) }));
      });
      request.addEventListener("load", () => {
        if (request.status === 200 && new URL(request.responseURL).pathname !== "/import") {
          location.assign(request.responseURL);
          return;
        }
        const page = new DOMParser().parseFromString(request.responseText, "text/html");
        failed(page.querySelector("[role=alert]")?.textContent ?? say("The files could not be sent. Reload the page, and try again."));
      });
      request.addEventListener("error", () => failed(say("The files could not be sent: the dashboard is not responding. Try again in a moment.")));
      const form = new FormData(upload);
      tell(say("Sending…"));
      upload.querySelectorAll("button, input").forEach((one) => { one.disabled = true; });
      request.send(form);
    };
    upload.addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
    files.addEventListener("change", () => {
      if (files.files.length) {
        send();
      }
    });
    const over = (is) => (event) => {
      if (event.dataTransfer?.types.includes("Files")) {
        event.preventDefault();
        upload.classList.toggle("over", is);
      }
    };
    document.addEventListener("dragover", over(true));
    document.addEventListener("dragleave", over(false));
    document.addEventListener("drop", (event) => {
      over(false)(event);
      if (event.dataTransfer?.files.length) {
        files.files = event.dataTransfer.files;
        send();
      }
    });
  }

  // How far it is; when it has ended, the page shows the result.
  const progress = document.getElementById("upload-progress");
  if (progress) {
    const follow = async () => {
      try {
        const answer = await fetch(location.pathname, { headers: { "X-Fragment": "progress" } });
        if (!answer.ok || answer.headers.get("X-Stage") !== progress.dataset.stage) {
          location.reload();
          return;
        }
        const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("upload-progress");
        if (made && made.innerHTML !== progress.innerHTML) {
          progress.innerHTML = made.innerHTML; // our own template, with every text escaped
        }
      } catch {
        // The dashboard is being started again: ask again in a moment.
      }
      setTimeout(follow, 1000);
    };
    setTimeout(follow, 700);
  }

  // What was chosen is checked before it is imported.
  const choices = document.getElementById("choices");
  const stale = document.getElementById("stale");
  if (choices && stale) {
    choices.addEventListener("change", (event) => {
      if (event.target.name !== "remember") {
        stale.hidden = false;
        document.getElementById("check").classList.add("main");
      }
    });
  }
})();

// Files on their way to the server: dropped or chosen, sent in pieces (tus), paused, resumed, each with its bar.
// Without this script the plain form beneath works as ever.
(function () {
  "use strict";

  const PIECE = 8 * 1024 * 1024;
  const AT_ONCE = 2;
  // Above this, hashing first would keep a person waiting longer than it can save.
  const HASHED_FIRST = 64 * 1000 * 1000;
  const LONGEST_WAIT = 30 * 1000;

  const zone = document.querySelector("[data-drop-zone]");
  const list = document.querySelector("[data-transfers]");
  const template = document.getElementById("transfer-template");
  if (!zone || !window.tus || !window.tus.isSupported) return;

  const transfers = [];
  const text = (name, values) => (zone.dataset["text" + name] || "").replace(/\{(\w+)\}/g, (_, key) => values[key]);

  /* Numbers for people */

  function bytes(count) {
    const units = ["bytes", "kB", "MB", "GB"];
    const step = Math.min(units.length - 1, count < 1000 ? 0 : Math.floor(Math.log10(count) / 3));
    const value = count / Math.pow(1000, step);
    const digits = step < 2 || value >= 100 ? 0 : 1;
    return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }) + " " + units[step];
  }

  function duration(seconds) {
    if (seconds < 60) return text("Seconds", { n: Math.max(1, Math.ceil(seconds)) });
    if (seconds < 3600) return text("Minutes", { n: Math.ceil(seconds / 60) });
    return text("Hours", { n: Math.floor(seconds / 3600) }) + " " + text("Minutes", { n: Math.ceil((seconds % 3600) / 60) });
  }

  /* One file */

  class Transfer {
    constructor(file) {
      this.file = file;
      this.state = "waiting";
      this.sent = 0;
      this.samples = [];
      this.failures = 0;
      this.element = template.content.firstElementChild.cloneNode(true);
      this.element.querySelector(".transfer-name").textContent = file.name;
      this.element.querySelectorAll("[data-name]").forEach((part) => { part.textContent = file.name; });
      const bar = this.find("progress");
      bar.max = Math.max(1, file.size);
      bar.setAttribute("aria-label", file.name);
      this.find("[data-pause]").addEventListener("click", () => this.pause());
      this.find("[data-resume]").addEventListener("click", () => this.goOn());
      this.find("[data-remove]").addEventListener("click", () => this.remove());
      list.append(this.element);
      list.hidden = false;
      this.upload = this.makeUpload();
      this.show("waiting");
    }

    find(selector) { return this.element.querySelector(selector); }

    makeUpload() {
      return new window.tus.Upload(this.file, {
        endpoint: zone.dataset.endpoint,
        chunkSize: PIECE,
        metadata: { filename: this.file.name },
        retryDelays: [0, 1000, 3000],
        removeFingerprintOnSuccess: true,
        onBeforeRequest: (request) => {
          request.setHeader("X-CSRFToken", document.querySelector('meta[name="csrf-token"]').content);
        },
        onAfterResponse: (request, response) => {
          // Asked how far it is, the server may be out of reach or want a new sign-in: no reason to begin from the start.
          const status = response.getStatus();
          this.isSignedOut = status === 401 || status === 403;
          this.isElsewhere = status === 423;
          if (request.getMethod() === "HEAD" && (this.isSignedOut || status >= 500)) throw new Error("status " + status);
        },
        onProgress: (sent) => this.note(sent),
        onError: (error) => this.meet(error),
        onSuccess: () => this.arrive(),
      });
    }

    async begin() {
      this.show("looking");
      const known = await this.lookUp();
      if (this.state !== "looking") return;
      if (known) { this.become(known); return; }
      const earlier = await this.upload.findPreviousUploads();
      if (this.state !== "looking") return;
      if (earlier.length) {
        this.upload.resumeFromPreviousUpload(earlier[earlier.length - 1]);
        dropStale(earlier[earlier.length - 1].uploadUrl);
      }
      this.start();
    }

    // The same bytes may be here already: asking costs less than sending.
    async lookUp() {
      if (!window.crypto || !window.crypto.subtle || this.file.size > HASHED_FIRST) return null;
      try {
        const digest = await window.crypto.subtle.digest("SHA-256", await this.file.arrayBuffer());
        const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
        const announce = transfers.length === 1 ? "&announce" : "";
        const answer = await fetch(zone.dataset.endpoint + "?sha256=" + hash + announce);
        return answer.ok ? (await answer.json())[0] || null : null;
      } catch (error) {
        return null; // it is sent, and the server finds out
      }
    }

    start() {
      this.samples = [];
      this.show("sending");
      this.upload.start();
    }

    note(sent) {
      this.sent = sent;
      this.failures = 0;
      const now = performance.now();
      this.samples.push([now, sent]);
      while (this.samples.length > 2 && now - this.samples[0][0] > 6000) this.samples.shift();
      if (this.state !== "paused") this.show(sent >= this.file.size ? "checking" : "sending");
    }

    speed() {
      if (this.samples.length < 2) return 0;
      const first = this.samples[0];
      const last = this.samples[this.samples.length - 1];
      return last[0] - first[0] < 500 ? 0 : (last[1] - first[1]) / (last[0] - first[0]) * 1000;
    }

    pause() {
      clearTimeout(this.timer);
      this.upload.abort();
      this.show("paused");
      next();
    }

    goOn() {
      this.show("waiting");
      next();
    }

    remove() {
      clearTimeout(this.timer);
      const isHere = this.state === "done" || this.state === "known";
      this.show("removed");
      this.upload.abort(!isHere).catch(() => {}); // what can't be removed now expires by itself
      this.element.remove();
      transfers.splice(transfers.indexOf(this), 1);
      list.hidden = !list.children.length;
      next();
    }

    // A broken connection heals by itself; a refusal is the server's sentence and stays.
    async meet(error) {
      const response = error.originalResponse;
      const status = response ? response.getStatus() : 0;
      if (this.isSignedOut || status === 401 || status === 403) this.fail(text("SignedOut", {}));
      else if (status === 404 || status === 410) this.beginAnew();
      else if (status >= 400 && status < 500 && ![408, 409, 423, 429].includes(status)) this.fail(sentenceOf(response));
      else if (status === 429 || status === 507) this.fail(sentenceOf(response));
      else if (!status && !await this.isReadable()) this.fail(text("Unreadable", {}));
      else if (this.state !== "paused" && this.state !== "removed") {
        this.failures += 1;
        this.show(this.isElsewhere || status === 423 ? "elsewhere" : "broken");
        this.timer = setTimeout(() => this.tryAgain(), Math.min(LONGEST_WAIT, 1000 * Math.pow(2, this.failures)));
      }
    }

    // A browser tells a file that was changed or removed meanwhile in the same way as a broken line.
    async isReadable() {
      try {
        await this.file.slice(0, 1).arrayBuffer();
        return true;
      } catch (error) {
        return false;
      }
    }

    // What had arrived was cleared away on the server, after a week or by an administrator.
    beginAnew() {
      this.upload.url = null;
      this.sent = 0;
      this.start();
    }

    tryAgain() {
      clearTimeout(this.timer);
      if (this.state === "broken" || this.state === "elsewhere") this.start();
    }

    // Another request of the page was answered with the sign-in page.
    signOut() {
      clearTimeout(this.timer);
      this.upload.abort();
      this.fail(text("SignedOut", {}));
    }

    fail(sentence) {
      this.problem = sentence;
      this.show("failed");
      next();
    }

    async arrive() {
      this.sent = this.file.size;
      this.show("checking");
      const announce = transfers.length === 1 ? "?announce" : "";
      try {
        const answer = await fetch(this.upload.url + announce);
        if (!answer.ok) throw new Error(answer.statusText);
        this.become(await answer.json());
      } catch (error) {
        this.upload.url = null;
        this.fail(text("Failed", {}));
      }
    }

    // What it is now; a single file leads to its page, several stay in the list.
    become(outcome) {
      this.sent = this.file.size;
      this.find("[data-open]").href = outcome.page;
      this.problem = outcome.sentence;
      this.show(outcome.is_known ? "known" : "done");
      if (transfers.length === 1) window.location.assign(outcome.page);
      else { refreshFiles(); next(); }
    }

    show(state) {
      const isNew = state !== this.state;
      this.state = state;
      this.element.dataset.state = state;
      this.find("progress").value = this.sent;
      const line = this.line();
      this.find(".transfer-text").textContent = line;
      const open = { waiting: "remove", looking: "remove", sending: "pause remove", broken: "pause remove", elsewhere: "pause remove",
        paused: "resume remove", failed: "resume remove", checking: "", done: "open", known: "open", removed: "" }[state].split(" ");
      ["open", "pause", "resume", "remove"].forEach((name) => this.offer(name, open.includes(name)));
      if (isNew && ["paused", "broken", "elsewhere", "done", "known", "failed"].includes(state)) tell(this.file.name + ": " + line);
    }

    // A button that goes away hands the focus to the one that takes its place.
    offer(name, isOffered) {
      const control = this.find("[data-" + name + "]");
      const hadFocus = document.activeElement === control;
      control.hidden = !isOffered;
      if (hadFocus && !isOffered) {
        const other = Array.from(this.element.querySelectorAll("button, a[href]")).find((each) => !each.hidden);
        setTimeout(() => { const heir = other && !other.hidden ? other : document.getElementById("drop-files"); heir.focus(); });
      }
    }

    line() {
      const values = { done: bytes(this.sent), total: bytes(this.file.size) };
      if (this.state === "failed" || this.state === "known") return this.problem;
      if (this.state === "sending") {
        const speed = this.speed();
        if (!speed) return text("Begun", values);
        return text("Sending", Object.assign(values, { speed: bytes(speed), left: duration((this.file.size - this.sent) / speed) }));
      }
      return text(this.state.charAt(0).toUpperCase() + this.state.slice(1), values);
    }
  }

  function sentenceOf(response) {
    try { return JSON.parse(response.getBody()).detail || text("Failed", {}); } catch (error) { return text("Failed", {}); }
  }

  function tell(sentence) {
    document.querySelector("[data-transfer-status]").textContent = sentence;
  }

  // The server's line about a file that this page goes on with.
  function dropStale(url) {
    const id = (url || "").split("/").filter(Boolean).pop();
    const stale = id && list.querySelector('[data-partial="' + CSS.escape(id) + '"]');
    if (stale) stale.remove();
  }

  /* All files */

  function next() {
    const busy = transfers.filter((each) => ["looking", "sending", "checking"].includes(each.state)).length;
    transfers.filter((each) => each.state === "waiting").slice(0, Math.max(0, AT_ONCE - busy)).forEach((each) => each.begin());
  }

  let refresh = 0;
  function refreshFiles() {
    clearTimeout(refresh);
    refresh = setTimeout(() => window.htmx.trigger("#file-rows", "refresh"), 300);
  }

  function take(files) {
    files.filter((file) => !transfers.some((each) => isSame(each.file, file) && !["done", "known", "failed"].includes(each.state)))
      .forEach((file) => transfers.push(new Transfer(file)));
    next();
  }

  function isSame(one, other) {
    return one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
  }

  /* Dropping: files, and the files of folders */

  function entries(reader) {
    return new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
  }

  async function filesOf(entry) {
    if (entry.isFile) {
      const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
      return file && !file.name.startsWith(".") ? [file] : [];
    }
    const reader = entry.createReader();
    const found = [];
    for (let part = await entries(reader); part.length; part = await entries(reader)) {
      for (const each of part) found.push(...await filesOf(each));
    }
    return found;
  }

  async function dropped(transfer) {
    const roots = Array.from(transfer.items || [], (item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
    if (!roots.some((entry) => entry.isDirectory)) return Array.from(transfer.files);
    return (await Promise.all(roots.map(filesOf))).flat();
  }

  const holdsFiles = (event) => Array.from((event.dataTransfer || {}).types || []).includes("Files");

  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    zone.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone.classList.remove("is-over"); });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    zone.classList.remove("is-over");
    dropped(event.dataTransfer).then(take);
  });
  document.getElementById("drop-files").addEventListener("change", (event) => {
    take(Array.from(event.target.files));
    event.target.value = "";
  });
  document.addEventListener("insiders:signed-out", (event) => {
    const open = transfers.filter((each) => !["done", "known"].includes(each.state));
    if (open.length) event.preventDefault();
    open.filter((each) => each.state !== "failed").forEach((each) => each.signOut());
  });
  window.addEventListener("online", () => transfers.forEach((each) => each.tryAgain()));
  window.addEventListener("beforeunload", (event) => {
    if (transfers.some((each) => ["looking", "sending", "checking"].includes(each.state))) event.preventDefault();
  });

  document.querySelector("[data-plain-upload]").hidden = true;
  zone.hidden = false;
})();

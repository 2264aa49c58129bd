// The keys of the page. Everything here can also be done without it, by links and forms.
"use strict";

(() => {
  const body = document.body;
  const note = document.getElementById("note");
  const meanings = JSON.parse(body.dataset.meanings || "{}");
  let pending = null;

  // What answered a form is found again by its own address: going back or loading it anew asks for no form once more.
  if (body.dataset.address) history.replaceState(null, "", body.dataset.address);

  const isTyping = (element) =>
    element instanceof HTMLElement &&
    (element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName)) &&
    !["checkbox", "radio", "submit", "button"].includes(element.type);

  const press = (element) => {
    if (element.dataset.needs === "note" && note && note.value.trim() === "") {
      // The reason first; Enter then sends.
      pending = element;
      note.focus();
      return;
    }
    element.focus();
    element.click();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target)) {
      if (event.code === "Escape") {
        pending = null;
        event.target.blur();
      } else if (event.code === "Enter" && event.target === note && pending && note.value.trim() !== "") {
        event.preventDefault();
        pending.click();
      }
      return;
    }
    if (body.dataset.keys !== "on" || event.repeat) return;
    // Physical keys: the same key works on a Persian and on an English layout. What each means is the visitor's own choice.
    let code = event.code === "Slash" ? (event.shiftKey ? "Help" : "Slash") : event.code;
    if (code.startsWith("Key")) code = meanings[code];
    if (!code) return;
    const element = document.querySelector(`[data-key~="${code}"]`);
    if (element) {
      event.preventDefault();
      press(element);
    }
  });

  if (note) {
    note.addEventListener("blur", () => { if (note.value.trim() === "") pending = null; });
  }

  // A second press of a button that has sent its form does nothing more; the server would count it once anyway.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if ("download" in form.dataset) return; // the page stays, and its file may be wanted again
    if (form.dataset.sent === "yes") {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
  });

  // Every box of the page with one press; the server decides on those that are ticked, as ever.
  document.querySelectorAll("[data-all]").forEach((all) => {
    const boxes = [...document.querySelectorAll(`input[type=checkbox][name="${all.dataset.all}"]`)];
    if (boxes.length < 2) return;
    const look = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      all.checked = ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    };
    all.hidden = false;
    all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
    boxes.forEach((box) => box.addEventListener("change", look));
    look();
  });

  // The browser's own button for a file speaks the browser's language, not the page's.
  document.querySelectorAll("input[type=file][data-choose]").forEach((input) => {
    const make = (name, of, text) => Object.assign(document.createElement(name), { className: of, textContent: text });
    const chooser = make("label", "chooser", "");
    const chosen = make("bdi", "muted", input.dataset.none);
    chooser.htmlFor = input.id;
    chooser.append(make("span", "button plain slim", input.dataset.choose), chosen);
    input.after(chooser);
    input.parentElement.classList.add("ours");
    input.addEventListener("change", () => { chosen.textContent = input.files.length ? input.files[0].name : input.dataset.none; });
  });

  // On a narrow screen the sections are a strip: the one that is open is in sight.
  const here = document.querySelector(".nav [aria-current]");
  if (here) here.scrollIntoView({ block: "nearest", inline: "center", behavior: "instant" });

  // A screen that nobody touches for as long as a session lasts shows nothing any more, unless something is typed on it.
  if (document.querySelector("form[action='/sign-out']")) {
    let idle = 0;
    for (const kind of ["keydown", "pointerdown", "pointermove", "scroll"]) {
      document.addEventListener(kind, () => { idle = 0; }, { passive: true });
    }
    setInterval(() => {
      idle += 1;
      const typed = [...document.querySelectorAll("textarea, input[type=text]")].some((field) => field.value !== field.defaultValue);
      if (idle >= 15 && !typed) location.replace("/sign-in");
    }, 60000);
  }

  // What is under way is looked at again; the page stays, so that no key and no click is lost. Nor does looking prolong the session.
  const lookAgain = () => {
    const again = document.querySelector("[data-look-again]");
    if (!again) return;
    setTimeout(async () => {
      const address = new URL(location.href);
      address.searchParams.set("look", "again");
      const answer = await fetch(address).catch(() => null);
      if (answer && (answer.redirected || !answer.ok)) return location.replace(address);
      const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
      const [old, found] = [document, page].map((one) => one && one.querySelector("main"));
      if (found && found.textContent !== old.textContent) {
        const focused = old.contains(document.activeElement) ? document.activeElement.dataset.key : "";
        old.replaceWith(found);
        const same = focused && found.querySelector(`[data-key="${focused}"]`);
        if (same) same.focus();
      }
      lookAgain();
    }, Number(again.dataset.lookAgain) * 1000);
  };
  lookAgain();

  const mistake = document.querySelector(".mistake[tabindex]");
  if (mistake) mistake.focus();
  const intent = document.querySelector("[data-intent='yes']");
  if (intent && note) {
    pending = intent;
    note.focus();
  }
})();

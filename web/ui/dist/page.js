"use strict";

const find = (id) => document.getElementById(id);

/** Calls the system API; returns its envelope, or throws the sentence of a failure. */
async function call(method, path, body) {
  const answer = await fetch("/systemApi" + path, {
    method,
    cache: "no-store",
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const envelope = await answer.json();
  if (answer.ok) return envelope;
  const text = typeof envelope.payload === "string" ? envelope.payload : envelope.payload.msg;
  throw Object.assign(new Error(text), { status: answer.status });
}

function say(text, wrong) {
  find("state").textContent = text;
  find("state").classList.toggle("wrong", Boolean(wrong));
}

/** Exchanges the launch token, which is in the fragment so that it is never sent as part of an address. */
async function launch() {
  const token = location.pathname.endsWith("/launch") ? location.hash.slice(1) : "";
  if (!token) return;
  history.replaceState(null, "", "/_/");
  await call("POST", "/launch", { token });
}

async function show() {
  try {
    const me = (await call("GET", "/me")).payload;
    find("who").textContent = me.user?.username ?? me.username ?? "you";
    find("mode").textContent = me.mode ?? "";
    find("base").textContent = location.origin + "/api";
    for (const id of ["facts", "description"]) find(id).hidden = false;
    find("sign-in").hidden = true;
    find("sign-out").hidden = me.mode === "local";
    say("EcoFlow is running.");
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    const status = (await call("GET", "/init/status")).payload;
    for (const id of ["facts", "description", "sign-out"]) find(id).hidden = true;
    find("sign-in").hidden = !status.isAuth || status.isNewClient;
    if (!status.isAuth) say("EcoFlow is running. Start it once more to be signed in here.");
    else if (status.isNewClient) say("There is no user yet. Set EcoFlow up with the setup code that it printed.");
    else say("Please sign in.");
  }
}

find("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  try {
    await call("POST", "/users/login", { username: form.get("username"), password: form.get("password") });
    event.target.reset();
    await show();
  } catch (problem) {
    say(problem.message, true);
  }
});

find("sign-out").addEventListener("click", async () => {
  try {
    await call("DELETE", "/users/logout");
    await show();
  } catch (problem) {
    say(problem.message, true);
  }
});

launch()
  .catch((problem) => say(problem.message, true))
  .then(show)
  .catch((problem) => say(problem.message, true));

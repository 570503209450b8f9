// The dashboard: asks both services for their health, and runs a CHSH experiment behind the token gate.
// ?quantum=URL and ?materials=URL say where the services are, on loopback only: the token is sent there.

const REFRESH_MS = 2000;
const PATIENCE_MS = 5000;
const SHOTS = 4096;
const CLASSICAL_BOUND = 2;

function serviceUrl(name, standard) {
  const given = new URLSearchParams(location.search).get(name);
  if (!given || !URL.canParse(given)) return standard;
  const url = new URL(given);
  return url.protocol === "http:" && ["127.0.0.1", "localhost"].includes(url.hostname) ? url.origin : standard;
}

// Resolves to the answer's JSON; rejects with an Error whose message is for a person.
async function ask(url, options = {}) {
  let response;
  try {
    response = await fetch(url, { credentials: "include", signal: AbortSignal.timeout(PATIENCE_MS), ...options });
  } catch (error) {
    throw new Error(error.name === "TimeoutError" ? "no answer in time" : "no answer");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const reason = typeof answer.detail === "string" ? answer.detail : "the request was refused";
  throw new Error(`${response.status}: ${reason}`);
}

// Said once: a status that is written anew is read out anew.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function card(id, url) {
  const section = document.getElementById(id);
  say(section.querySelector(".address"), url);
  return {
    section,
    show(state, text) {
      section.dataset.state = state;
      say(section.querySelector(".state"), text);
    },
  };
}

async function watch(shown, url, tell, forget = () => {}) {
  for (;;) {
    try {
      shown.show("up", tell(await ask(`${url}/health`, { cache: "no-store" })));
    } catch (error) {
      forget();
      shown.show("down", `down: ${error.message}`);
    }
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
  }
}

function chshText({ S_estimate: s, S_standard_error: error, S_expected: expected, shots, noise_p: noise }) {
  const side = s > CLASSICAL_BOUND ? "above" : "not above";
  return `S = ${s.toFixed(3)} ± ${error.toFixed(3)} from ${shots} shots at p = ${noise}: ${side} the classical bound of 2`
    + ` (expected ${expected.toFixed(3)})`;
}

async function runChsh(url, token, noise) {
  await ask(`${url}/api/quantum/login`, { method: "POST" });
  const seed = Math.floor(Math.random() * 2 ** 32);
  const query = new URLSearchParams({ shots: SHOTS, noise_p: noise, seed });
  const bytes = String.fromCharCode(...new TextEncoder().encode(token)); // a header takes bytes, not any text
  return ask(`${url}/api/quantum/chsh/simulate?${query}`, { headers: { "X-Quantum-Token": bytes } });
}

function startQuantumLab(url) {
  const shown = card("quantum_lab", url);
  const form = shown.section.querySelector("form");
  const result = shown.section.querySelector(".result");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      say(result, chshText(await runChsh(url, form.token.value, form.noise.value)));
    } catch (error) {
      say(result, `could not run: ${error.message}`);
    }
    button.disabled = false;
  });
  watch(shown, url, () => "up");
}

function startMaterials(url) {
  const shown = card("materials_service", url);
  const counts = shown.section.querySelectorAll("[data-jobs]");
  const write = (jobs) => counts.forEach((count) => say(count, String(jobs[count.dataset.jobs] ?? "–")));
  watch(shown, url, ({ enabled, jobs }) => {
    write(enabled ? jobs : {});
    return enabled ? "up" : "up, but its feature is off (FEATURE_MATERIALS)";
  }, () => write({}));
}

// The page's own name for this machine: a cookie of 127.0.0.1 is not sent from a page of localhost.
const host = location.hostname === "localhost" ? "localhost" : "127.0.0.1";
startQuantumLab(serviceUrl("quantum", `http://${host}:8020`));
startMaterials(serviceUrl("materials", `http://${host}:8030`));

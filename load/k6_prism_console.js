// Load test of the Prism console: its page, the Quantum Lab and the materials service, all at once.
//
//   K6_NO_USAGE_REPORT=true k6 run --summary-export logs/perf/k6_summary.json load/k6_prism_console.js
//
// Environment: UI_BASE_URL, QUANTUM_BASE_URL, QUANTUM_TOKEN, MATERIALS_BASE_URL; QUICK=1 for some seconds instead of
// half a minute; HOLD_S for how long the full load is held. docs/load.md says what is measured.

import exec from 'k6/execution';
import http from 'k6/http';
import { check, sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';

const UI = __ENV.UI_BASE_URL || 'http://127.0.0.1:4173';
const QUANTUM = __ENV.QUANTUM_BASE_URL || 'http://127.0.0.1:8020';
const TOKEN = __ENV.QUANTUM_TOKEN || 'dev-quantum';
const MATERIALS = __ENV.MATERIALS_BASE_URL || 'http://127.0.0.1:8030';

const QUICK = !['', '0', 'false'].includes(__ENV.QUICK || '');
const RAMP_S = QUICK ? 1 : 5;
const HOLD_S = Number(__ENV.HOLD_S || (QUICK ? 4 : 30));
const WHOLE_S = RAMP_S + HOLD_S;

const PACE_S = 1; // an iteration of a VU begins no more often, so that the load does not hang on how fast answers are
const POLL_S = 0.05;
const JOB_DEADLINE_S = 30;
const MAX_REJECTIONS = 10;
const JOB = { grid: [16, 16, 16], num_flip_attempts: 20000 };

const LIMITS = bounds('../config/load.yaml');

const loginFailures = new Counter('quantum_login_failures');
const rejections = new Counter('materials_jobs_rejected');
const jobDuration = new Trend('materials_job_duration', true);

export const options = {
  scenarios: {
    uiSmoke: {
      exec: 'uiSmoke',
      executor: 'constant-vus',
      vus: 5,
      duration: `${WHOLE_S}s`,
      tags: { component: 'ui' },
    },
    quantumApi: {
      exec: 'quantumApi',
      executor: 'ramping-arrival-rate',
      startRate: 1,
      timeUnit: '1s',
      preAllocatedVUs: 10,
      maxVUs: 40,
      stages: [
        { target: 5, duration: `${RAMP_S}s` },
        { target: 5, duration: `${HOLD_S}s` },
      ],
      tags: { component: 'quantum_lab' },
    },
    materialsJobs: {
      exec: 'materialsJobs',
      executor: 'per-vu-iterations',
      vus: 2,
      iterations: Math.ceil(WHOLE_S / PACE_S),
      maxDuration: `${WHOLE_S + JOB_DEADLINE_S}s`,
      tags: { component: 'materials_service' },
    },
  },
  summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)', 'count'],
  thresholds: thresholds(),
};

function bounds(file) {
  const text = open(file).replace(/^\s*#.*$/gm, '');
  try {
    return JSON.parse(text).bounds_p95_ms;
  } catch (error) {
    throw new Error(`${file}: k6 knows no YAML: what is not a comment line has to be JSON (${error.message})`);
  }
}

// Of each component: its p95s, next to no failure, and that it was exercised at all. (To k6 no request is no failure,
// and a refused connection took 0 ms.)
function thresholds() {
  const all = {};
  for (const [component, bounds] of Object.entries(LIMITS)) {
    for (const [metric, limitMs] of Object.entries(bounds)) {
      all[`${metric}{component:${component}}`] = [`p(95)<${limitMs}`, 'max>0'];
    }
    all[`checks{component:${component}}`] = ['rate>0.99'];
    all[`http_req_failed{component:${component}}`] = ['rate<0.01'];
  }
  return all;
}

// The landing shell, and the module that it names, as a browser fetches them.
export function uiSmoke() {
  const began = begin();
  const landing = http.get(`${UI}/`);
  const named = /<script[^>]*\ssrc="([^"]+)"/.exec(landing.body || '');
  if (check(landing, { 'landing shell': (r) => r.status === 200 && named !== null })) {
    const bundle = http.get(`${UI}/${named[1].replace(/^\.?\//, '')}`);
    check(bundle, { 'dashboard bundle': (r) => r.status === 200 && r.body.length > 0 });
  }
  pace(began);
}

// Log in, then simulate behind the token gate. Without a session there is nothing to simulate: the login is what failed.
export function quantumApi() {
  begin();
  const login = http.post(`${QUANTUM}/api/quantum/login`, '{}', json());
  if (!check(login, { 'logged in': (r) => r.status === 200 && Boolean(field(r, 'session_id')) })) {
    loginFailures.add(1);
    return;
  }
  const seed = exec.scenario.iterationInTest;
  const url = `${QUANTUM}/api/quantum/chsh/simulate?shots=2000&noise_p=0.02&seed=${seed}`;
  const simulated = http.get(url, { headers: { 'X-Quantum-Token': TOKEN }, tags: { name: 'chsh' } });
  check(simulated, { 'CHSH simulated': (r) => r.status === 200 && Math.abs(field(r, 'S_estimate')) <= 4 });
}

// Enqueue a job and poll it to its end. A full queue (429) is an answer, not a failure: it is counted, and asked again.
export function materialsJobs() {
  const began = begin();
  const id = enqueue();
  if (check(id, { 'job accepted': (found) => found !== null })) {
    const state = finished(id, began);
    check(state, { 'job succeeded': (found) => found === 'succeeded' });
    if (state === 'succeeded') jobDuration.add(Date.now() - began);
  }
  pace(began);
}

function enqueue() {
  const seed = exec.vu.idInTest * 100000 + exec.vu.iterationInScenario;
  for (let tried = 0; tried < MAX_REJECTIONS; tried++) {
    const answer = http.post(
      `${MATERIALS}/jobs/grain-coarsening`,
      JSON.stringify({ ...JOB, seed }),
      json({ responseCallback: http.expectedStatuses({ min: 200, max: 299 }, 429) }),
    );
    if (answer.status !== 429) return answer.status < 300 && answer.status >= 200 ? field(answer, 'id') || null : null;
    rejections.add(1);
    sleep(0.1 * 2 ** tried);
  }
  return null;
}

// How the job ended: succeeded, failed, or what it was when nobody would wait any longer.
function finished(id, began) {
  let state = 'unknown';
  while (Date.now() - began < JOB_DEADLINE_S * 1000) {
    const answer = http.get(`${MATERIALS}/jobs/${id}`, { tags: { name: 'job' } });
    state = answer.status === 200 ? field(answer, 'status') : `HTTP ${answer.status}`;
    if (state !== 'pending' && state !== 'running') break;
    sleep(POLL_S);
  }
  return state;
}

// What is measured while the full load is held is tagged so: figures of runs of any length can be compared by it.
function begin() {
  const passedS = exec.instance.currentTestRunDuration / 1000;
  exec.vu.metrics.tags.phase = passedS < RAMP_S ? 'ramp' : passedS < WHOLE_S ? 'hold' : 'after';
  return Date.now();
}

// Of an answer's JSON object; undefined where it is none, which k6 would end the iteration for, unchecked.
function field(answer, name) {
  try {
    return answer.json(name);
  } catch {
    return undefined;
  }
}

function pace(began) {
  sleep(Math.max(0, PACE_S - (Date.now() - began) / 1000));
}

function json(more) {
  return { headers: { 'Content-Type': 'application/json' }, ...more };
}

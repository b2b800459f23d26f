'use strict';
// The few calls of the admin API that the tests need. `mock-server exec` sets both addresses.

const admin = process.env.MOCK_SERVER_ADMIN_URL;
const url = process.env.MOCK_SERVER_URL;

/** Calls the admin API. A refusal, an unmet check too, throws with the server's own words. */
async function call(path, body) {
  const response = await fetch(`${admin}/__admin/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const found = await response.json();
  if (!response.ok) {
    const problems = (found.problems || []).map(({ where, what }) => `${where}: ${what}`);
    throw new Error([found.message, ...problems].join('\n'));
  }
  return found;
}

module.exports = {
  host: new URL(url).host,
  reset: () => call('reset', {}),
  create: async (vendor, scenario) => (await call('tasks', { vendor, scenario })).id,
  arm: (id, fault) => call('faults', { id, ...fault }),
  freeze: () => call('clock', { freeze: true }),
  advance: (seconds) => call('clock', { advance: `${seconds}s` }),
  verify: (id, expected) => call('requests/verify', { where: { id }, ...expected }),
};

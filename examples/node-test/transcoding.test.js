'use strict';
// Tests the client against a service that fails like the real one. No test sleeps.

const assert = require('node:assert/strict');
const { beforeEach, test } = require('node:test');
const mock = require('./mock-server');
const { managerOf, waitFor } = require('./transcoding');

const manager = managerOf(mock.host);
const sleep = mock.advance;

beforeEach(async () => {
  await mock.reset();
  await mock.freeze();
});

test('a job that succeeds returns its keys', async () => {
  const id = await mock.create('qiniu', 'happy-path');
  assert.ok((await waitFor(manager, id, { sleep })).every(Boolean));
  await mock.verify(id, { order: ['waiting', 'processing', 'succeeded'] });
});

test('a job that fails in part names what failed', async () => {
  const id = await mock.create('qiniu', 'partial-failure');
  await assert.rejects(waitFor(manager, id, { sleep }), /: .+/);
  await mock.verify(id, { count: 3, cadence: { polls_after_end: 0 } });
});

test('an outage is waited out, though the SDK reports no error', async () => {
  const id = await mock.create('qiniu', 'outage-then-recovery');
  await waitFor(manager, id, { sleep });
  await mock.verify(id, { statuses: [200, 599, 599, 200] });
});

test('the client survives a response cut off in the middle', async () => {
  const id = await mock.create('qiniu', 'happy-path');
  await mock.arm(id, { fault: 'truncate', times: 1 });
  assert.ok((await waitFor(manager, id, { sleep })).every(Boolean));
});

test('the client does not wait for an unknown job', async () => {
  const id = await mock.create('qiniu', 'not-found');
  await assert.rejects(waitFor(manager, id, { sleep }), /status 404/);
  await mock.verify(id, { count: 1 });
});

test('the pauses grow to half a minute and the wait ends', async () => {
  const id = await mock.create('qiniu', 'never-ends');
  await assert.rejects(waitFor(manager, id, { sleep, polls: 8 }), /did not end within 8 polls/);
  await mock.verify(id, {
    count: 8,
    cadence: { clock: 'virtual', min_gap: '1s', max_gap: '30s', backs_off: true },
  });
});

'use strict';
// Waits for a transcoding job of Qiniu with its own SDK, as a service does after it has submitted one.

const qiniu = require('qiniu');

const SUCCEEDED = 0;
const FAILED = 3;

/** The SDK for the service at `host`, as in `127.0.0.1:8080`. */
function managerOf(host) {
  const config = new qiniu.conf.Config({ useHttpsDomain: false });
  config.zone = new qiniu.conf.Zone([host], [host], host, host, host, host);
  config.zone.apiHost = host;
  return new qiniu.fop.OperationManager(new qiniu.auth.digest.Mac('ak', 'sk'), config);
}

/** One poll: the job if it could be read, else null. An unknown job throws. The SDK reports no error for a bad status. */
function poll(manager, id) {
  return new Promise((resolve, reject) => {
    manager.prefop(id, (error, job, info) => {
      const status = info && info.statusCode;
      if (status >= 400 && status < 500 && status !== 429) reject(new Error(`${id}: status ${status}`));
      else resolve(!error && status === 200 && job && typeof job.code === 'number' ? job : null);
    });
  });
}

/** The keys that the job created. Throws if it failed, is unknown, or did not end within `polls`. */
async function waitFor(manager, id, { sleep, polls = 10, first = 1, longest = 30 }) {
  for (let n = 0, pause = first; n < polls; n += 1, pause = Math.min(2 * pause, longest)) {
    const job = await poll(manager, id);
    if (job && job.code === SUCCEEDED) return job.items.map((item) => item.key);
    if (job && job.code === FAILED) {
      const failed = job.items.filter((item) => item.code === FAILED);
      throw new Error(failed.map((item) => `${item.cmd}: ${item.error}`).join('; '));
    }
    await sleep(pause);
  }
  throw new Error(`${id} did not end within ${polls} polls`);
}

module.exports = { managerOf, waitFor };

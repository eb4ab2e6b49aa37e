import { vi } from 'vitest';
import { createKeepingReport } from '../../lib/log/keeping.ts';
import { createReport } from '../../lib/log/report.ts';
import { createBatchReport } from '../../lib/triggers/batch-report.ts';

/* Every report with an outcome of each kind, as a function writes it in the stage `prod`. */

export const LOOKUP = {
  lookup: 'findOnlineAgent',
  requestId: 'request',
  attempts: 1,
  milliseconds: 5,
  vendorMs: 4,
  credentialAttempts: 0,
  credentialMs: 0,
  coldStart: false,
} as const;

const BATCH = {
  lookup: 'findOnlineAgent',
  requestId: 'request',
  trigger: 'sqs',
  messages: 3,
  notBegun: 0,
  problems: {},
  unpublished: {},
  visibilityFailures: {},
} as const;

const KEEPING = {
  account: 'default',
  requestId: 'request',
  milliseconds: 5,
  agents: 2,
  agentsKept: 2,
  polls: 2,
  renewals: 0,
  signIns: 2,
  lost: 0,
  adopted: 0,
  signedOut: 0,
  storeFailures: 0,
} as const;

export const succeed = () => createReport('prod')({ ...LOOKUP, outcome: 'succeeded' });
export const fail = () => createReport('prod')({ ...LOOKUP, outcome: 'failed', problem: 'not-found' });
export const breakDown = () => createReport('prod')({ ...LOOKUP, outcome: 'failed', problem: 'vendor-unavailable' });
export const publish = () => createBatchReport('prod')({ ...BATCH, published: 3, returned: 0 });
export const giveBack = () => createBatchReport('prod')({ ...BATCH, published: 0, returned: 3 });
export const keep = () => createKeepingReport('prod')({ ...KEEPING, outcome: 'kept' });
export const giveBackOld = () =>
  createBatchReport('prod')({ ...BATCH, published: 0, returned: 3, returnedAgeMs: 1_900_000 });
export const warn = () => {
  const warnings = [{ agentid: '101', warning: 'password-expires-soon', passwordDaysLeft: 3 }];
  createKeepingReport('prod')({ ...KEEPING, outcome: 'kept', warnings });
};

/** What a report writes: its line, as CloudWatch reads it. */
export function lineOf(report: () => void) {
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'contact-lookups');
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'ContactLookups');
  const writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockReturnValue(true));
  try {
    report();
    const [line] = writes.flatMap(({ mock }) => mock.calls.map(([text]) => String(text)));
    return JSON.parse(line ?? '');
  } finally {
    vi.unstubAllEnvs();
    for (const write of writes) write.mockRestore();
  }
}

import { describe, expect, it } from 'vitest';
import { agentInfo, loginParams, onlineAgents, participants } from '../../support/lookups.ts';
import { startWorld } from '../../support/world.ts';

/** Just below the 5 MiB that an answer may have. */
const BYTES = 5_200_000;

/** An answer with one list of so many rows that checking each of them would outlast the function. */
function listOf(row: string): string {
  return `[${`${row},`.repeat(Math.floor(BYTES / (row.length + 1)))}${row}]`;
}

const isdp = (rows: string) => `{"stateCode":"0","result":{"pos":0,"data":${rows}}}`;
const gateway = (fields: string) => `{"retcode":"0","result":{"workno":"20011",${fields}}}`;
const cec = (servers: string) => `{"returnCode":"0","results":{"workNo":"1","sipServerInfo":${servers}}}`;
const volcengine = (rows: string) => `{"ResponseMetadata":{"RequestId":"1"},"Result":{"Participants":${rows}}}`;

describe('an answer of 5 MiB in one list', () => {
  it.each([
    ['findOnlineAgent, whose rows are no agents', onlineAgents, 'findOnlineAgent', isdp(listOf('{"agentId":[]}'))],
    ['participants, whose rows are empty', participants, '/', volcengine(listOf('{}'))],
    ['participants, whose rows are none', participants, '/', volcengine(listOf('1'))],
  ])('breaks the documentation of %s', async (_, options, path, body) => {
    const world = await startWorld(options);
    world.vendor.fail({ path, body });

    const response = await world.call(options.input);

    expect(response.body).toMatchObject({ status: 502, code: 'vendor-contract-changed' });
    expect(response.text.length).toBeLessThan(2_000);
  });

  it.each(['{}', '1'])('is left out where it is the sipServerInfo of rows like %s', async (row) => {
    const world = await startWorld(loginParams);
    world.vendor.fail({ path: 'queryAgentLoginParams', body: cec(listOf(row)) });

    const response = await world.call(loginParams.input);

    expect(response.body.data).toEqual({ workNo: '1', sipServerInfo: [] });
    expect(response.body.meta.invalidRows).toEqual([
      { pointer: '/sipServerInfo', reason: 'must have at most 10000 elements' },
    ]);
  });

  it.each(['{}', '1'])('is left out where it is the skilllist of rows like %s', async (row) => {
    const world = await startWorld(agentInfo);
    world.vendor.fail({ path: 'agentbyworkno', body: gateway(`"skilllist":${listOf(row)}`) });

    const response = await world.call(agentInfo.input);

    expect(response.body.data).toEqual({ workno: '20011', skilllist: [] });
  });

  it.each([
    ['a page', onlineAgents.input, {}],
    ['all pages', { all: true }, { pages: 2, complete: false, stopped: 'empty' }],
  ])(
    'gives of %s of findOnlineAgent what one page can hold, and says how many rows are left out',
    async (_, input, meta) => {
      const world = await startWorld(onlineAgents);
      const rows = listOf('{"agentId":1}');
      world.vendor.fail({
        path: 'findOnlineAgent',
        body: `{"stateCode":"0","result":{"total_count":60,"data":${rows}}}`,
      });
      world.vendor.fail({ path: 'findOnlineAgent', body: isdp('[]').replace('{"pos":0', '{"total_count":60') });

      const response = await world.call(input);

      expect(response.status).toBe(200);
      expect(response.body.data.data.length).toBeLessThanOrEqual(50);
      expect(response.body.meta).toMatchObject({ ...meta, rowsLeftOut: (rows.length - 1) / 14 - 50 });
    },
  );
});

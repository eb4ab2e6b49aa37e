import { describe, expect, it } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { CEC_APP_SECRET, huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { json, type SimulatorClock, type VendorSimulation } from '../../../local/simulators/server.ts';
import type { World } from '../../support/world.ts';
import {
  credentialReasons,
  eventually,
  holdUp,
  secretReasons,
  steered,
  untilLanded,
} from '../huawei-common/steering.ts';
import { requestsTo, silence } from '../huawei-common/support.ts';
import { CHAT, secretFor, startCec, TOKEN, USER_INFO } from './support.ts';

const MINUTE = 60_000;
const NEW_APP_SECRET = 'app-secret-after-the-rotation';

/** The vendor with an app secret that can be replaced, and with it every token be revoked. */
function rotatable() {
  let current = CEC_APP_SECRET;
  const simulation = (clock: SimulatorClock): VendorSimulation => {
    const cec = huaweiCec(clock);
    return {
      ...cec,
      answer: (request, vendorCase) =>
        cec.answer(request.path === TOKEN ? { ...request, body: translate(request.body) } : request, vendorCase),
    };
  };
  /** The simulator knows one secret alone: that of the moment is handed to it as its own. */
  const translate = (body: Buffer) => {
    const asked = JSON.parse(body.toString());
    return Buffer.from(JSON.stringify({ ...asked, app_secret: asked.app_secret === current ? CEC_APP_SECRET : '' }));
  };
  return {
    ...steered(simulation),
    replaceKey: () => {
      current = NEW_APP_SECRET;
    },
  };
}

async function start(more: object = {}) {
  const vendor = rotatable();
  const world = await startCec(getUserInfoByCallId, {
    simulation: vendor.simulation,
    secret: (vendorUrl) => ({ ...secretFor(vendorUrl), ...more }),
  });
  const storeKey = () =>
    world.putSecret('default', { ...secretFor(world.vendor.url), ...more, appSecret: NEW_APP_SECRET });
  const revokeTokens = () => world.vendor.setState({ forgetTokens: true });
  return {
    world,
    vendor,
    storeKey,
    revokeTokens,
    rotate: () => {
      storeKey();
      vendor.replaceKey();
      revokeTokens();
    },
  };
}

const paths = (world: World) => world.vendor.requests.map(({ path }) => path);
const fifty = (world: World) => Promise.all(Array.from({ length: 50 }, () => world.call(CHAT)));

describe('a key that is rotated', () => {
  it('costs the next call a refusal, a mint that is refused, a read of the secret and a mint, and it is answered', async () => {
    const { world, rotate } = await start();
    await world.call(CHAT);
    rotate();

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(paths(world)).toEqual([TOKEN, USER_INFO, USER_INFO, TOKEN, TOKEN, USER_INFO]);
    expect(world.secretsManager.requests).toHaveLength(2);
    expect(secretReasons(world)[1]).toEqual(['held', 'rotated']);
    expect(credentialReasons(world)[1]).toEqual(['held', 'refused', 'minted', 'first', 'minted']);
    expect((await world.call(CHAT)).status).toBe(200);
    expect(credentialReasons(world)[2]).toEqual(['held']);
  });

  it('and for which the vendor mints on, though it refuses what it mints, is read again after the second refusal', async () => {
    const { world, vendor, rotate } = await start();
    await world.call(CHAT);
    rotate();
    let ofTheOldKey = 0;
    vendor.steer(TOKEN, (answer, request) => {
      if (!request.body.includes(CEC_APP_SECRET)) return answer();
      ofTheOldKey += 1;
      return json(200, { AccessToken: `of-the-old-key-${ofTheOldKey}`, Expires: '3600' });
    });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(3);
    expect(paths(world)).toEqual([TOKEN, USER_INFO, USER_INFO, TOKEN, USER_INFO, TOKEN, USER_INFO]);
    expect(ofTheOldKey).toBe(1);
    expect(secretReasons(world)[1]).toEqual(['held', 'rotated']);
    expect(credentialReasons(world)[1]).toEqual(['held', 'refused', 'minted', 'refused-again', 'first', 'minted']);
  });

  it('under fifty calls on their way fails none of them, and costs one refused mint, one read and one mint', async () => {
    const { world, vendor, rotate } = await start();
    const { respond, release } = holdUp();
    await world.call(CHAT);
    vendor.steer(USER_INFO, respond);
    const calls = fifty(world);
    await eventually(() => expect(requestsTo(world, USER_INFO)).toHaveLength(51));

    rotate();
    release();
    const responses = await calls;

    expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(requestsTo(world, TOKEN)).toHaveLength(3);
    expect(world.secretsManager.requests).toHaveLength(2);
  });

  it('under fifty calls that are about to begin fails none of them', async () => {
    const { world, rotate } = await start();
    await world.call(CHAT);
    const calls = fifty(world);
    rotate();

    const responses = await calls;

    expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(requestsTo(world, TOKEN)).toHaveLength(3);
  });

  it('while a renewal for the old one is on its way in the background fails no call', async () => {
    const { world, vendor, rotate } = await start();
    const { respond, release } = holdUp();
    await world.call(CHAT);
    world.clock.advance(2_880_000);
    vendor.steer(TOKEN, respond);
    await world.call(CHAT);
    await eventually(() => expect(requestsTo(world, TOKEN)).toHaveLength(2));

    rotate();
    const calls = fifty(world);
    release();
    const responses = await calls;

    expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200));
  });

  it('while its tokens live on fails no call, and is followed at the end of the last one at the latest', async () => {
    const { world, vendor, storeKey } = await start({ tokenTtlSeconds: 240 });
    await world.call(CHAT);
    storeKey();
    vendor.replaceKey();

    const statuses: number[] = [];
    for (let second = 0; second < 250; second += 1) {
      world.clock.advance(1_000);
      statuses.push((await world.call(CHAT)).status);
      if (credentialReasons(world).at(-1)?.includes('advisory')) await untilLanded(world, CHAT);
    }

    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(vendor.refusals()).toBe(0);
    expect(secretReasons(world)).toContainEqual(['held', 'rotated']);
    // The first, a try in each window, 45 s apart, and the one for the new key.
    expect(requestsTo(world, TOKEN)).toHaveLength(4);
  });

  it('is followed by an account alone whose key it is', async () => {
    const { world, rotate, storeKey } = await start();
    world.putSecret('second', { ...secretFor(world.vendor.url), appSecret: NEW_APP_SECRET });
    await world.call(CHAT);
    rotate();
    await world.call(CHAT, { account: 'second' });
    const [, second] = requestsTo(world, USER_INFO).map(({ headers }) => headers['authorization']);
    storeKey();

    await world.call(CHAT);
    await world.call(CHAT, { account: 'second' });

    const sent = requestsTo(world, USER_INFO).map(({ headers }) => headers['authorization']);
    expect(sent.at(-1)).toBe(second);
    expect(sent.at(-2)).not.toBe(second);
  });
});

it('nothing is left that rings after the last call and what it began', async () => {
  const { world, vendor } = await start({ tokenTtlSeconds: 375 });
  await world.call(CHAT);
  // Both windows begin at once: of the secret of five minutes, and of four fifths of the token.
  world.clock.advance(5 * MINUTE);
  vendor.steer(TOKEN, silence);
  await fifty(world);
  await eventually(() => expect(requestsTo(world, TOKEN)).toHaveLength(2));
  expect(world.clock.pending()).toBe(0);

  vendor.steer(TOKEN);
  // It takes too long, is given up, and is tried again after a pause of a twentieth of its lifetime.
  for (const ms of [5_000, 1_000, 19_000]) {
    world.clock.advance(ms);
    await world.call(CHAT);
  }
  await untilLanded(world, CHAT);

  expect(world.clock.pending()).toBe(0);
  expect(world.secretsManager.requests).toHaveLength(2);
});

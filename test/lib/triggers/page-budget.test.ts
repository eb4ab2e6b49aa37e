import { expect, test } from 'vitest';
import { onlineAgents } from '../../support/lookups.ts';
import { resultsOn } from '../../support/messages.ts';
import { startQueueWorld } from '../../support/queue.ts';
import { startWorld, type World } from '../../support/world.ts';
import { batchOf, eventOf } from './cloud-events-support.ts';
import { HTTP_API, invoke } from './http-support.ts';

/** The simulator's tenant has 400 agents: as many pages of one. */
const EVERY_AGENT = { all: true, pageSize: 1 };
/** Pages behind the first that an invocation may ask for; docs/architecture.md. */
const FURTHER_PAGES = 200;

const pagesAskedOf = ({ vendor }: World) =>
  vendor.requests.filter(({ path }) => path.endsWith('findOnlineAgent')).length;

test('twenty CloudEvents that walk through pages of one agent have two hundred further pages together', async () => {
  const world = await startWorld(onlineAgents);
  const events = Array.from({ length: 20 }, (_, index) => eventOf(EVERY_AGENT, { id: `event-${index}` }));

  const { status, body } = await invoke(world, HTTP_API.event(batchOf(events)));

  expect(status).toBe(200);
  expect(pagesAskedOf(world)).toBe(events.length + FURTHER_PAGES);
  for (const { data } of body) {
    expect(data.meta).toMatchObject({ complete: false, stopped: 'pages', nextPageStart: data.meta.pages });
    expect(data.data.data).toHaveLength(data.meta.pages);
  }
});

test('the next invocation has as many again', async () => {
  const world = await startWorld(onlineAgents);
  const events = [1, 2, 3].map((id) => eventOf(EVERY_AGENT, { id: `event-${id}` }));
  await invoke(world, HTTP_API.event(batchOf(events)));
  await invoke(world, HTTP_API.event(batchOf(events)));
  expect(pagesAskedOf(world)).toBe(2 * (events.length + FURTHER_PAGES));
});

test('a batch of a queue begins no walk without a further page: its message comes again, and is answered', async () => {
  const world = await startQueueWorld(onlineAgents);
  for (let sent = 0; sent < 25; sent += 1) world.send({ input: EVERY_AGENT });

  await world.poll({ batchSize: 25, remainingMs: 29_000 });

  const answered = resultsOn(world.bus).length;
  expect(answered).toBeLessThan(25);
  expect(pagesAskedOf(world)).toBe(answered + FURTHER_PAGES);
  expect(world.batches).toMatchObject([{ messages: 25, returned: 25 - answered, notBegun: 25 - answered }]);

  await world.drain({ batchSize: 25, remainingMs: 29_000 });
  expect(resultsOn(world.bus)).toHaveLength(25);
});

test('messages of an ordinary size share the pages of a batch without losing one', async () => {
  const world = await startQueueWorld(onlineAgents);
  for (let sent = 0; sent < 10; sent += 1) world.send({ input: { all: true, onlineStatus: 1 } });

  await world.poll({ remainingMs: 29_000 });

  const results = resultsOn(world.bus);
  expect(results).toHaveLength(10);
  for (const { detail } of results) expect(detail['meta']).toMatchObject({ complete: true, pages: 7 });
});

test('lookups of one page take none of it', async () => {
  const world = await startWorld(onlineAgents);
  const inputs = [...Array.from({ length: 18 }, () => ({})), EVERY_AGENT, EVERY_AGENT];
  const events = inputs.map((input, index) => eventOf(input, { id: `event-${index}` }));
  const { body } = await invoke(world, HTTP_API.event(batchOf(events)));
  for (const { data } of body.slice(18)) expect(data.meta).toMatchObject({ pages: 100 });
});

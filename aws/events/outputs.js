import { busOutputs } from './bus.js';
import { queueOutputs } from './queues.js';
import { readSettings } from './settings.js';

/** For resources.Outputs: what somebody must know who sends requests or takes results. */
export async function outputs({ resolveVariable }) {
  const settings = await readSettings({ resolveVariable });
  return { ...busOutputs(settings), ...queueOutputs(settings) };
}

import { stringifyJson } from '../lib/json/int64.ts';
import { accountAccess } from './authorization.js';
import { busName, publishes } from './events/bus.js';
import { LOOKUPS } from './events/params.js';
import { readSettings, SECRET_LOOKUP } from './events/settings.js';
import { proxy } from './network.js';
import { ParameterRefused } from './refusal.js';
import { environment as tokenStore } from './token-store.js';

// The variables of each lookup's function, besides those that all functions have.

/** Lambda takes 4 KB of variables; a kilobyte is for all but these two. See MAX_ACCOUNT_ACCESS_BYTES in authorization.js. */
const MAX_SETTINGS_BYTES = 3 * 1024;

/** For the `environment` of a lookup, by its name. */
export async function environments({ resolveVariable }) {
  const settings = await readSettings({ resolveVariable });
  const ofTokens = await tokenStore({ resolveVariable });
  const ofNetwork = await proxy({ resolveVariable });
  const own = {
    // No token store: each request is signed, so there is no token to share.
    batchGetConversationParticipant: { VENDOR_QPS_SHARE: await resolveVariable('param:volcengineQps') },
  };
  const accessBytes = Buffer.byteLength(await accountAccess({ resolveVariable }));
  return Object.fromEntries(
    LOOKUPS.map((lookup) => {
      const ofEvents = eventVariables(settings, lookup);
      if (ofEvents.EVENT_MAPPING && Buffer.byteLength(ofEvents.EVENT_MAPPING) + accessBytes > MAX_SETTINGS_BYTES) {
        throw new ParameterRefused(
          `eventMapping: that of ${lookup} and accountAccess are longer than ${MAX_SETTINGS_BYTES} bytes together, which ` +
            'leaves Lambda no room for more',
        );
      }
      return [lookup, { ...(own[lookup] ?? ofTokens), ...ofNetwork, ...ofEvents }];
    }),
  );
}

function eventVariables(settings, lookup) {
  const mapping = settings.mappings[lookup];
  return {
    ...(publishes(settings, lookup) && { RESULT_BUS: busName(settings) }),
    ...(mapping && { EVENT_MAPPING: stringifyJson(mapping) }),
    ...(settings.secretsAllowed && lookup === SECRET_LOOKUP && { SECRETS_IN_EVENTS: 'allowed' }),
  };
}

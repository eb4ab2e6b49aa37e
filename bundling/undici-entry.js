// What a bundle gets for `undici`: see trim-undici.ts. Written from undici's own index.js.

import buildConnector from 'undici/lib/core/connect.js';
import Client from 'undici/lib/dispatcher/client.js';

export { buildConnector, Client };

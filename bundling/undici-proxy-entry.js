// The same for lib/http/proxied-route.ts, which is loaded only where the environment names a proxy.

import connect from 'undici/lib/api/api-connect.js';
import Client from 'undici/lib/dispatcher/client.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';

// As undici's index.js does with all of its API.
Dispatcher.prototype.connect = connect;

export { Client, EnvHttpProxyAgent };

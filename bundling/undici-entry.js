// What a bundle gets for `undici`: see trim-undici.ts. Written from undici's own index.js.

import requestMethod from 'undici/lib/api/api-request.js';
import errors from 'undici/lib/core/errors.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Client from 'undici/lib/dispatcher/client.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import Pool from 'undici/lib/dispatcher/pool.js';

Dispatcher.prototype.request = requestMethod;

/** As undici's, but the dispatcher is required: there is no global one that could carry a request by accident. */
function request(url, { dispatcher, ...options } = {}) {
  if (!dispatcher) throw new errors.InvalidArgumentError('a dispatcher is required');
  const { origin, pathname, search } = new URL(url);
  const method = options.method ?? (options.body ? 'PUT' : 'GET');
  return dispatcher.request({ ...options, method, origin, path: `${pathname}${search}` });
}

export { Agent, Client, Dispatcher, errors, Pool, request };

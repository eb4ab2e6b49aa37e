import type { IncomingMessage, ServerResponse } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import dynalite from 'dynalite';
import { listenOnLoopback } from './loopback.ts';

/* dynalite in a thread of its own: what else the process does must not make every operation slow. */

type Answer = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

// Its own server lets every page of a browser in, and the table has sessions and tokens.
const [answer] = dynalite({ createTableMs: 0 }).listeners('request') as Answer[];
const { url } = await listenOnLoopback(async (...exchange) => answer?.(...exchange), workerData);
parentPort?.postMessage(url);

import type { Clock } from '../time/clock.ts';
import { type Connection, createConnection, KEEP_ALIVE_MS, type OpenRoute } from './connection.ts';

/** The other side does not close a connection for idleness that was used this recently. */
const IDLE_MS = 1_000;
/** Of the vendor's slowest answer, what is left in mind with each answer that comes after it. */
const SLOWEST_DECAY = 0.9;

/** The connections to one origin, as one account trusts it. */
export interface Connections {
  /**
   * A connection that nobody uses, the last used one first, or a new one.
   * @param avoidIdle whether it must not have been idle for so long that the other side may have closed it
   */
  take(avoidIdle: boolean): Connection;
  /** Keeps a connection whose request has ended well. */
  keep(connection: Connection): void;
  /** Ends a connection whose request has failed. */
  drop(connection: Connection): void;
  /** Ends all that are idle: one of them was found dead, and whatever killed it has met the others too. */
  dropIdle(): void;
  /** How long the head of a response took, of late and at most. */
  slowestMs(): number;
  noteAnswer(milliseconds: number): void;
  /** Ends all, those under way when their request has ended. */
  close(): void;
  /** Ends all at once. */
  destroy(): Promise<void>;
}

export function isIdle(connection: Connection): boolean {
  return connection.isOpen() && connection.idleMs() >= IDLE_MS;
}

export function createConnections(openRoute: OpenRoute, clock: Clock): Connections {
  /** The last used one last. */
  let free: Connection[] = [];
  const all = new Set<Connection>();
  let closed = false;
  let slowestMs = 0;

  function create(): Connection {
    const connection = createConnection(openRoute, clock, () => {
      // undici may replace the socket of a connection that is in use.
      if (free.includes(connection)) drop(connection);
    });
    all.add(connection);
    return connection;
  }

  function drop(connection: Connection): void {
    all.delete(connection);
    free = free.filter((other) => other !== connection);
    void connection.end();
  }

  function dropWhere(isUnwanted: (connection: Connection) => boolean): void {
    for (const connection of free.filter(isUnwanted)) drop(connection);
  }

  return {
    take: (avoidIdle) => {
      // undici's own timer runs in real time, which a freeze of the instance stops.
      dropWhere((connection) => connection.idleMs() >= KEEP_ALIVE_MS);
      const last = free.at(-1);
      if (!last || (avoidIdle && isIdle(last))) return create();
      free.pop();
      return last;
    },
    keep: (connection) => {
      if (closed || !connection.isOpen()) {
        drop(connection);
        return;
      }
      connection.rest();
      free.push(connection);
    },
    drop,
    dropIdle: () => dropWhere(isIdle),
    slowestMs: () => slowestMs,
    noteAnswer: (milliseconds) => {
      slowestMs = Math.max(milliseconds, slowestMs * SLOWEST_DECAY);
    },
    close: () => {
      closed = true;
      dropWhere(() => true);
    },
    destroy: async () => {
      await Promise.all([...all].map((connection) => connection.end()));
    },
  };
}

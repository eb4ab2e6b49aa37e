/** The part of dynalite (https://github.com/architect/dynalite), which has no types, that is used here. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  export default function dynalite(options: { readonly createTableMs?: number }): Server;
}

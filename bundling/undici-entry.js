// What a bundle gets for `undici`: see trim-undici.ts. Written from undici's own index.js.

import errors from 'undici/lib/core/errors.js';
import Pool from 'undici/lib/dispatcher/pool.js';

export { errors, Pool };

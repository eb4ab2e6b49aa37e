import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const LOOK_INTERVAL_MS = 500;
const SHELL = /(^|\/)-?(sh|ash|bash|busybox|dash|zsh)$/;

/**
 * Calls once npm has ended, if it started this process: nobody could end this process from a terminal any more. npm runs
 * a script in a shell, which does not hand on a signal, and which outlives an npm that is killed.
 */
export async function onEndOfNpm(call: () => void): Promise<void> {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const npm = await findNpm(parent);
  const timer = setInterval(() => {
    if (process.ppid === parent && isRunning(npm)) return;
    clearInterval(timer);
    call();
  }, LOOK_INTERVAL_MS).unref();
}

/** The parent of a shell; any other process is npm itself. */
async function findNpm(parent: number): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=,comm=', '-p', String(parent)]);
    const [, grandparent, command = ''] = /^\s*(\d+)\s+(.*?)\s*$/.exec(stdout) ?? [];
    return SHELL.test(command) ? Number(grandparent) : parent;
  } catch {
    // There is no ps, or none that knows these options.
    return parent;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

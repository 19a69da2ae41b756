import { execFileSync } from 'node:child_process';

/** Several commands of `ip` at once, in a namespace ('': this one). */
export function ip(namespace: string, commands: readonly string[]): void {
  const words = [...(namespace === '' ? [] : ['-n', namespace]), '-batch', '-'];
  try {
    execFileSync('ip', words, { input: `${commands.join('\n')}\n`, stdio: ['pipe', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(`ip: ${String((error as { stderr?: Buffer }).stderr ?? error)}\n${commands.join('\n')}`);
  }
}

/** The names of all network namespaces. */
export function namespaces(): string[] {
  return execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n').map((line) => line.split(' ')[0]);
}

/** With the processes in it, which would keep it alive without a name. */
export function removeNamespace(namespace: string): void {
  try {
    const ids = execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    ids.split('\n').filter(Boolean).forEach((id) => process.kill(Number(id), 'SIGKILL'));
  } catch {
    // it does not exist, or the process is gone
  }
  attempt(['netns', 'delete', namespace]);
}

/** A command of `ip` that may find nothing to do. */
export function attempt(words: string[]): void {
  try {
    execFileSync('ip', words, { stdio: 'ignore' });
  } catch {
    // it does not exist
  }
}

/** Whether a process is there. */
export function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

// Whether the daemon has a key. A key that the user sets is sent to the running daemon, which then retries the questions that
// failed because there was no key.
import { EventEmitter } from 'node:events';
import { Daemon } from './daemon';
import { CredentialCheck } from './protocol';

export class Credential extends EventEmitter<{ changed: [] }> {
  found: CredentialCheck | undefined; // undefined until the daemon has answered

  constructor(private readonly daemon: Daemon) {
    super();
    daemon.on('up', () => void this.check());
    daemon.on('down', () => this.setFound(undefined));
  }

  // Sends the key to the running daemon. Resolves to false if no daemon runs or if it is too old for this request. The
  // next daemon gets the key when it starts.
  async set(apiKey: string): Promise<boolean> {
    if (!this.daemon.offers('credential')) return false;
    await this.daemon.request('credential/set', { apiKey });
    await this.check();
    return true;
  }

  private async check(): Promise<void> {
    if (!this.daemon.offers('credential')) return;
    this.setFound(await this.daemon.request<CredentialCheck>('credential/check', {}).catch(() => undefined));
  }

  private setFound(found: CredentialCheck | undefined): void {
    this.found = found;
    this.emit('changed');
  }
}

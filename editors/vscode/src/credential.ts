// Whether the daemon has a key. A key that the user sets goes to the running daemon, which then asks again the questions that
// failed for want of one.
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

  // Resolves to whether the running daemon has taken the key. Otherwise the next one gets it when it starts.
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

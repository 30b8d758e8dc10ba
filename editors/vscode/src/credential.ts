// Whether the daemon has a key; and a key that the user gives while the daemon runs, which then asks again the questions
// that failed without one.
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

  // True if the daemon that runs has it; else it gets the key when it starts.
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

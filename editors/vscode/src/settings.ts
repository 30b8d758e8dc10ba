// What the daemon is started with: its program, its settings, the key. Only what the user has set is passed on, so
// that config.json holds for the rest. The key is in VS Code's secret storage and leaves it through the pipe alone.
// The daemon can't unset a setting and takes none that names a server while it runs; hence one way for all
// changes: it is started again, when no reply is being written, which takes some milliseconds.
import * as vscode from 'vscode';
import { Launch, program } from './daemon';

const names = [
  'model', 'effort', 'maxTokens', 'thinking', 'cache', 'baseUrl', 'caFile', 'credential', 'apiKeyCommand', 'version',
  'retries', 'connectTimeoutSeconds', 'silenceTimeoutSeconds', 'logLevel',
];
const secret = 'aside.apiKey';

export class Settings {
  readonly onChanged: vscode.Event<unknown>;

  constructor(private readonly context: vscode.ExtensionContext) {
    const changes = new vscode.EventEmitter<unknown>();
    this.onChanged = changes.event;
    context.subscriptions.push(
      changes,
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('aside') && changes.fire(event)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => changes.fire(undefined)),
      context.secrets.onDidChange((event) => event.key === secret && changes.fire(event)),
    );
  }

  async launch(): Promise<Launch> {
    const options: Launch['options'] = {};
    const configuration = vscode.workspace.getConfiguration('aside');
    for (const name of names) {
      const value: unknown = configuration.get(name);
      const set = value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
      if (set) options[name] = value;
    }
    const apiKey = await this.context.secrets.get(secret);
    if (apiKey) options.apiKey = apiKey;
    return { command: this.program, options };
  }

  get program(): string {
    const setting = vscode.workspace.getConfiguration('aside').get('command', '').trim();
    return program(setting, vscode.Uri.joinPath(this.context.extensionUri, 'bin', 'asided').fsPath);
  }

  async setKey(key: string): Promise<void> {
    await this.context.secrets.store(secret, key);
  }

  async removeKey(): Promise<void> {
    await this.context.secrets.delete(secret);
  }

  // Says what the daemon found wrong with a setting, and leads to the place where it was set.
  async complain(complaint: string): Promise<void> {
    const name = /initializationOptions: (\w+)/.exec(complaint)?.[1];
    const file = /^Aside: (\/.*?): /.exec(complaint)?.[1];
    const text = complaint.replace(/initializationOptions: (?=\w+ )/, 'the setting aside.');
    const chosen = await vscode.window.showWarningMessage(`${text}.`, ...(name ? ['Open Setting'] : file ? ['Open File'] : []));
    if (!chosen) return;
    if (name) await vscode.commands.executeCommand('workbench.action.openSettings', `aside.${name}`);
    else await vscode.window.showTextDocument(vscode.Uri.file(file!));
  }
}

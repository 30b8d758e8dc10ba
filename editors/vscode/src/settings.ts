// What the daemon is started with: its program, its settings, and the key. Only settings that the user has set are sent
// to the daemon; config.json has the others. The key stays in VS Code's secret storage and is sent to the daemon
// through the pipe only. A running daemon can't unset a setting, and doesn't accept another server. So the daemon is
// restarted after every change of settings, once no reply is being written. The restart takes some milliseconds.
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import { Launch } from './daemon';
import { console_page } from './errors';
import type { Work } from './pickers';
import { plain } from './plain';

const setting_names = [
  'model', 'effort', 'maxTokens', 'thinking', 'cache', 'diagnostics', 'compaction', 'keepCurrent', 'confirmAbove', 'secretFiles', 'models', 'baseUrl', 'caFile', 'credential', 'apiKeyCommand', 'version',
  'retries', 'connectTimeoutSeconds', 'silenceTimeoutSeconds', 'finishSeconds', 'logLevel',
];
// `keepCurrent` can also be '': then config.json decides.
const keep_current_values: Record<string, boolean> = { on: true, off: false };
const key_name = 'aside.apiKey';

export class Settings {
  private readonly changes = new vscode.EventEmitter<unknown>();
  private readonly keys = new vscode.EventEmitter<string | undefined>();
  readonly onChanged = this.changes.event;
  readonly onKey = this.keys.event; // the newly stored key; undefined: the key was removed

  constructor(private readonly context: vscode.ExtensionContext) {
    context.subscriptions.push(
      this.changes, this.keys,
      vscode.workspace.onDidChangeConfiguration((event) => [...setting_names, 'command'].some((name) => event.affectsConfiguration(`aside.${name}`)) && this.changes.fire(event)),
      context.secrets.onDidChange(async (event) => event.key === key_name && this.keys.fire(await context.secrets.get(key_name))),
    );
  }

  async launch(): Promise<Launch> {
    const options: Launch['options'] = {};
    const configuration = vscode.workspace.getConfiguration('aside');
    for (const name of setting_names) {
      const value: unknown = configuration.get(name);
      const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
      const set = value !== undefined && value !== null && value !== '' && !empty;
      if (set) options[name] = name === 'keepCurrent' ? keep_current_values[String(value)] ?? value : value;
    }
    const apiKey = await this.context.secrets.get(key_name);
    if (apiKey) options.apiKey = apiKey;
    return { command: this.program, options };
  }

  // Says which version of the extension this is, and where it was found.
  get extension(): string {
    const { extensionPath, extension } = this.context;
    return `The extension ${extension.packageJSON.version} is in ${extensionPath}.`;
  }

  // Returns the daemon's program: the program that the setting names; otherwise the one in the extension's package;
  // otherwise the one in PATH.
  get program(): string {
    const setting = vscode.workspace.getConfiguration('aside').get('command', '').trim();
    if (setting) return setting.replace(/^~(?=\/)/, process.env['HOME'] ?? '~');
    const bundled = vscode.Uri.joinPath(this.context.extensionUri, 'bin', 'asided').fsPath;
    return fs.existsSync(bundled) ? bundled : 'asided';
  }

  // Asks the user for a key. `fromConsole`: the key is made in Anthropic's console.
  async askForKey(fromConsole: boolean): Promise<Work> {
    const key = await vscode.window.showInputBox({
      title: 'Aside: API Key',
      prompt: `${fromConsole ? `Make a key in the [Claude Console](${console_page}). ` : ''}The key is kept in VS Code’s secret storage on this machine, and is used instead of a key in the environment.`,
      placeHolder: 'sk-ant-…', password: true, ignoreFocusOut: true,
      validateInput: (value) => (/\s/.test(value.trim()) ? 'A key contains no spaces.' : undefined),
    });
    if (!key?.trim()) return undefined;
    return async () => {
      await this.context.secrets.store(key_name, key.trim());
      vscode.window.setStatusBarMessage('Aside: the key is stored', 5000);
    };
  }

  async removeKey(): Promise<void> {
    await this.context.secrets.delete(key_name);
    vscode.window.setStatusBarMessage('Aside: the stored key is removed', 5000);
  }

  // Shows the daemon's complaint about a setting, with a button that opens the setting, or the file that holds it.
  async showComplaint(complaint: string): Promise<void> {
    const name = /initializationOptions: (\w+)/.exec(complaint)?.[1];
    const file = /^Aside: (\/.*?): /.exec(complaint)?.[1];
    const text = complaint.replace(/initializationOptions: (?=\w+ )/, 'the setting aside.');
    const chosen = await vscode.window.showWarningMessage(plain(/[.!?]$/.test(text) ? text : `${text}.`), ...(name ? ['Open Setting'] : file ? ['Open File'] : []));
    if (!chosen) return;
    if (name) await openSettings(`aside.${name}`);
    else await vscode.window.showTextDocument(vscode.Uri.file(file!));
  }
}

// Opens the settings that the query finds. The settings belong to the machine on which the extension runs; in a remote
// window, VS Code shows that machine's settings on another page.
export async function openSettings(query: string): Promise<void> {
  await vscode.commands.executeCommand(`workbench.action.${vscode.env.remoteName === undefined ? 'openSettings' : 'openRemoteSettings'}`, { query });
}

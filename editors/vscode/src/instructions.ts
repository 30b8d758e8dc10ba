// Files with instructions for the model: the user's own files, and files of folders. The latter are used only after the
// user allows them.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon } from './daemon';
import { Answer } from './messages';
import { pick } from './pickers';
import { label } from './places';
import { plainLine } from './plain';
import { Instructions, Offer } from './protocol';
import { Sheets } from './sheets';
import { Topic } from './topics';

interface Choice extends vscode.QuickPickItem { act: () => unknown }

export class InstructionFiles {
  // Folders about which the user wants to be asked again in the next window.
  private readonly postponed = new Set<string>();

  constructor(private readonly daemon: Daemon, private readonly conversations: Conversations) {}

  // Whether to ask the user about this file.
  isPending({ folder }: Offer): boolean {
    return !this.postponed.has(folder);
  }

  async answer({ folder }: Offer, answer: Answer): Promise<void> {
    if (answer === 'later') this.postponed.add(folder);
    else await this.daemon.request('instructions/allow', { folder, allow: answer === 'allow' });
    this.conversations.refresh();
  }

  // Shows a list of the files and of what the user can do with them. Resolves to true if the user has chosen something.
  async show(document: Topic, sheets: Sheets): Promise<boolean> {
    const box = vscode.window.createQuickPick<Choice>();
    box.title = plainLine(`Instructions for ${label(document)}`);
    const chosen = await pick(box, this.choices(document, sheets, box));
    await chosen?.act();
    return chosen !== undefined;
  }

  private async choices(document: Topic, sheets: Sheets, box: vscode.QuickPick<Choice>): Promise<Choice[]> {
    const { uri } = await this.conversations.ready(document);
    const { files, own, text, notice } = await this.daemon.request<Instructions>('instructions/list', { textDocument: { uri } });
    const work = vscode.workspace.getWorkspaceFolder(document.uri) ?? vscode.workspace.workspaceFolders?.[0];
    const write = (uri: vscode.Uri) => () => vscode.window.showTextDocument(uri.with({ scheme: 'untitled' }));
    const item = (title: string, detail: string, act: () => unknown): Choice => ({ label: title, detail: plainLine(detail), act });
    box.placeholder = notice ? plainLine(notice) : (files.length > 0 ? '' : 'There are no instructions yet');
    return [
      ...(text ? [item('$(eye) Show what is used now', `With the next question about ${label(document)}`, () => sheets.show('Instructions', `${text}\n`, 'front'))] : []),
      ...files.flatMap(({ uri, name: fileName, kind, folder, state, problem }) => {
        const name = plainLine(fileName);
        const owner = kind === 'user' ? 'yours' : `of ${label({ uri: folder! })}`;
        const allowed = (allow: boolean) => () => this.answer({ name: fileName, folder: folder! }, allow ? 'allow' : 'never');
        const stateText = problem ?? { used: 'used', unanswered: 'not used: you have not allowed it yet', refused: 'not used: you have refused it' }[state];
        return [
          { label: plainLine(`${fileName}, ${owner}: ${stateText}`), kind: vscode.QuickPickItemKind.Separator, act: () => undefined },
          item(`$(go-to-file) Open ${name}`, '', () => vscode.window.showTextDocument(vscode.Uri.parse(uri))),
          ...(kind === 'folder' && state === 'used' ? [item(`$(circle-slash) Withdraw ${name}`, 'From the next question on, it is no longer sent to Claude', allowed(false))] : []),
          ...(kind === 'folder' && state !== 'used' && !problem ? [item(`$(check) Allow ${name}`, 'It is sent to Claude with your questions, even after it changes', allowed(true))] : []),
        ];
      }),
      ...(work && !files.some(({ kind }) => kind === 'folder') ? [item(`$(new-file) Write AGENTS.md`, `Instructions for Claude in ${work.name}; they are used after you allow them`, write(vscode.Uri.joinPath(work.uri, 'AGENTS.md')))] : []),
      ...(own && !files.some(({ kind }) => kind === 'user') ? [item('$(new-file) Write instructions.md', 'Instructions for Claude in all your conversations', write(vscode.Uri.parse(own)))] : []),
    ];
  }
}

// Attaches files of a folder, or files that match a pattern. The user first sees the list with the sum of the tokens
// and the price, and chooses among the files.
import * as vscode from 'vscode';
import { Daemon } from './daemon';
import { aboutMoney, tokens } from './figures';
import { plainLine } from './plain';
import { Attachment, GroupFile } from './protocol';

interface Row extends vscode.QuickPickItem { file: GroupFile }

// Lets the user choose among the files of a folder (`folder`), or among those that match a pattern such as `src/*.h`.
// Throws if the daemon refuses the folder or the pattern, for instance because of too many files. Resolves to [] if
// nothing was chosen.
export async function chooseFilesOf(daemon: Daemon, uri: string, group: { folder: string } | { pattern: string }): Promise<Attachment[]> {
  const { files } = await daemon.request<{ files: GroupFile[] }>('attachment/expand', { textDocument: { uri }, pattern: '', ...group });
  const box = vscode.window.createQuickPick<Row>();
  Object.assign(box, { canSelectMany: true, matchOnDescription: true, placeholder: 'Enter attaches what is chosen' });
  box.items = files.map((file) => ({
    label: plainLine(file.name), description: plainLine(file.refused?.replace(/^attachments: /, '') ?? tokens(file.tokens)), ...(file.reasons && { detail: plainLine(file.reasons.join(' ')) }), file,
  }));
  box.selectedItems = box.items.filter(({ file }) => !file.refused);
  const sum = (rows: readonly Row[]) => {
    const all = rows.map(({ file }) => file).filter(({ refused }) => !refused);
    const cost = all.every((file) => file.cost !== undefined) ? all.reduce((total, file) => total + file.cost!, 0) : undefined;
    box.title = [`Attach ${all.length === 1 ? '1 file' : `${all.length} files`}`, tokens(all.reduce((total, file) => total + file.tokens, 0)), aboutMoney(cost)].filter(Boolean).join(', ');
  };
  sum(box.selectedItems);
  box.onDidChangeSelection(sum);
  try {
    return await new Promise<Attachment[]>((resolve) => {
      box.onDidAccept(() => resolve(box.selectedItems.map(({ file }) => file.attachment)));
      box.onDidHide(() => resolve([]));
      box.show();
    });
  } finally {
    box.dispose();
  }
}

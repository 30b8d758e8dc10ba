// Follows links that a model wrote. The page never follows a link; it sends the link here. Two kinds of links are
// opened: web pages, and existing files of the workspace. VS Code opens a web page, and asks first if the user hasn't
// trusted the site. A link to a file has the form that models use, such as `src/main.c#L10` or `main.c:10`. Nothing
// else is opened: no command, no other scheme, no file outside of the workspace.
import * as vscode from 'vscode';
import { Topic } from './topics';

const longest_name = 300;

export async function followLink(href: string, from: Topic): Promise<void> {
  if (/^https?:\/\//i.test(href)) {
    await vscode.env.openExternal(vscode.Uri.parse(href, true));
    return;
  }
  const place = await findPlace(href, from);
  if (!place) {
    vscode.window.setStatusBarMessage('Aside: there is no such file in the workspace', 5000);
    return;
  }
  const at = new vscode.Position(Math.max(0, (place.line ?? 1) - 1), 0);
  await vscode.window.showTextDocument(place.file, place.line ? { selection: new vscode.Range(at, at) } : {});
}

// Resolves to those of the given names, such as `main.c:7`, that are places in the workspace.
export async function existingPlaces(names: readonly string[], from: Topic): Promise<string[]> {
  const found = await Promise.all(names.map((name) => findPlace(name, from).catch(() => undefined)));
  return names.filter((_, index) => found[index]);
}

// Looks for a file in the document's folder and then in the workspace's folder. If there is none, and only one file of
// the workspace has this name, finds that file.
async function findPlace(href: string, from: Topic): Promise<{ file: vscode.Uri; line: number | undefined } | undefined> {
  const { written = '', hash, colon } = /^(?<written>.*?)(?:#L?(?<hash>\d+)?.*|:(?<colon>\d+)(?:[-–:]\d+)?)?$/s.exec(href)?.groups ?? {};
  const [name, line] = [decoded(written), hash ?? colon];
  if (!name || name.length > longest_name || /^[a-z][a-z0-9+.-]*:|^\/\/|[\0-\x1f\\]/i.test(name)) return undefined;
  const folder = vscode.workspace.getWorkspaceFolder(from.uri) ?? vscode.workspace.workspaceFolders?.[0];
  if (!folder) return undefined;
  const beside = from.isUntitled ? [] : [vscode.Uri.joinPath(from.uri, '..', name)];
  const candidates = [...beside, vscode.Uri.joinPath(folder.uri, name)];
  for (const file of candidates) if (await isFile(file)) return { file, line: line ? Number(line) : undefined };
  if (!/^[\w.+-]+(\/[\w.+-]+)*$/.test(name)) return undefined;
  const [file, another] = await vscode.workspace.findFiles(`**/${name}`, undefined, 2);
  return file && !another ? { file, line: line ? Number(line) : undefined } : undefined;
}

// Whether `uri` is a file of the workspace. joinPath has resolved each `..` in `uri`, so a path that leads out of the
// workspace is refused here.
async function isFile(uri: vscode.Uri): Promise<boolean> {
  if (!vscode.workspace.getWorkspaceFolder(uri)) return false;
  return vscode.workspace.fs.stat(uri).then(({ type }) => (type & vscode.FileType.File) !== 0, () => false);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

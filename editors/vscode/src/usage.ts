// Usage reports: a table in a document, or CSV in a file. Both functions resolve to true if the user has chosen
// something.
import * as vscode from 'vscode';
import { Daemon } from './daemon';
import { writeFile } from './history';
import { label } from './places';
import { plainLine } from './plain';
import { Sheets } from './sheets';

interface Report extends vscode.QuickPickItem { params: object }

const by = (label: string, ...columns: string[]): Report => ({ label, params: { by: columns } });

export async function showUsage(daemon: Daemon, sheets: Sheets, document: { name: string; uri: string } | undefined): Promise<boolean> {
  const report = await choose('Show', document);
  if (!report) return false;
  const { text } = await daemon.request<{ text: string }>('usage/report', report.params);
  await sheets.show('Usage.txt', `${report.label}\n\n${text}`, 'front');
  return true;
}

export async function exportUsage(daemon: Daemon, document: { name: string; uri: string } | undefined): Promise<boolean> {
  const report = await choose('Export', document);
  if (!report) return false;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = await vscode.window.showSaveDialog({
    title: 'Export usage', saveLabel: 'Export', filters: { CSV: ['csv'] },
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, 'aside-usage.csv') }),
  });
  if (!file) return false;
  const { text } = await daemon.request<{ text: string }>('usage/report', { ...report.params, format: 'csv' });
  await writeFile(file, text);
  const chosen = await vscode.window.showInformationMessage(plainLine(`Aside: the usage report is now in ${label({ uri: file })}.`), 'Open');
  if (chosen) await vscode.window.showTextDocument(file);
  return true;
}

async function choose(verb: string, document: { name: string; uri: string } | undefined): Promise<Report | undefined> {
  return vscode.window.showQuickPick<Report>([
    by('By day', 'day'), by('By day, file and model', 'day', 'file', 'model'), by('By month', 'month'), by('By file', 'file'),
    by('By model', 'model'), by('By conversation', 'conversation'),
    ...(document ? [{ label: plainLine(`By day, of ${document.name}`), params: { by: ['day', 'model'], textDocument: { uri: document.uri } } }] : []),
  ], { title: `${verb} the tokens that Aside has used, and their cost` });
}

// The theme's colours for code blocks in replies. VS Code gives a view's page only the colours of the workbench, so the
// colours of code are read from the theme's file. If the theme isn't installed on the machine where the extension runs,
// or has another format, code has no colours.
import * as vscode from 'vscode';

interface Rule { scope?: string | string[]; settings?: { foreground?: string } }

const scopes: Record<string, string[]> = {
  comment: ['comment'], keyword: ['keyword.control', 'keyword', 'storage.type', 'storage'], type: ['entity.name.type', 'support.type', 'storage.type'],
  string: ['string'], number: ['constant.numeric', 'constant'], title: ['entity.name.function', 'support.function'], variable: ['variable.other', 'variable'],
};
const bases: Record<vscode.ColorThemeKind, string> = { 1: 'vs', 2: 'vs-dark', 3: 'hc-black', 4: 'hc-light' };
const most_includes = 9;

export async function codeColours(): Promise<Record<string, string>> {
  const wanted = themeName();
  for (const { extensionUri, packageJSON } of vscode.extensions.all) {
    const theme = (packageJSON.contributes?.themes ?? []).find(({ id, label }: { id?: string; label?: string }) => wanted === (id ?? label) || wanted === label);
    // While the user changes the theme, `kind` changes before the setting.
    if (typeof theme?.path !== 'string' || theme.uiTheme !== bases[vscode.window.activeColorTheme.kind]) continue;
    const rules = await readRules(vscode.Uri.joinPath(extensionUri, theme.path)).catch(() => []);
    return Object.fromEntries(Object.entries(scopes).flatMap(([name, scopes]) => {
      const colour = scopes.map((scope) => colourOf(scope, rules)).find(Boolean);
      return colour ? [[name, colour]] : [];
    }));
  }
  return {};
}

function themeName(): string | undefined {
  const { kind } = vscode.window.activeColorTheme;
  const name = vscode.workspace.getConfiguration('window').get('autoDetectColorScheme') === true
    ? kind === vscode.ColorThemeKind.Dark ? 'preferredDarkColorTheme' : kind === vscode.ColorThemeKind.Light ? 'preferredLightColorTheme' : 'colorTheme' : 'colorTheme';
  return vscode.workspace.getConfiguration('workbench').get(name);
}

// Resolves to the rules of a theme's file. The rules of included files come first, since later rules win.
async function readRules(file: vscode.Uri, depth = 0): Promise<Rule[]> {
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  const { include, tokenColors } = JSON.parse(withoutComments(text)) as { include?: string; tokenColors?: unknown };
  const included = include && depth < most_includes ? await readRules(vscode.Uri.joinPath(file, '..', include), depth + 1) : [];
  return [...included, ...(Array.isArray(tokenColors) ? tokenColors as Rule[] : [])];
}

// Returns the colour of the rule whose selector is the longest prefix of the scope. If several rules have this
// selector, the last rule wins.
function colourOf(scope: string, rules: Rule[]): string | undefined {
  let best: { length: number; colour: string } | undefined;
  for (const { scope: selectors = [], settings } of rules) {
    const colour = settings?.foreground;
    if (!colour || !/^#[0-9a-f]{3,8}$/i.test(colour)) continue;
    for (const selector of typeof selectors === 'string' ? selectors.split(',') : selectors) {
      const name = selector.trim();
      const fits = scope === name || scope.startsWith(`${name}.`);
      if (fits && name.length >= (best?.length ?? 0)) best = { length: name.length, colour };
    }
  }
  return best?.colour;
}

function withoutComments(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g, '$1').replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, '$1');
}

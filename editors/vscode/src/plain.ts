// Text from outside (a reply, a server's message, the name of a file or of a conversation, a title) on its way to where VS
// Code or the page renders text. The page needs `visible`, everything else of VS Code's `plain`.

// What changes the order or the look of a text without being seen is shown as what it is: marks of direction, with which
// code or a name can be made to read as another, signs without a width, and control characters, of which ANSI escapes
// are made. The joiners that scripts and emoji need stay.
export function visible(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/[\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu,
      (mark) => `⟨U+${mark.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`)
    .replace(/[\0-\x08\x0b-\x1f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)));
}

// For notifications, lists to choose from, titles, prompts and the status bar. VS Code makes links (also of commands) of
// `[text](address)` and icons of `$(name)` there, and has no way to escape them all: a joiner without width breaks both.
export function plain(text: string): string {
  return visible(text).replace(/\](?=\()|\$(?=\()/g, '$&\u2060');
}

// One line of it.
export function plainLine(text: string): string {
  return plain(text.replace(/\s+/g, ' ').trim());
}

// Markdown that VS Code shows as a document. Ctrl and a click follow its links, whatever they lead to: those to anything but
// the web or the plain name of a file become text by a blank, and so do images, which its preview would fetch.
export function unlinked(text: string): string {
  return text
    .replace(/!(?=\[[^\]\n]*\](?:\(|\[|:))/g, '! ')
    .replace(/\](?=\([\s<]*(?!https?:)[^)\n]*[:&\\])/gi, '] ')
    .replace(/^(\s{0,3}(?:>\s*)*\[[^\]\n]+\])(?=:[\s<]*(?!https?:)\S*[:&\\])/gim, '$1 ')
    .replace(/<(?=(?:command|file|data|javascript|vscode[\w-]*):)/gi, '< ');
}

// What to do comes first, what happened behind it; what says the same is there once.
export function sentences(message: string, hint = ''): string {
  const words = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
  const [what, action] = [sentence(message), sentence(hint)];
  if (words(what).includes(words(action))) return what;
  if (words(action).includes(words(what))) return action;
  return `${action} ${what}`;
}

function sentence(text: string): string {
  const first = text.trim().charAt(0).toUpperCase() + text.trim().slice(1);
  return first === '' || /[.!?…]$/.test(first) ? first : `${first}.`;
}

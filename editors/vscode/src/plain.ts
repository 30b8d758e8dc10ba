// Makes text from outside (a reply, a server's message, the name of a file, a title) safe to show. The page uses `visible`,
// everything else in VS Code uses `plain`.

// Makes invisible characters visible: marks of text direction, which can make code or a name look like another;
// characters without a width; and control characters, as in ANSI escapes. Joiners stay, since some scripts and emoji
// need them.
export function visible(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/[\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu,
      (mark) => `⟨U+${mark.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`)
    .replace(/[\0-\x08\x0b-\x1f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)));
}

// Makes text safe for notifications, lists, titles, prompts and the status bar. There VS Code turns `[text](address)`
// into a link, which may run a command, and `$(name)` into an icon. VS Code has no escape for these, so a joiner
// without a width is put before the `(`.
export function plain(text: string): string {
  return visible(text).replace(/\](?=\()|\$(?=\()/g, '$&\u2060');
}

// Like `plain`, in one line.
export function plainLine(text: string): string {
  return plain(text.replace(/\s+/g, ' ').trim());
}

// The language of documents that hold text from outside. This language has the colours of Markdown. In VS Code's own
// Markdown, a link in the document could run a command, and the preview would fetch images. All documents in `folder`
// have this language.
export const text_language = { id: 'aside-text', folder: '/Aside' };

// Returns first what to do (`hint`), then what happened (`message`). If one of these texts contains the other, only the
// longer one is used.
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

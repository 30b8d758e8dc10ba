// Makes elements, and sends messages to the extension.
import { FromPage, PageContext } from '../src/messages';
import { visible } from '../src/plain';

interface Api { postMessage(message: FromPage & PageContext): void }
declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();

// Each message says what the page shows, since another document may be in front by the time the message arrives.
export const host = {
  context: {} as PageContext,
  postMessage(message: FromPage): void {
    api.postMessage({ ...message, ...this.context });
  },
};

type Child = Node | string | undefined | false;

// Makes an element. Properties named `on…` are listeners; all others are attributes. Properties that are undefined or
// false are left out. All text goes through `visible`.
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, properties: Record<string, unknown> = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== false) element.setAttribute(name, visible(String(value)));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false).map((child) => (typeof child === 'string' ? visible(child) : child)));
  return element;
}

export function icon(name: string): HTMLElement {
  return h('span', { class: `codicon codicon-${name}`, 'aria-hidden': 'true' });
}

export function iconButton(name: string, label: string, onclick: () => void, more: Record<string, unknown> = {}): HTMLButtonElement {
  return h('button', { type: 'button', class: 'icon', title: label, 'aria-label': label, onclick, ...more }, icon(name));
}

export function button(label: string, onclick: () => void, more: Record<string, unknown> = {}): HTMLButtonElement {
  return h('button', { type: 'button', class: 'text-button', onclick, ...more }, label);
}

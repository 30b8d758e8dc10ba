// Numbers as people read them: tokens, dollars, and how full a conversation is.
import { Conversation } from './protocol';

export function count(tokens: number): string {
  const short = (number: number) => number.toFixed(1).replace(/\.0$/, '');
  return tokens < 1e3 ? String(tokens) : tokens < 999_950 ? `${short(tokens / 1e3)}k` : `${short(tokens / 1e6)}M`;
}

export function tokens(number: number): string {
  return number === 1 ? '1 token' : `${count(number)} tokens`;
}

export function money(cost: number | undefined): string {
  return cost === undefined ? '' : `$${cost.toFixed(cost < 0.1 ? 4 : 2)}`;
}

export function size(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

// `12.4k of 1M · 92 % cached · $0.14`; empty before the first reply. A narrow place cuts its end.
export function meter({ context, totals: { usage, cost } }: Conversation): string {
  const read = usage.input + usage.cacheRead + usage.cacheWrite;
  const [tokens, cached] = context ? [context.tokens, context.cached] : [read + usage.output, usage.cacheRead];
  if (tokens === 0) return '';
  const share = Math.round((100 * cached) / tokens);
  const of = context?.window ? ` of ${count(context.window)}` : ' tokens';
  return [`${count(tokens)}${of}`, share > 0 && `${share} % cached`, money(cost)].filter(Boolean).join(' · ');
}

// In words, where something has to be done about it.
export function fullness({ context }: Conversation): string {
  if (!context?.full || !context.window) return '';
  return `The conversation fills ${Math.round((100 * context.tokens) / context.window)} % of the model’s window.`;
}

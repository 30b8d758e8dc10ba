// Lets the daemon check a question before it is sent: how large each attachment is, why it is refused or needs the
// user's consent, which updates are added, and what the whole question costs.
import { EventEmitter } from 'node:events';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { Way } from './drafts';
import { Attachment, Checked, Forecast } from './protocol';

const pause_ms = 300; // how long to wait after a change, so that several typed letters cause only one check

export class Checks extends EventEmitter<{ changed: [] }> {
  private readonly results = new WeakMap<Attachment, Checked>();
  // The forecast for each document's question, by URI; `of`: the attachments that were checked for it.
  private readonly forecasts = new Map<string, Forecast & { of: readonly Attachment[] }>();
  // What was checked last for each document, by URI.
  private readonly checked = new Map<string, { attachments: readonly Attachment[]; way: string }>();
  private costs = new WeakMap<readonly Attachment[], number | undefined>(); // prices of the lists that `look` has checked
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly daemon: Daemon, private readonly documents: Documents) {
    super();
    daemon.on('down', () => this.checked.clear());
  }

  resultOf(attachment: Attachment): Checked | undefined {
    return this.results.get(attachment);
  }

  // Returns the last forecast of a document's question. It may be about earlier attachments; `update` requests a new
  // forecast.
  forecast(uri: string): Forecast & { of: readonly Attachment[] } | undefined {
    return this.forecasts.get(uri);
  }

  // Lets the daemon check a question about this document with these attachments, unless the last check was about the
  // same. `way` has the question's other parameters. Emits `changed` when the result arrives.
  update(uri: string, attachments: readonly Attachment[], way: Way, shared: readonly string[] = []): void {
    if (this.isLatest(uri, attachments, way)) return;
    this.checked.set(uri, { attachments, way: JSON.stringify(way) });
    this.documents.openAttached(shared.map((uri) => ({ uri })));
    this.check(attachments, uri, way).then(() => this.emit('changed'), () => {}); // an error is shown when the question is sent
  }

  // Lets the daemon check attachments that are offered but not attached yet. Each list is checked only once. Emits
  // `changed` when the result arrives.
  look(uri: string, attachments: readonly Attachment[]): void {
    if (this.costs.has(attachments)) return;
    this.costs.set(attachments, undefined);
    this.check(attachments, uri).then(() => this.emit('changed'), () => this.costs.delete(attachments));
  }

  // The price of everything in a list that was checked together.
  costOf(attachments: readonly Attachment[]): number | undefined {
    return this.costs.get(attachments);
  }

  // Called when shared text may have changed. After a pause, all forecasts are requested again.
  updateSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.checked.clear();
      this.costs = new WeakMap();
      this.emit('changed');
    }, pause_ms);
  }

  // Checks attachments and resolves to the results, in the same order.
  async check(attachments: readonly Attachment[], uri?: string, way: Way = {}): Promise<Checked[]> {
    await this.daemon.start();
    this.documents.openAttached(attachments);
    const answer = await this.daemon.request<Forecast>('attachment/check', { attachments, ...(uri && { textDocument: { uri }, ...way }) });
    answer.attachments.forEach((row, index) => this.results.set(attachments[index]!, row));
    if (this.costs.has(attachments)) this.costs.set(attachments, answer.cost);
    if (uri && this.isLatest(uri, attachments, way)) this.forecasts.set(uri, { ...answer, of: attachments });
    return answer.attachments;
  }

  private isLatest(uri: string, attachments: readonly Attachment[], way: Way): boolean {
    const latest = this.checked.get(uri);
    return latest?.attachments === attachments && latest.way === JSON.stringify(way);
  }
}

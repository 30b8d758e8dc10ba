// What the daemon says of attachments before they are sent: how large each is, why it can't go, or why the user will be
// asked first. Known of an attachment for as long as that lives.
import { EventEmitter } from 'node:events';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { Attachment, Checked } from './protocol';

export class Checks extends EventEmitter<{ changed: [] }> {
  private readonly known = new WeakMap<Attachment, Checked>();
  private readonly asked = new WeakSet<Attachment>();

  constructor(private readonly daemon: Daemon, private readonly documents: Documents) {
    super();
  }

  of(attachment: Attachment): Checked | undefined {
    return this.known.get(attachment);
  }

  // Those that are not known yet; `changed` tells when they are.
  look(attachments: readonly Attachment[]): void {
    const others = attachments.filter((attachment) => !this.asked.has(attachment));
    if (others.length > 0) this.check(others).then(() => this.emit('changed'), () => {}); // what is wrong is said when they are sent
  }

  // Their answers, in the same order.
  async check(attachments: readonly Attachment[]): Promise<Checked[]> {
    for (const attachment of attachments) this.asked.add(attachment);
    await this.daemon.start();
    this.documents.useThose(attachments);
    const { attachments: rows } = await this.daemon.request<{ attachments: Checked[] }>('attachment/check', { attachments });
    rows.forEach((row, index) => this.known.set(attachments[index]!, row));
    return rows;
  }
}

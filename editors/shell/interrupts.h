// What ends the program early: ^C, SIGTERM, and a reader of standard output that has gone. The first one only asks the
// daemon to stop the reply, so that what came is kept; the second ^C or SIGTERM ends the program at once. SIGHUP ends
// the program as usual: the daemon then finishes the reply by itself, as when an editor is closed.
#pragma once

namespace aside {

void catch_interrupts();
void interrupt(int signal);  // as if the signal had come
int interrupted();           // the first signal that came; 0 if none
int interrupt_descriptor();  // can be read as soon as a signal has come; never read it

}  // namespace aside

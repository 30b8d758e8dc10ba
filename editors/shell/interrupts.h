// Three events end the program early: ^C, SIGTERM, and that standard output can't be written any more. The first of them
// only asks the daemon to stop the reply, so that the text so far is kept. A second ^C or SIGTERM ends the program at
// once. SIGHUP is not caught, so it ends the program; the daemon then finishes the reply, as when an editor is closed.
#pragma once

namespace aside {

void catch_interrupts();
void interrupt(int signal);  // does what this signal would do
int interrupted();           // the first signal that came; 0 if none
int interrupt_descriptor();  // poll() finds it readable once a signal has come; never read from it

}  // namespace aside

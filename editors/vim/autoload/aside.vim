vim9script
# What the commands do: collect what the user chose, and send it. The rest is the daemon's.

import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/page.vim'
import autoload 'aside/thread.vim'

var staged: list<dict<any>> = []  # attachments that go with the next question

# `range` is how many line numbers were given: 0, 1 or 2.
export def Ask(mods: string, range: number, first: number, last: number, text: string)
  if !daemon.Start()
    return
  endif
  const source = page.Source(bufnr())
  const question = text ?? Prompt(source)
  if question =~ '^\_s*$'
    return
  endif
  # Lines of a page become part of the question: the file has no such lines.
  const quoting = range > 0 && source != bufnr()
  const quote = quoting ? getline(first, last)->map((_, line) => $'> {line}')->join("\n") .. "\n\n" : ''
  const chosen = range > 0 && !quoting ? [document.Attachment(source, first, last)] : []
  var going: list<dict<any>> = []
  Reply(mods, (_) => {
    going = staged
    staged = []
    return ['conversation/ask', {
      textDocument: {uri: document.Use(source)}, question: quote .. question, attachments: going + chosen}]
  }, (taken) => {
    staged = taken ? staged : going + staged
  })
enddef

export def Retry(mods: string)
  Reply(mods, (id) => ['conversation/retry', {conversation: id}])
enddef

export def Continue(mods: string)
  Reply(mods, (id) => ['conversation/continue', {conversation: id}])
enddef

export def Add(first: number, last: number)
  if page.Source(bufnr()) != bufnr()
    daemon.Complain('these lines are part of the conversation already')
    return
  endif
  add(staged, document.Snapshot(bufnr(), first, last))
  const lines = first == last ? $'line {first}' : $'lines {first}-{last}'
  const count = len(staged) == 1 ? '' : $', {len(staged)} selections now'
  daemon.Tell($'{lines} of {document.Name(bufnr())} will go with the next question{count}')
enddef

export def Stop()
  if daemon.Alive()
    thread.Stop(thread.Here())
  endif
enddef

export def Open(mods: string)
  if daemon.Start()
    thread.Attach(Shown(mods))
  endif
enddef

export def New(mods: string)
  if daemon.Start()
    thread.New(Shown(mods))
  endif
enddef

# For 'statusline': what the thread of this window's buffer is doing, its model, tokens and cost.
export def Statusline(): string
  return thread.Statusline()
enddef

# Shows the thread and requests a reply in it. `Message` makes method and parameters of its id.
def Reply(mods: string, Message: func(string): list<any>, Taken: func(bool): void = Ignore)
  if daemon.Start()
    const shown = Shown(mods)
    thread.Attached(shown, (id) => {
      const [method, params] = Message(id)
      thread.Ask(shown, method, params, Taken)
    })
  endif
enddef

def Shown(mods: string): dict<any>
  const here = thread.Here()
  page.Show(here.page, mods)
  return here
enddef

# The daemon can use the time that typing takes.
def Prompt(source: number): string
  daemon.Notify('conversation/prepare', {textDocument: {uri: document.Use(source)}})
  return input($'Ask about {document.Name(source)}: ')
enddef

def Ignore(_: bool)
enddef

defcompile  # the reason is in aside/daemon.vim

vim9script
# What the commands do. Thin: it collects what the user chose, sends it, and leaves the rest to the daemon.

import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/transcript.vim'

var staged: list<dict<any>> = []  # attachments that go with the next question

daemon.Listen(transcript.Notified, () => {
  document.Forget()
  transcript.Died()
})
document.Listen((buffer) => {
  if transcript.Sources()->index(buffer) >= 0
    transcript.Attach(transcript.Of(buffer))
  endif
})

# `lines` is how many line numbers were given: 0, 1 or 2.
export def Ask(mods: string, lines: number, first: number, last: number, text: string)
  const source = transcript.Source(bufnr())
  const quoting = lines > 0 && source != bufnr()  # lines of a transcript become a part of the question
  if !daemon.Start()
    return
  endif
  const question = text ?? Prompt(source)
  if question =~ '^\_s*$'
    return
  endif
  const chosen = lines > 0 && !quoting ? [document.Attachment(source, first, last)] : []
  const quote = quoting ? getline(first, last)->map((_, line) => '> ' .. line)->join("\n") .. "\n\n" : ''
  const view = Show(mods)
  transcript.WithConversation(view, (_) => Send(view, 'conversation/ask', {
    textDocument: {uri: document.Use(source)}, question: quote .. question, attachments: chosen}))
enddef

export def Add(first: number, last: number)
  if transcript.Source(bufnr()) != bufnr()
    daemon.Complain('add lines of the file: those of the conversation go with each question anyway')
    return
  endif
  add(staged, document.Snapshot(bufnr(), first, last))
  const what = first == last ? $'line {first}' : $'lines {first}-{last}'
  const all = len(staged) == 1 ? '' : $' ({len(staged)} selections in all)'
  daemon.Tell($'{what} of {document.Name(bufnr())} will go with the next question{all}')
enddef

export def Open(mods: string)
  if daemon.Start()
    transcript.Attach(Show(mods))
  endif
enddef

export def Stop()
  if daemon.Alive()
    transcript.WithConversation(transcript.Of(transcript.Source(bufnr())), (id) => {
      daemon.Request('conversation/stop', {conversation: id}, (_) => {
      })
    })
  endif
enddef

export def Retry(mods: string)
  Again(mods, 'conversation/retry')
enddef

export def Continue(mods: string)
  Again(mods, 'conversation/continue')
enddef

export def New(mods: string)
  if daemon.Start()
    const view = Show(mods)
    const uri = document.Use(view.source)
    daemon.Request('conversation/new', {textDocument: {uri: uri}}, (_) => transcript.Attach(view))
  endif
enddef

# For 'statusline', of a source or of its transcript: what the thread is doing, model, tokens, cost.
export def Statusline(): string
  return transcript.Statusline(bufnr())
enddef

def Again(mods: string, method: string)
  if daemon.Start()
    const view = Show(mods)
    transcript.WithConversation(view, (id) => Send(view, method, {conversation: id}))
  endif
enddef

def Show(mods: string): dict<any>
  const view = transcript.Of(transcript.Source(bufnr()))
  transcript.Show(view, mods)
  return view
enddef

# The daemon may use the time that it takes to type.
def Prompt(source: number): string
  daemon.Notify('conversation/prepare', {textDocument: {uri: document.Use(source)}})
  return input($'Ask about {document.Name(source)}: ')
enddef

# Asks for a reply. What is staged goes with a question; if the daemon didn't take that, it stays staged.
def Send(view: dict<any>, method: string, params: dict<any>)
  const going = method == 'conversation/ask' ? staged : []
  if going != []
    params.attachments = going + params.attachments
    staged = []
  endif
  transcript.Asked(view)
  daemon.Request(method, params, (answer) => {
    if !transcript.Answered(view, answer)
      staged = going + staged
    endif
  })
enddef

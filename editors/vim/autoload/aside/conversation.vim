vim9script
scriptencoding utf-8
# The conversations that this Vim shows: the state of each conversation, and its page, which is kept equal to the
# daemon's data. `conversation/transcript` returns the text of the page; deltas are appended to its last line. When a
# delta doesn't continue the end of the page (a new reply, or text after thinking), the transcript is requested again. A
# transcript contains exactly the deltas that were sent before it. Scripts that import this one call a conversation
# `here`.

import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/marks.vim'
import autoload 'aside/page.vim'
import autoload 'aside/wanted.vim'

# Text is added to the page every flush_ms. For a long line the interval is longer, since Vim takes longer to add text
# to such a line.
const flush_ms = 40
const flush_bytes_per_ms = 500

# All conversations, by the name of the page. Each conversation is also the variable b:aside of its buffers. Its fields:
#   source, page, prompt  the buffers; each may be gone
#   name, uri        the name of the page; the URI of the source, for the daemon
#   id               the conversation's id; empty until the daemon has sent it, and after the daemon has died
#   title            the title of the conversation
#   head, redo       the last reply of the path, '' if the path is empty; the turn that :AsideRedo selects
#   candidates       the conversations of files that are gone; one of them may be this file's
#   shared           the documents whose text was shared in the conversation
#   edited           the other parameters of the question in the prompt: {parent} for a question that is changed and
#                    asked again; {rewrite} for a rewrite; {side} for a side question; otherwise empty
#   rewritten        the lines that the question asks to rewrite, as they were chosen
#   mentioned        the files that the question in the prompt names. They have been attached; if the user removes one
#                    from the list, it isn't attached again
#   groups           the patterns and folders that it names; the files of each have been shown once
#   texts            the daemon's texts about the next question: `texts` in the result of attachment/check
#   suggested        the rows of the last attachment/suggest
#   known            the code that the model already has: rows of `known` in the result of attachment/check
#   warned_question  the question for which the user was warned that no code is attached
#   sides, btw       the side questions that a window below the page shows, and the buffer of that window
#   sections         the sections of the last transcript
#   folds, fold_rows  the value of 'foldexpr' by line; the folds of the last transcript
#   growing          the turn and kind of the deltas that continue the page's text; {} if none do
#   answering        the turn whose first text has arrived
#   fetching         whether a transcript has been requested and hasn't arrived
#   waiting          how many calls of With() wait for the id; later calls wait, too, so that all run in order
#   deltas, length   text that is not on the page yet; the length of the page's last line, to which this text is added
#   state, retry     the last state that the daemon has sent, or "asking" before the first one; while the daemon waits
#                    before it sends a request again: the time and the reason
#   note, figures    for the status line: the present message; the daemon's texts for cost, tokens and model
#   problem          the daemon's reason why no question can be asked; empty if questions can be asked
#   instructions_notice  the last message about the conversation's instructions
var conversations: dict<dict<any>> = {}

# The conversation of a buffer, which may be its source, its page or its prompt.
export def Of(buffer: number): dict<any>
  const known: dict<any> = getbufvar(buffer, 'aside', {})
  if known->get('source', buffer) != buffer
    return known
  endif
  const name = Name(buffer)
  if !conversations->has_key(name)
    conversations[name] = {source: buffer, page: -1, prompt: -1, name: name, uri: document.Uri(buffer), id: '',
      title: '', rewritten: [], head: '', redo: '', candidates: [], shared: [], edited: {}, mentioned: [], groups: [], sides: [], btw: -1,
      texts: {}, suggested: [], known: [], warned_question: '', sections: [], folds: {},
      fold_rows: [], growing: {}, answering: '', fetching: false, waiting: 0, deltas: [], length: 0, state: '', retry: {},
      note: '', figures: [], instructions_notice: '', problem: {}}
  elseif conversations[name].source != buffer
    conversations[name].source = buffer
  endif
  setbufvar(buffer, 'aside', conversations[name])
  return conversations[name]
enddef

# The name of the page of a source.
def Name(source: number): string
  return 'aside://' .. (document.Path(source) ?? $'[No Name] {source}')
enddef

export def Document(conversation: dict<any>): dict<any>
  return {textDocument: {uri: conversation.uri}}
enddef

# Calls `Then` with the conversation when its id is known, or `Else` with the error. Once the id is known, the daemon
# sends the events of this conversation.
export def With(conversation: dict<any>, Then: func = (_) => Nothing(), Else: func = (_) => Nothing())
  Synchronise(conversation)
  if conversation.id != '' && conversation.waiting == 0
    Then(conversation)
  else
    conversation.note = ''
    conversation.waiting += 1
    Refresh(conversation, (_) => {
      conversation.waiting -= 1
      Then(conversation)
    }, (error) => {
      conversation.waiting -= 1
      Else(error)
    })
  endif
enddef

# Gives the daemon the text of the source, unless its buffer is gone or has another file by now.
export def Synchronise(conversation: dict<any>)
  if document.Uri(conversation.source) == conversation.uri
    document.Synchronise(conversation.source)
  endif
enddef

# Requests a reply and calls `Done` with the result. If the daemon refuses the question, `Refused` is called with the
# error, and returns true if it has handled the error. After any other error the question is stored in the conversation.
export def Ask(conversation: dict<any>, method: string, params: dict<any>,
    Refused: func(dict<any>): bool = (_) => false, Done: func = (_) => Nothing())
  if conversation.state == ''  # otherwise a reply is being written, and the daemon refuses this request
    conversation.state = 'asking'
  endif
  conversation.note = ''
  page.ToEnd(win_findbuf(conversation.page))
  ShowStatus()
  daemon.Request(method, params, (answer) => {
    if answer->has_key('error')
      const refused = conversation.state == 'asking' || Kind(answer.error) == 'busy'
      if conversation.state == 'asking'
        conversation.state = ''
        ShowStatus()
      endif
      if !(refused && Refused(answer.error))
        NoteError(conversation, answer.error)
        Complain(answer.error)
      endif
    else
      Done(answer.result)
    endif
  }, () => conversation.state == 'asking')
enddef

# Calls `Then` with the result, or `Else` with the error, which is also shown to the user.
export def Request(method: string, params: dict<any>, Then: func, Else: func = (_) => Nothing())
  daemon.Request(method, params, (answer) => {
    if answer->has_key('error')
      Else(answer.error)
      Complain(answer.error)
    else
      Then(answer.result)
    endif
  })
enddef

# Waits for the result and returns it; empty after an error, which is shown to the user.
export def Answer(method: string, params: dict<any>): dict<any>
  final answer = daemon.Answer(method, params)
  if answer->has_key('error')
    Complain(answer.error)
  endif
  return answer->get('result', {})
enddef

# Sends a request that changes the conversation, and then refreshes the page. `Done` is called with the result.
export def Change(conversation: dict<any>, method: string, params: dict<any>, Done: func = (_) => Nothing())
  Request(method, params, (result) => {
    Refresh(conversation)
    Done(result)
  })
enddef

export def Refresh(conversation: dict<any>, Then: func = (_) => Nothing(), Else: func = (_) => Nothing())
  conversation.fetching = true
  Request('conversation/transcript', Document(conversation), (result) => {
    ApplyTranscript(conversation, result)
    Then(conversation)
  }, (error) => {
    conversation.fetching = false
    NoteError(conversation, error)
    Else(error)
  })
enddef

def ApplyTranscript(conversation: dict<any>, transcript: dict<any>)
  const candidates = transcript->get('candidates', [])
  if candidates != [] && conversation.candidates == []
    const those = len(candidates) == 1 ? 'A conversation of a file that is'
      : $'{len(candidates)} conversations of files that are'
    daemon.Inform($'{those} gone may be about this file: :AsideThreads')
  endif
  OfferInstructions(conversation, transcript->get('instructions', {}))
  # A daemon of an earlier version sends neither `figures` nor `growing`.
  conversation->extend({id: transcript.conversation, title: transcript.title, candidates: candidates,
    shared: transcript->get('shared', []), fetching: false, deltas: [], length: 0,
    figures: transcript->get('figures', [transcript.model->substitute('^claude-', '', '')])->mapnew((_, text) =>
      text->substitute('nearly full$', '&: :AsideCompact', '')),
    head: transcript.head ?? '', redo: transcript->get('redo', ''), growing: transcript->get('growing', {})})
  if bufloaded(conversation.page)
    page.ShowTranscript(conversation, transcript)
    wanted.Show(conversation)
  endif
  marks.Show(conversation)
  if conversation.head == '' && daemon.HasFlag('credential')
    daemon.Request('credential/check', {}, (answer) => {
      const problem = answer->get('result', {})->get('problem', {})
      if problem != conversation.problem && conversation.head == '' && bufloaded(conversation.page)
        conversation.problem = problem
        page.ShowTranscript(conversation, {sections: []})
      endif
    })
  endif
  ShowStatus()
  daemon.KeepMessage()
enddef

# For 'statusline': the state, cost, tokens and model of the conversation of this window's buffer.
export def Statusline(): string
  const conversation = get(b:, 'aside', {name: '', state: '', note: '', figures: []})
  if conversation.note != ''
    return conversation.note
  endif
  const texts = (conversation.state == '' ? [] : [$'{conversation.state}...']) + conversation.figures
  const all = texts->join(' · ')
  # In a narrow window the model is left out; it is the last of the figures.
  const fits = strdisplaywidth(all .. fnamemodify(conversation.name, ':t')) + 4 <= winwidth(0)
  return fits ? all : texts[: -2]->join(' · ')
enddef

# Redraws the status lines, except while Vim waits for <Enter>: redrawing would remove the message from the screen,
# while Vim would still wait for the key.
export def ShowStatus()
  if mode() !~ '^r'
    redrawstatus!
  endif
enddef

# Informs the user of changed instructions, and offers a repository's instructions. The latter are used only if the user
# agrees.
def OfferInstructions(conversation: dict<any>, instructions: dict<any>)
  const offer = instructions->get('offer', {})
  const said = instructions->get('notice', offer == {} ? ''
    : $'{offer.name} of {document.Label(offer.folder)} can be sent with your questions: :AsideInstructions allow|refuse')
  if said != '' && said != conversation.instructions_notice
    daemon.Inform(said)
  endif
  conversation.instructions_notice = said
enddef

export def Nothing()
enddef

def Notified(method: string, params: dict<any>)
  if method == 'window/showMessage'
    daemon.Inform(params.message->substitute('^Aside: ', '', ''))
    return
  endif
  for conversation in values(conversations)
    const side = params->has_key('turn') && params.conversation == conversation.id ? Side(conversation, params) : {}
    if side != {}
      side.Handle(params)
    elseif conversation.id == '' || !bufloaded(conversation.page)
      continue
    elseif method == 'conversation/changed' && (params.conversation == conversation.id || params.uri == conversation.uri)
      Refresh(conversation)
    elseif method == 'conversation/delta' && params.conversation == conversation.id
      AddDelta(conversation, params)
    elseif method == 'conversation/status' && params.conversation == conversation.id
      ApplyStatus(conversation, params)
    endif
  endfor
enddef

# Returns the side question whose reply an event is about; {} for a reply on the path. A side question's reply has no
# known turn before its first event. The daemon begins replies in the order of the requests, so that event belongs to
# the first side question without a turn.
def Side(conversation: dict<any>, params: dict<any>): dict<any>
  final known = conversation.sides->copy()->filter((_, side) => side.turn == params.turn)
  const new = conversation.sides->copy()->filter((_, side) => side.turn == '')
  if known == [] && params->get('state', '') == 'connecting' && new != []
      && !(conversation.state == 'asking' && new[0].after_main)
    new[0].turn = params.turn
    return new[0]
  endif
  return get(known, 0, {})
enddef

def AddDelta(conversation: dict<any>, params: dict<any>)
  if conversation.state == ''  # a reply to another editor's question was being written when this page was opened
    conversation.state = 'writing'
  endif
  if params.kind == 'text' && conversation.answering != params.turn
    conversation.answering = params.turn
    Announce('AsideFirstText')
  endif
  if conversation.growing != {turn: params.turn, kind: params.kind}
    # Thinking that comes after text belongs above that text; the next transcript has it there.
    if !conversation.fetching && conversation.growing != {turn: params.turn, kind: 'text'}
      Refresh(conversation)
    endif
    return
  endif
  if conversation.deltas == []
    timer_start(flush_ms + conversation.length / flush_bytes_per_ms, (_) => Flush(conversation))
  endif
  add(conversation.deltas, params.kind == 'thinking' ? params.text->substitute("\n", "\n> ", 'g') : params.text)
enddef

def Flush(conversation: dict<any>)
  if conversation.deltas != [] && bufloaded(conversation.page)
    conversation.length = page.Append(conversation.page, join(conversation.deltas, ''))
  endif
  conversation.deltas = []
enddef

def ApplyStatus(conversation: dict<any>, params: dict<any>)
  const began = conversation.state == '' || conversation.state == 'asking'
  conversation->extend({state: params.state, retry: params->get('retry', {}), note: ''})
  if params.state == 'ended'
    Ended(conversation)
    Refresh(conversation)  # now the transcript has a note below the reply, and the price in the reply's heading
  elseif began
    Refresh(conversation)
    Announce('AsideStart')
  endif
  if params.state == 'storing'
    conversation.note = $'not stored yet, and kept in memory: {params.retry.reason}'
  elseif params.state == 'retrying'
    CountDown(conversation, params.retry, float2nr(ceil(params.retry.delaySeconds)))
  endif
  ShowStatus()
enddef

def CountDown(conversation: dict<any>, retry: dict<any>, seconds: number)
  if conversation.retry is retry
    conversation.note = $'retrying in {seconds} s ({retry.attempt} of {retry.of}): {retry.reason}'
    ShowStatus()
    timer_start(1000, (_) => CountDown(conversation, retry, max([0, seconds - 1])))
  endif
enddef

def Ended(conversation: dict<any>)
  Flush(conversation)
  conversation->extend({state: '', retry: {}})
  Announce('AsideEnd')
enddef

# Shows an error in the status line of the page.
def NoteError(conversation: dict<any>, error: dict<any>)
  if Kind(error) != 'died'  # Died() sets that note
    conversation.note = Reason(error)
  endif
  ShowStatus()
enddef

export def Complain(error: dict<any>)
  if Kind(error) != 'died'  # daemon.vim has shown that already
    daemon.Complain(Reason(error))
  endif
enddef

# Returns an error as one line. The hint comes first, since a narrow screen may cut the rest.
def Reason(error: dict<any>): string
  const data = error->get('data', {})
  if Kind(error) == 'unauthorized' && error.message =~ 'no key' && daemon.HasFlag('credential')
    return ':AsideKey sets a key, then the question is asked'
  endif
  const hint = data->get('offer', '') == 'compact' ? ':AsideCompact sums up the conversation, :AsideNew begins another'
    : data->get('hint', '')
  return hint == '' || stridx(error.message, hint) >= 0 ? error.message : $'{hint} ({error.message})'
enddef

export def Kind(error: dict<any>): string
  return error->get('data', {})->get('kind', '')
enddef

def Died()
  document.Forget()
  for conversation in values(conversations)
    if conversation.state != ''
      Ended(conversation)
    endif
    conversation->extend({id: '', growing: {}, fetching: false, note: 'the daemon is gone'})
  endfor
  ShowStatus()
enddef

# Called when a buffer was written. Tells the daemon, which records the file's identity to recognise the file after a
# rename.
def Saved(source: number)
  const conversation: dict<any> = getbufvar(source, 'aside', {})
  if conversation->get('source') != source || !daemon.Alive()
    return
  elseif document.Uri(source) == conversation.uri
    document.Synchronise(source)
    daemon.Notify('textDocument/didSave', Document(conversation))
  elseif conversation.uri =~ '^untitled:'
    MoveToFile(conversation)
  endif
enddef

# A buffer without a name has become a file: its conversation moves to that file.
def MoveToFile(conversation: dict<any>)
  const [old, page_before] = [conversation.uri, conversation.page]
  remove(conversations, conversation.name)
  conversation->extend({name: Name(conversation.source), uri: document.Uri(conversation.source), id: ''})
  conversations[conversation.name] = conversation
  daemon.Notify('workspace/didRenameFiles', {files: [{oldUri: old, newUri: conversation.uri}]})
  document.Close(old)
  page.Replace(page_before, conversation)
  With(conversation)
enddef

# Stops following conversations that no window or buffer shows any more. Closes the documents of buffers that are gone,
# so that the daemon reads the files instead.
export def CloseUnseen()
  for conversation in values(conversations)
    if !buflisted(conversation.source) && !bufloaded(conversation.source) && win_findbuf(conversation.page) == []
      Close(conversation)
    elseif !bufloaded(conversation.page)
      conversation.id = ''
    elseif !bufexists(conversation.source) && conversation.uri =~ '^file:'
      Of(document.Make(conversation.uri))  # after :bwipe, commands in the page are still about the file
    endif
  endfor
  for uri in document.Stale()
    document.Close(uri)
    for conversation in values(conversations)->filter((_, t) => t.uri == uri && t.id != '')
      # After didClose the daemon sends no events of this conversation; this request makes it send them again.
      Refresh(conversation)
    endfor
  endfor
enddef

def Close(conversation: dict<any>)
  document.Close(conversation.uri)
  remove(conversations, conversation.name)
  silent! execute 'bwipeout!' conversation.page
enddef

def BeforeLeave()
  const names = values(conversations)->filter((_, t) => 
    t.state != '' || t.sides->copy()->filter((_, side) => side.state != '') != [])->mapnew((_, t) => document.Name(t.source))
  if names != []
    PrintAfterExit($'the reply about {names->join(", ")} goes on in the daemon; :AsideOpen shows it.')
  endif
  if &viminfo != ''
    set viminfo+=raside  # keeps pages and prompts out of v:oldfiles and the marks
  endif
enddef

# Prints a line on the terminal after Vim has ended, by appending it to 't_te'. In that option "$<" would mean a delay.
export def PrintAfterExit(text: string)
  &t_te ..= $"Aside: {text->tr("\n", ' ')->strtrans()->substitute('\$<', '$ <', 'g')}\r\n"
enddef

def Announce(event: string)
  if exists($'#User#{event}')
    execute 'doautocmd <nomodeline> User' event
  endif
enddef

daemon.Listen(Notified, Died)

augroup aside
  autocmd!
  # nested: when an unnamed buffer has become a file, another page is shown, whose BufWinEnter sets the window's options.
  autocmd BufWritePost * ++nested Saved(str2nr(expand('<abuf>')))
  # Vim triggers these events, too, for an unnamed buffer that :write is about to name. So the check runs after the
  # :write.
  autocmd BufDelete,BufWipeout,BufUnload * timer_start(0, (_) => CloseUnseen())
  autocmd VimLeavePre * BeforeLeave()
augroup END

defcompile  # compiles all functions now; the end of daemon.vim says why

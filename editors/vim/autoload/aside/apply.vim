vim9script
# Applies the code blocks of a reply to files: asks the daemon where the blocks belong, and opens the review. If several
# files change, the quickfix window lists the changes; each entry has a buffer of its own, as in search.vim.

import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/page.vim'
import autoload 'aside/prompt.vim'
import autoload 'aside/review.vim'

const way_out = ':Aside /blocks'
const attempts = 3  # how often changes are requested again because the text has changed meanwhile

# The blocks in the quickfix list, by the name of the entry's buffer. Each has the conversation, the turn and the
# block's number.
var listed: dict<dict<any>> = {}

# :AsideApply. In the page, applies the block under the cursor or, if there is none, all blocks of the reply. Elsewhere,
# applies all blocks of the last reply.
export def Apply()
  if !daemon.Start() || !daemon.Can('edits')
    return
  endif
  const at = bufnr() == conversation.Of(bufnr()).page ? line('.') : 0
  const here = page.Make(conversation.Of(bufnr()))
  conversation.With(here)
  daemon.Await(() => here.id != '' && !here.fetching)
  const reply = page.Reply(here, at)
  if reply == {}
    daemon.Complain('there is no reply yet')
    return
  endif
  Place(here, {turn: reply.turn}, (proposals) => {
    const chosen = proposals->copy()->filter((_, p) =>
      p.startLine <= at - 1 - reply.startLine && at - 1 - reply.startLine < p.endLine)
    if at > 0 && chosen != []
      Place(here, {turn: reply.turn, block: chosen[0].block}, (alone) => Show(here, reply.turn, alone))
    else
      Show(here, reply.turn, proposals)
    endif
  })
enddef

# Called when the reply to a rewrite has ended. Opens the review or, if the user is busy, says how to open it.
export def Ready(here: dict<any>, reply: dict<any>)
  if reply.status != 'complete'
    return  # the page says why it isn't complete
  endif
  Place(here, {turn: reply.turn}, (proposals) => {
    if proposals->copy()->filter((_, p) => p.state != 'unplaced') == [] || Free(here)
      Show(here, reply.turn, proposals)
    else
      here.note = 'the new text is ready: :AsideApply'
      conversation.ShowStatus()
      SayReady(document.Name(here.source))
      if mode() =~ '^[iR]'
        # In Insert mode the next change on the screen covers the message, so it is shown again when Insert mode ends.
        execute $'autocmd InsertLeave * ++once timer_start(0, (_) => SayReady({string(document.Name(here.source))}))'
      endif
    endif
  })
enddef

def SayReady(name: string)
  daemon.Inform($'the new text for {name} is ready: :AsideApply shows it')
enddef

# Called when the reply to :AsideRetry has ended. If the question asked for a rewrite, does the same as Ready().
export def ReadyAgain(here: dict<any>, reply: dict<any>)
  daemon.Request('conversation/get', {conversation: reply.conversation, limit: 1}, (answer) => {
    const turns = answer->get('result', {turns: []}).turns
    if len(turns) == 2 && turns[1].turn == reply.turn && turns[0]->has_key('rewrite')
      Ready(here, reply)
    endif
  })
enddef

# Whether a review may be opened: the user is in Normal mode in the file or its page, and no key is pending.
def Free(here: dict<any>): bool
  return mode() == 'n' && state('moas') == '' && getchar(1) == 0 && getcmdwintype() == '' && !prompt.Shown()
    && ([here.source, here.page, here.btw]->index(bufnr()) >= 0 || exists('b:aside_proposal') && !&modified)
enddef

# Gives the daemon the present text of all shared documents, and calls `Then` with the proposals for a reply.
def Place(here: dict<any>, which: dict<any>, Then: func)
  conversation.Synchronise(here)
  for uri in here.shared
    document.SynchroniseShared(uri)
  endfor
  conversation.Request('conversation/edits', which->extendnew({conversation: here.id}), (result) => Then(result.proposals))
enddef

def Show(here: dict<any>, turn: string, proposals: list<dict<any>>)
  const placed = proposals->copy()->filter((_, p) => p.state != 'unplaced')
  const changes = placed->copy()->filter((_, p) => p.edits != [])
  const uris = changes->mapnew((_, p): string => p.textDocument.uri)->sort()->uniq()
  const unplaced = proposals->copy()->filter((_, p) => p.state == 'unplaced')
  if proposals == []
    daemon.Complain('there is no code block in this reply')
  elseif placed == []
    NotPlaced(unplaced[0].reason)
  elseif uris == []
    daemon.Inform($'{placed[0].name} has this text already')
  elseif len(uris) == 1 && unplaced == []
    Review(here, turn, uris[0], changes)
  else
    List(here, turn, proposals)
  endif
enddef

# Says why a block could not be placed, and what to do. If the text is too long for one line, a popup at the cursor
# shows it, too, until the cursor moves.
def NotPlaced(reason: string)
  const text = $'{reason} ({way_out})'
  daemon.Complain(text)
  if mode() == 'n' && strdisplaywidth(text) + 7 > v:echospace
    popup_atcursor([reason->strtrans(), '', $'{way_out} asks for the change in a form that fits.'], {border: [], padding: [0, 1, 0, 1], moved: 'any',
      title: ' Not placed ', maxwidth: min([72, &columns - 6])})
  endif
enddef

# Opens the review of all changes to a document. If the changes are for an older text than the buffer's, requests them
# again, at most `again` times.
def Review(here: dict<any>, turn: string, uri: string, changes: list<dict<any>>, again = attempts)
  const buffer = uri == here.uri && bufexists(here.source) ? here.source : document.Buffer(uri)
  if buffer == 0
    daemon.Complain($'{changes[0].name} is no longer there')
    return
  elseif !bufloaded(buffer)
    bufload(buffer)
    setbufvar(buffer, '&buflisted', true)
  endif
  if document.HasOtherLines(buffer)
    daemon.Complain($'{changes[0].name} has carriage returns inside of its lines: change it by hand')
    return
  endif
  const version = changes[0].textDocument.version
  if version == getbufvar(buffer, 'changedtick')
    const edits = changes->mapnew((_, p) => p.edits)->flattennew(1)
      ->sort((a, b) => a.range.start.line - b.range.start.line)
    review.Open(here, buffer, edits)
  elseif again > 0
    document.Synchronise(buffer)
    const which = {turn: turn}->extend(len(changes) == 1 ? {block: changes[0].block} : {})
    Place(here, which, (proposals) => {
      const now = proposals->copy()->filter((_, p) => p.state != 'unplaced' && p.textDocument.uri == uri && p.edits != [])
      if now != []
        Review(here, turn, uri, now, again - 1)
      else
        Show(here, turn, proposals->copy()->filter((_, p) => p->has_key('reason')) ?? proposals)
      endif
    })
  else
    daemon.Complain($'{changes[0].name} changes too fast: try :AsideApply again')
  endif
enddef

# Lists the blocks of a reply in the quickfix window. The entry of a placed block opens its review; the entry of a block
# that could not be placed leads to the block in the page.
def List(here: dict<any>, turn: string, proposals: list<dict<any>>)
  const reply = page.TextOf(here, turn)
  setqflist([], ' ', {title: ':AsideApply', items: proposals->mapnew((_, p) => Entry(here, turn, p, reply))})
  const long = proposals->copy()->filter((_, p) => p.state == 'unplaced')
  execute 'botright copen' min([len(proposals) + len(long), &lines / 4, 10])
enddef

def Entry(here: dict<any>, turn: string, proposal: dict<any>, reply: dict<any>): dict<any>
  if proposal.state == 'unplaced'
    return {bufnr: here.page, lnum: reply->get('startLine', 0) + proposal.startLine + 1, valid: true,
      text: $'not placed: {proposal.reason} ({way_out})'}
  endif
  const name = $'aside-change://{here.id}/{turn}/{proposal.block}'
  listed[name] = {here: here, turn: turn, block: proposal.block}
  const count = len(proposal.edits)
  const what = count == 0 ? 'has this text already' : $'{count} change{count == 1 ? "" : "s"}'
  const how = {conflict: ', in lines that you have changed, too', merged: ', merged with your changes'}->get(proposal.state, '')
  return {bufnr: bufadd(name), module: proposal.name, valid: true, text: what .. how}
enddef

# Called while Vim jumps to an entry of the list: opens the review right after the jump.
export def Read(buffer: number)
  setlocal bufhidden=unload noswapfile nobuflisted nomodifiable
  if bufname('#') !~ '^aside-change:'
    w:aside_before = bufnr('#')
  endif
  execute $'autocmd SafeState * ++once ++nested call aside#apply#Visit({buffer})'
enddef

export def Visit(buffer: number)
  const windows = win_findbuf(buffer)
  const entry = listed->get(bufname(buffer), {})
  if windows == []  # no window shows it any more: the user's next keys have closed it
    return
  endif
  win_gotoid(windows[0])
  const before = get(w:, 'aside_before')
  if exists('w:aside_review')  # the previous review in this window; its proposal is gone
    const origin = w:aside_origin
    review.Leave(w:aside_review)
    silent close
    win_gotoid(origin)
  elseif bufexists(before) && before != buffer
    execute 'silent keepalt buffer' before
  else
    silent enew
  endif
  if entry != {} && daemon.Start()
    conversation.With(entry.here, (here) => Place(here, {turn: entry.turn, block: entry.block}, (proposals) =>
      Show(here, entry.turn, proposals)))
  endif
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why

vim9script
scriptencoding utf-8
# The prompt: each page has one prompt, a buffer for a question of any length. The attachments of the next question are
# listed above the question; all prompts have the same list. A listed line is recognised by its text property, never by
# its words, so it never becomes a part of the question, even if the user edits the line. Deleting the line removes the
# attachment, and u brings the attachment back. The daemon's remarks are shown after the line as virtual text, which is
# not part of the buffer.

import autoload 'aside/attachment.vim'
import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/mention.vim'
import autoload 'aside/suggestion.vim'

const mark = 'aside_staged'
const summary = 'aside_along'
const remarks = {aside_size: 'asideStaged', aside_asks: 'asideAsks', aside_refused: 'asideRefused'}
const height = 7

# All attachments that were ever listed, since u may bring one back. Each is an entry {label, attachment} with the daemon's
# `remark` and the `type` of the remark's text property.
var attachments: list<dict<any>> = []
var staged: list<number> = []  # the indexes in `attachments` of those that will be sent with the next question
# The conversation whose prompt OpenNext() opens, and the window and buffer in which OpenNext() was called.
var next: dict<any>

highlight default link asideStaged Comment
highlight default link asideAsks WarningMsg
highlight default link asideRefused ErrorMsg
for [type, group] in items({[mark]: 'asideStaged', [summary]: 'asideStaged'}->extend(remarks))
  if prop_type_get(type) == {}
    prop_type_add(type, {highlight: group})
  endif
endfor

# Adds an entry {label, attachment}, unless it is listed already. The daemon checks it, unless `checked` has the result
# already. Returns how many attachments there are now.
export def Stage(row: dict<any>, checked: dict<any> = {}): number
  if Attachments(staged)->index(row.attachment) < 0
    const place = len(attachments)
    add(staged, place)
    add(attachments, row->extendnew({type: 'aside_size', remark: ''}))
    ListAll()
    if checked != {}
      SetRemark(place, checked)
    else
      daemon.Request('attachment/check', {attachments: [row.attachment]}, (answer) =>
        SetRemark(place, answer->get('result', {})->get('attachments', [])->get(0, {})))
    endif
  endif
  return len(staged)
enddef

# Puts an asked question and its attachments into the prompt, so that the user can change them.
export def Edit(question: dict<any>)
  Replace(bufnr(), question.text)
  for shared in question.attachments
    const row = attachment.Again(shared)
    if row != {}
      Stage(row)
    endif
  endfor
  cursor('$', 1)
  startinsert!
enddef

# Shows the daemon's remark about an attachment. `row` is what attachment/check has returned for the attachment, or {}.
def SetRemark(place: number, row: dict<any>)
  if row == {}
    return
  endif
  const type = row->has_key('refused') ? 'aside_refused' : row->has_key('reasons') ? 'aside_asks' : 'aside_size'
  attachments[place]->extend({type: type, remark: row->get('remark', '')})
  ListAll()
  ForecastShown()
enddef

# Whether a line of this prompt lists an attachment.
export def IsListed(lnum: number): bool
  return prop_list(lnum, {types: [mark]}) != []
enddef

# Removes all staged attachments from the list and returns them for the request. If the daemon refuses the question,
# PutBack() lists them again.
export def TakeStaged(): list<number>
  const taken = staged
  staged = []
  ListAll()
  return taken
enddef

export def Staged(): list<number>
  return staged
enddef

# The unsent question in the prompt of a conversation; empty if there is none.
export def Draft(here: dict<any>): string
  return bufloaded(here.prompt) ? Question(here.prompt)->trim() : ''
enddef

export def PutBack(taken: list<number>)
  staged = taken + staged
  ListAll()
enddef

export def Attachments(taken: list<number>): list<dict<any>>
  return taken->mapnew((_, place) => attachments[place].attachment)
enddef

# Opens the prompt below the page, or in a window of this tab page that shows another prompt. `quote` is added at the
# end of the prompt.
export def Open(here: dict<any>, quote: list<string>)
  const prompt = Make(here)
  const from = &filetype == 'asideprompt' ? get(w:, 'aside_from') : win_getid()
  const others = Windows()
  if others != []
    win_gotoid(others[0])
  else
    win_gotoid(bufwinid(here.page))
    execute $'belowright :{min([height, winheight(0) / 2])}split'
  endif
  silent execute 'buffer' prompt
  setlocal winfixheight
  w:aside_from = from
  if quote != []
    const before = Question(prompt)->trim("\n")
    Replace(prompt, ((before == '' ? [] : [before, '']) + quote + ['', ''])->join("\n"))
  endif
  List(prompt)
  Forecast(here)
  cursor('$', 1)
  startinsert!
enddef

# Opens the prompt when Vim waits for a key. Vim executes the rest of a command line, of a map and of typed keys first,
# in the current window. If they go to another window or ask a question, no prompt is opened.
export def OpenNext(here: dict<any>)
  next = {window: win_getid(), buffer: bufnr(), here: here}
  # This uses feedkeys(), since :startinsert in an autocommand takes effect only at the next key.
  autocmd SafeState * ++once feedkeys("\<Cmd>call aside#prompt#Next()\<CR>", 'ni')
enddef

export def Next()
  if win_getid() == next.window && bufnr() == next.buffer && mode() == 'n' && next.here.state != 'asking'
    Open(next.here, [])
  endif
enddef

# Whether this tab page has a prompt.
export def Shown(): bool
  return Windows() != []
enddef

# Goes from a file back to the prompt in this tab page, if there is one.
export def Resume()
  const shown = Windows()
  if shown != [] && &filetype !~ '^aside'
    OpenNext(getbufvar(winbufnr(shown[0]), 'aside'))
  endif
enddef

# The windows of this tab page that show a prompt.
def Windows(): list<number>
  return gettabinfo(tabpagenr())[0].windows->copy()->filter((_, w) => getwinvar(w, '&filetype') == 'asideprompt')
enddef

# Adds the file that the question is about.
export def AddFile()
  const source: number = b:aside.source
  const path = document.Path(source)
  if bufloaded(source)
    Stage(attachment.Lines(source, 1, getbufinfo(source)[0].linecount))
  elseif filereadable(path)
    Stage(attachment.File(path))
  else
    daemon.Complain('the file is no longer there')
  endif
enddef

# Returns what the listed attachments cost (the text `brief`), as the end of a sentence; '' if the price is very low.
export def Price(here: dict<any>): string
  const texts = conversation.Answer('attachment/check', CheckParams(here))->get('texts', {})
  return texts->has_key('brief') ? $': {texts.brief}' : ''
enddef

# The parameters of attachment/check for the question in the prompt.
def CheckParams(here: dict<any>): dict<any>
  return conversation.Document(here)->extend({attachments: Attachments(staged)})
    ->extend(here.edited->copy()->filter((name, _) => name == 'parent'))
enddef

# Asks the daemon which updates of shared text would be sent with the next question, and what that question would cost.
def Forecast(here: dict<any>)
  for uri in here.shared
    document.SynchroniseShared(uri)
  endfor
  daemon.Request('attachment/check', CheckParams(here), (answer) => {
    const result = answer->get('result', {})
    here.known = result->get('known', [])
    here.texts = result->get('texts', {})
    if bufloaded(here.prompt)
      ShowRemarks(here.prompt)
      conversation.ShowStatus()
      daemon.KeepMessage()
      suggestion.Fetch(here, Attachments(staged), () => {
        if bufloaded(here.prompt)
          ShowRemarks(here.prompt)
          daemon.KeepMessage()
        endif
      })
    endif
  })
enddef

def ForecastShown()
  for window in getwininfo()->filter((_, w) => getwinvar(w.winid, '&filetype') == 'asideprompt')
    Forecast(getbufvar(window.bufnr, 'aside'))
  endfor
enddef

# Returns the lines above the question. The first says what the question would cost, and what AlongLine() says if there
# is room; the last line suggests what may be added.
def LinesAbove(prompt: number): list<string>
  const here: dict<any> = getbufvar(prompt, 'aside')
  const width = max(win_findbuf(prompt)->mapnew((_, window) => winwidth(window)) ?? [&columns])
  const parts = [here.texts->get('next', ''), AlongLine(here)]->filter((_, part) => part != '')
  const line = parts->join(' · ')
  return ((strcharlen(line) > width ? parts : [line]) + [suggestion.Line(here, width)])->filter((_, one) => one != '')
enddef

# Returns a text that says what the question asks to rewrite, which updates will be sent with the question, or that
# nothing is attached.
def AlongLine(here: dict<any>): string
  const texts: dict<any> = here.texts
  const name = fnamemodify(here.name, ':t')->strtrans()
  return here.edited->has_key('rewrite') ? $'This asks for the new text of {Lines(here.edited.rewrite)} of {name}'
    : texts->has_key('updates') ? $'Changes that will be sent: {texts.updates->strtrans()}; :w! leaves them out'
    : staged != [] ? '' : (texts->has_key('known') ? $'Claude has {texts.known->strtrans()}'
    : here.shared != [] ? 'Nothing new is attached' : 'No code is attached')
    .. (KnowsFile(here) ? '' : $'; CTRL-A adds {name}')
enddef

# Whether the model has all of the file that the question is about.
def KnowsFile(here: dict<any>): bool
  return here.known->copy()->filter((_, row) => row.uri == here.uri && !row->has_key('range')) != []
enddef

# Called before a prompt's window is closed. The text in the prompt becomes an ordinary question again (no rewrite, no
# side question). If the prompt's window is the current window, the cursor goes back to the window from which the prompt
# was opened. This happens at WinEnter, since typed keys would not wait for a timer.
export def BeforeClose()
  b:aside.edited = {}
  if win_getid() == str2nr(expand('<amatch>'))
    execute $'autocmd WinEnter * ++once win_gotoid({get(w:, "aside_from")})'
  endif
enddef

# Returns the question in a prompt: the text without the listed lines.
export def Question(prompt: number): string
  final question: list<string> = []
  for [i, line] in getbufline(prompt, 1, '$')->items()
    const listed = prop_list(i + 1, {bufnr: prompt, types: [mark]})
    var own = line
    for prop in listed->copy()->reverse()
      own = strpart(own, 0, prop.col - 1) .. strpart(own, prop.col - 1 + prop.length)
    endfor
    if listed == [] || own =~ '\S'
      add(question, own)
    endif
  endfor
  return question->join("\n")
enddef

export def Replace(prompt: number, question: string)
  silent deletebufline(prompt, 1, '$')
  setbufline(prompt, 1, split(question, "\n", true))
  List(prompt)
enddef

# Updates the list after a change of the prompt: the user may have deleted listed lines, brought them back, or named
# files. The prompt is never 'modified', so that Vim doesn't ask whether to save it; the prompt keeps its text when its
# window is closed.
export def Changed()
  const before = staged
  staged = Listed(bufnr())
  if staged != before
    ForecastShown()
  endif
  mention.Update()
  ListAll()
enddef

# Returns the numbers of the lines that are to be rewritten, as text for people.
def Lines(rewrite: dict<any>): string
  const [first, last] = [rewrite.range.start.line + 1, rewrite.range.end.line]
  return first == last ? $'line {first}' : $'lines {first}-{last}'
enddef

export def Title(): string
  const count = len(staged)
  const edited: dict<any> = b:aside.edited
  const name = fnamemodify(b:aside.name, ':t')
  const ask = edited->has_key('rewrite') ? $'Say how to rewrite {Lines(edited.rewrite)} of {name}'
    : edited->get('side', false) ? $'Ask by the way about {name}'
    : edited != {} ? $'Ask differently, and keep the old question, about {name}' : $'Ask about {name}'
  const texts: dict<any> = b:aside.texts
  const size = texts->has_key('size') ? $' ({texts.size})' : ''
  const with = count == 0 ? '' : $' with {count} attachment{count == 1 ? "" : "s"}{size}'
  return ask .. with .. (texts->has_key('brief') ? $', {texts.price}' : '')
enddef

export def Make(here: dict<any>): number
  if !bufexists(here.prompt)
    here.prompt = bufadd(here.name->substitute('^aside', 'aside-prompt', ''))
  endif
  const prompt = here.prompt
  setbufvar(prompt, 'aside', here)
  if getbufvar(prompt, '&filetype') != 'asideprompt'
    for [option, value] in items({buftype: 'nofile', bufhidden: 'hide', swapfile: false, modeline: false, textwidth: 0,
      wrapmargin: 0})
      setbufvar(prompt, $'&{option}', value)
    endfor
    noautocmd silent bufload(prompt)  # page.vim says why this is noautocmd
    for [option, value] in items({buftype: 'acwrite', readonly: false, modifiable: true})
      setbufvar(prompt, $'&{option}', value)
    endfor
    setbufvar(prompt, '&filetype', 'asideprompt')
  endif
  return prompt
enddef

# Prints unsent questions on the terminal after Vim has ended.
def BeforeLeave()
  for buffer in getbufinfo({bufloaded: true})
    if getbufvar(buffer.bufnr, '&filetype') == 'asideprompt' && Question(buffer.bufnr) =~ '\S'
      const about = fnamemodify(buffer.variables.aside.name, ':t')
      conversation.PrintAfterExit($'this question about {about} was not sent: {Question(buffer.bufnr)->trim()}')
    endif
  endfor
enddef

def ListAll()
  for buffer in getbufinfo({bufloaded: true})
    if getbufvar(buffer.bufnr, '&filetype') == 'asideprompt'
      List(buffer.bufnr)
    endif
  endfor
enddef

def Listed(prompt: number): list<number>
  return prop_list(1, {bufnr: prompt, end_lnum: -1, types: [mark]})->mapnew((_, prop) => prop.id)
enddef

# Lists the staged attachments above the question. New attachments are put below the listed ones. Existing lines are not
# changed, since the user may be typing in one of them.
def List(prompt: number)
  const listed = Listed(prompt)
  if listed != staged
    var above = 0
    var new = staged
    if listed == staged[: len(listed) - 1] && listed != []
      above = prop_list(1, {bufnr: prompt, end_lnum: -1, types: [mark]})[-1].lnum
      new = staged[len(listed) :]
    elseif listed != []
      const question = Question(prompt)
      silent deletebufline(prompt, 1, '$')
      setbufline(prompt, 1, split(question, "\n", true))
    endif
    appendbufline(prompt, above, new->mapnew((_, place) => $'@ {attachments[place].label}'))
    for [i, place] in items(new)
      prop_add(above + i + 1, 1, {bufnr: prompt, type: mark, id: place, length: len(attachments[place].label) + 2})
    endfor
  endif
  ShowRemarks(prompt)
  setbufvar(prompt, '&modified', false)
enddef

def ShowRemarks(prompt: number)
  if !has('patch-9.0.1000')  # in older versions virtual text is missing or has bugs
    return
  endif
  for type in keys(remarks) + [summary]
    prop_remove({bufnr: prompt, type: type, all: true})
  endfor
  for line in has('patch-9.0.1067') ? LinesAbove(prompt) : []
    prop_add(1, 0, {bufnr: prompt, type: summary, text: line, text_align: 'above', text_wrap: 'truncate'})
  endfor
  for prop in prop_list(1, {bufnr: prompt, end_lnum: -1, types: [mark]})
    const about = attachments[prop.id]
    if about.remark != ''
      prop_add(prop.lnum, 0, {bufnr: prompt, type: about.type, text: $'  {about.remark->strtrans()}', text_wrap: 'wrap'})
    endif
  endfor
enddef

augroup aside_prompt
  autocmd!
  autocmd VimLeavePre * BeforeLeave()
augroup END

defcompile  # compiles all functions now; the end of daemon.vim says why

vim9script
scriptencoding utf-8
# The prompt: a buffer for a question of any length, one for each page, and what goes with the next question, whatever
# it is about: lines and files. That is listed above the question. A listed line is known by its text
# property, never by its words: so none becomes a part of the question, however it is edited, and deleting it
# is how it is removed, u how it is had back. What the daemon says of one stands behind it as virtual text, which is no
# part of the buffer.

import autoload 'aside/attachment.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/file.vim'
import autoload 'aside/thread.vim' as threads

const mark = 'aside_staged'
const summary = 'aside_along'
const remarks = {aside_size: 'asideStaged', aside_asks: 'asideAsks', aside_refused: 'asideRefused'}
const mention = '\%(^\|[[:space:]("]\)@\zs\%(\\.\|\S\)\+'
const height = 7

# All that was ever listed, since u may have it back: what attachment.vim makes, and what the daemon says of it, as
# `remark` and its `type`, and `tokens`.
var attachments: list<dict<any>> = []
var staged: list<number> = []  # the places in it of what goes with the next question
var next: dict<any>  # the thread that a command leads to a question of, and the window and buffer where it was given

highlight default link asideStaged Comment
highlight default link asideAsks WarningMsg
highlight default link asideRefused ErrorMsg
for [type, group] in items({[mark]: 'asideStaged', [summary]: 'asideStaged'}->extend(remarks))
  if prop_type_get(type) == {}
    prop_type_add(type, {highlight: group})
  endif
endfor

# Adds what attachment.vim has made, unless it is there already, and has the daemon look at it if that isn't `checked`.
# Returns how many attachments there are now.
export def Stage(row: dict<any>, checked: dict<any> = {}): number
  if Attachments(staged)->index(row.attachment) < 0
    const place = len(attachments)
    add(staged, place)
    add(attachments, row->extendnew({type: 'aside_size', remark: '', tokens: 0}))
    ListAll()
    if checked != {}
      Checked(place, checked)
    else
      daemon.Request('attachment/check', {attachments: [row.attachment]}, (answer) =>
        Checked(place, answer->get('result', {})->get('attachments', [])->get(0, {})))
    endif
  endif
  return len(staged)
enddef

# A question that was asked, to be changed, and what was shared with it.
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

# What the daemon says of an attachment; nothing if it couldn't.
def Checked(place: number, row: dict<any>)
  if row == {}
    return
  endif
  const refused = row->get('refused', '')
  const reasons = row->get('reasons', [])
  const kind = {image: 'image, ', document: 'PDF, '}->get(row.kind, '')
  const size = $'{kind}{threads.Count(row.tokens)} token{row.tokens == 1 ? "" : "s"}'
  attachments[place]->extend({tokens: row.tokens})
    ->extend(refused != '' ? {type: 'aside_refused', remark: refused}
    : reasons != [] ? {type: 'aside_asks', remark: $'{size}; {reasons->join("; ")}'} : {type: 'aside_size', remark: size})
  ListAll()
  ForecastShown()
enddef

# Lists the files that the question names with @, so that what is sent can be seen before. Each is listed once: deleted
# from the list it stays out, as long as the question names it. A word that is being typed may not be whole yet.
export def Mention()
  const typed = mode() == 'i' ? [line('.'), col('.') - 1] : []
  final named: list<dict<any>> = []
  for lnum in range(1, line('$'))
    var [word, start, end] = getline(lnum)->matchstrpos(mention)
    while start >= 0
      if [lnum, end] != typed && prop_list(lnum, {types: [mark]}) == []
        add(named, Named(word))
      endif
      [word, start, end] = getline(lnum)->matchstrpos(mention, end)
    endwhile
  endfor
  filter(named, (_, row) => row != {})
  const before: list<string> = b:aside.mentioned
  b:aside.mentioned = named->mapnew((_, row) => row.label)
  for row in named
    if before->index(row.label) < 0
      Stage(row)
    endif
  endfor
enddef

# What a word behind an @ means, if anything; a full stop or a bracket may end the sentence.
def Named(typed: string): dict<any>
  var word = file.Unescaped(typed)
  var row = attachment.Named(word, Folders())
  while row == {} && word =~ '[.,;:!?)"'']$'
    word = word[: -2]
    row = attachment.Named(word, Folders())
  endwhile
  return row
enddef

# Where the names in a question are looked up.
export def Folders(): list<string>
  return [document.Folder(b:aside.source), getcwd()]
enddef

# What is staged, to be sent now. `Return` it, if it was not taken.
export def Take(): list<number>
  const taken = staged
  staged = []
  ListAll()
  return taken
enddef

export def Staged(): list<number>
  return staged
enddef

# The question that waits in the prompt of a thread; empty where there is none.
export def Draft(here: dict<any>): string
  return bufloaded(here.prompt) ? Question(here.prompt)->trim() : ''
enddef

export def Return(taken: list<number>)
  staged = taken + staged
  ListAll()
enddef

export def Attachments(taken: list<number>): list<dict<any>>
  return taken->mapnew((_, place) => attachments[place].attachment)
enddef

# Below the page, or in the window of this tab page that shows any prompt; `quote` goes to the end of what is there.
export def Open(thread: dict<any>, quote: list<string>)
  const prompt = Make(thread)
  const from = &filetype == 'asideprompt' ? get(w:, 'aside_from') : win_getid()
  const others = Windows()
  if others != []
    win_gotoid(others[0])
  else
    win_gotoid(bufwinid(thread.page))
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
  Forecast(thread)
  cursor('$', 1)
  startinsert!
enddef

# Opens it for the question that comes next, once Vim waits for a key: the rest of a command line, of a map and of what
# was typed ahead is done where it was meant to be. Whoever is elsewhere by then, or has asked, has gone on.
export def OpenNext(thread: dict<any>)
  next = {window: win_getid(), buffer: bufnr(), thread: thread}
  # By a key: an autocommand's :startinsert waits for one.
  autocmd SafeState * ++once feedkeys("\<Cmd>call aside#prompt#Next()\<CR>", 'ni')
enddef

export def Next()
  if win_getid() == next.window && bufnr() == next.buffer && mode() == 'n' && next.thread.state != 'asking'
    Open(next.thread, [])
  endif
enddef

# From a file back to a question that is being written: to the prompt in this tab page, if there is one.
export def Resume()
  const shown = Windows()
  if shown != [] && &filetype !~ '^aside'
    OpenNext(getbufvar(winbufnr(shown[0]), 'aside'))
  endif
enddef

# Those of this tab page that show a prompt.
def Windows(): list<number>
  return gettabinfo(tabpagenr())[0].windows->copy()->filter((_, w) => getwinvar(w, '&filetype') == 'asideprompt')
enddef

# The file that the question is about goes along.
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

# Has the daemon tell what would go along by itself: what has changed in what was shared.
def Forecast(thread: dict<any>)
  for uri in thread.shared
    document.SynchroniseShared(uri)
  endfor
  daemon.Request('attachment/check', threads.Document(thread)->extend({attachments: Attachments(staged)}), (answer) => {
    const result = answer->get('result', {})
    thread.updates = result->get('updates', [])->mapnew((_, row) => $'{row.name} ({threads.Count(row.tokens)} tokens)')
    thread.cost = result->get('cost', 0) * 1.0
    if bufloaded(thread.prompt)
      Remark(thread.prompt)
      threads.ShowStatus()
    endif
  })
enddef

def ForecastShown()
  for window in getwininfo()->filter((_, w) => getwinvar(w.winid, '&filetype') == 'asideprompt')
    Forecast(getbufvar(window.bufnr, 'aside'))
  endfor
enddef

# What goes along beside the listed lines, for the line above the question.
def Along(prompt: number): string
  const thread: dict<any> = getbufvar(prompt, 'aside')
  const name = fnamemodify(thread.name, ':t')->strtrans()
  return thread->get('updates', []) != []
    ? $'Changed since, and goes along: {thread.updates->join(", ")->strtrans()}; :w! sends without'
    : staged != [] ? '' : thread.shared != [] ? $'Nothing new goes along; CTRL-A adds {name}'
    : $'No code goes along; CTRL-A adds {name}'
enddef

# A prompt's window is about to be closed, and what is in it edits no question any more. Where that is the current
# one, back to where it was opened from, as soon as Vim has chosen another: typed keys don't wait for timers.
export def Back()
  b:aside.edited = {}
  if win_getid() == str2nr(expand('<amatch>'))
    execute $'autocmd WinEnter * ++once win_gotoid({get(w:, "aside_from")})'
  endif
enddef

# The question that stands in a prompt: all of it but the listed lines.
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

# Takes notice of listed lines that the user has deleted, or got back, and of files that the question names. The text is
# safe in any case: Vim need not ask about it.
export def Changed()
  const before = staged
  staged = Listed(bufnr())
  if staged != before
    ForecastShown()
  endif
  Mention()
  ListAll()
enddef

export def Title(): string
  const count = len(staged)
  const tokens = staged->mapnew((_, place) => attachments[place].tokens)->reduce((sum, some) => sum + some, 0)
  const ask = b:aside.edited == {} ? 'Ask' : 'Ask differently, and keep the old question,'
  return $'{ask} about {fnamemodify(b:aside.name, ":t")}' .. (count == 0 ? ''
    : $' with {count} attachment{count == 1 ? "" : "s"} ({threads.Count(tokens)} tokens)') .. (b:aside->get('cost', 0.0) >= 0.01 ? $', {threads.Money(b:aside.cost)}' : '')
enddef

export def Make(thread: dict<any>): number
  if !bufexists(thread.prompt)
    thread.prompt = bufadd(thread.name->substitute('^aside', 'aside-prompt', ''))
  endif
  const prompt = thread.prompt
  setbufvar(prompt, 'aside', thread)
  if getbufvar(prompt, '&filetype') != 'asideprompt'
    for [option, value] in items({buftype: 'nofile', bufhidden: 'hide', swapfile: false, modeline: false, textwidth: 0,
      wrapmargin: 0})
      setbufvar(prompt, $'&{option}', value)
    endfor
    noautocmd silent bufload(prompt)  # for the reason in page.vim
    for [option, value] in items({buftype: 'acwrite', readonly: false, modifiable: true})
      setbufvar(prompt, $'&{option}', value)
    endfor
    setbufvar(prompt, '&filetype', 'asideprompt')
  endif
  return prompt
enddef

# What was not sent is on the screen when Vim has given it back.
def Farewell()
  for buffer in getbufinfo({bufloaded: true})
    if getbufvar(buffer.bufnr, '&filetype') == 'asideprompt' && Question(buffer.bufnr) =~ '\S'
      const about = fnamemodify(buffer.variables.aside.name, ':t')
      threads.LastWords($'this question about {about} was not sent: {Question(buffer.bufnr)->trim()}')
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

# Lists what is staged above the question. What has only been added is put below the others, and no line that is there
# is touched: the user may be typing in one.
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
  Remark(prompt)
  setbufvar(prompt, '&modified', false)
enddef

def Remark(prompt: number)
  if !has('patch-9.0.1000')  # virtual text came, and settled, in the patches of 9.0
    return
  endif
  for type in keys(remarks) + [summary]
    prop_remove({bufnr: prompt, type: type, all: true})
  endfor
  const along = Along(prompt)
  if along != '' && has('patch-9.0.1067')
    prop_add(1, 0, {bufnr: prompt, type: summary, text: along, text_align: 'above', text_wrap: 'truncate'})
  endif
  for prop in prop_list(1, {bufnr: prompt, end_lnum: -1, types: [mark]})
    const about = attachments[prop.id]
    if about.remark != ''
      prop_add(prop.lnum, 0, {bufnr: prompt, type: about.type, text: $'  {about.remark->strtrans()}', text_wrap: 'wrap'})
    endif
  endfor
enddef

augroup aside_prompt
  autocmd!
  autocmd VimLeavePre * Farewell()
augroup END

defcompile  # the reason is in daemon.vim

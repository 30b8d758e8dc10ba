vim9script
# The prompt: a buffer for a question of any length, one for each page, and the lines of files that go with the
# next question, whatever it is about. They are listed above the question. A listed line is known by its text
# property, never by its words: so none becomes a part of the question, however it is edited, and deleting it
# is how it is removed, u how it is had back.

import autoload 'aside/document.vim'

const mark = 'aside_staged'
const height = 7

var attachments: list<dict<any>> = []  # all that was ever listed, since u may have it back
var staged: list<number> = []          # the places in it of what goes with the next question

highlight default link asideStaged Comment
if prop_type_get(mark) == {}
  prop_type_add(mark, {highlight: 'asideStaged'})
endif

# Returns how many selections there are now.
export def Stage(buffer: number, first: number, last: number): number
  AddToStaged(document.Name(buffer), first, last, document.Attachment(buffer, first, last))
  return len(staged)
enddef

# A question that was asked, to be changed, and what was shared with it.
export def Edit(question: dict<any>)
  Replace(bufnr(), question.text)
  for attachment in question.attachments
    const first: number = get(attachment, 'range', {start: {line: 0}}).start.line + 1
    const count = attachment.text->split("\n", true)->len() - (attachment.text =~ "\n$" ? 1 : 0)
    const buffer = document.Buffer(attachment.uri)
    if buffer > 0
      document.NameFolder(buffer)
    endif
    if Attachments(staged)->index(attachment) < 0
      AddToStaged(fnamemodify(attachment.name, ':t'), first, first + count - 1, attachment)
    endif
  endfor
  cursor('$', 1)
  startinsert!
enddef

def AddToStaged(name: string, first: number, last: number, attachment: dict<any>)
  const lines = first == last ? $'{first} (1 line)' : $'{first}-{last} ({last - first + 1} lines)'
  add(staged, len(attachments))
  add(attachments, {label: $'@ {name}:{lines}', attachment: attachment})
  ListAll()
enddef

# What is staged, to be sent now. `Return` it, if it was not taken.
export def Take(): list<number>
  const taken = staged
  staged = []
  ListAll()
  return taken
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
  const windows: list<number> = gettabinfo(tabpagenr())[0].windows
  const others = windows->copy()->filter((_, w) => getwinvar(w, '&filetype') == 'asideprompt')
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
  cursor('$', 1)
  startinsert!
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

# Takes notice of listed lines that the user has deleted, or got back. The text is safe in any case: Vim need
# not ask about it.
export def Changed()
  staged = Listed(bufnr())
  ListAll()
enddef

export def Title(): string
  const count = len(staged)
  const ask = b:aside.edited == {} ? 'Ask' : 'Ask differently, and keep the old question,'
  return $'{ask} about {fnamemodify(b:aside.name, ":t")}' .. (count == 0 ? '' : $' with {count} of your selections')
enddef

export def Make(thread: dict<any>): number
  if !bufexists(thread.prompt)
    thread.prompt = bufadd(thread.name->substitute('^aside', 'aside-prompt', ''))
  endif
  const prompt = thread.prompt
  setbufvar(prompt, 'aside', thread)
  if getbufvar(prompt, '&filetype') != 'asideprompt'
    for [option, value] in items({buftype: 'acwrite', bufhidden: 'hide', swapfile: false, modeline: false})
      setbufvar(prompt, $'&{option}', value)
    endfor
    silent bufload(prompt)
    setbufvar(prompt, '&filetype', 'asideprompt')
  endif
  return prompt
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

# Lists what is staged above the question.
def List(prompt: number)
  if Listed(prompt) != staged
    const question = Question(prompt)
    const labels = staged->mapnew((_, place) => attachments[place].label)
    silent deletebufline(prompt, 1, '$')
    setbufline(prompt, 1, labels + split(question, "\n", true))
    for [i, label] in items(labels)
      prop_add(i + 1, 1, {bufnr: prompt, type: mark, id: staged[i], length: len(label)})
    endfor
  endif
  setbufvar(prompt, '&modified', false)
enddef

defcompile  # the reason is in daemon.vim

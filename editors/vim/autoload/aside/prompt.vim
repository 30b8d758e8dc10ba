vim9script
# The prompt: a buffer for a question of any length, one for each page, and the lines of files that go with the
# next question, whatever it is about. They are listed above the question. A listed line is known by its text
# property, never by its words: so none becomes a part of the question, however it is edited, and deleting it
# is how it is removed, u how it is had back.

import autoload 'aside/document.vim'
import autoload 'aside/page.vim'

const mark = 'aside_staged'
const height = 7

var attachments: dict<dict<any>> = {}  # by number: what is listed anywhere, or was and may be had back
var staged: list<number> = []          # the numbers of those that go with the next question
var latest = 0
var prompts: list<number> = []

highlight default link asideStaged Comment
if prop_type_get(mark) == {}
  prop_type_add(mark, {highlight: 'asideStaged'})
endif

export def Stage(buffer: number, first: number, last: number)
  const lines = first == last ? $'{first}' : $'{first}-{last}'
  const count = last - first + 1
  const label = $'@ {document.Name(buffer)}:{lines} ({count} {count == 1 ? "line" : "lines"})'
  latest += 1
  attachments[latest] = {label: label, attachment: document.Attachment(buffer, first, last)}
  add(staged, latest)
  ListAll()
enddef

export def Count(): number
  return len(staged)
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
  return taken->mapnew((_, id) => attachments[id].attachment)
enddef

# Below the page; `text` goes to the end of what is there already.
export def Open(shown: number, text: list<string>)
  const name = bufname(shown)->substitute('^aside:', 'aside-prompt:', '')
  const prompt = bufadd(name)
  if !bufloaded(prompt)
    setbufvar(prompt, 'aside', page.About(shown)->copy()->extend({prompt: prompt}))
    for [option, value] in items({buftype: 'acwrite', bufhidden: 'hide', swapfile: false, modeline: false})
      setbufvar(prompt, $'&{option}', value)
    endfor
    silent bufload(prompt)
    setbufvar(prompt, '&filetype', 'asideprompt')
    add(prompts, prompt)
  endif
  page.About(prompt)->extend({source: page.About(shown).source})
  if bufwinid(prompt) >= 0
    win_gotoid(bufwinid(prompt))
  else
    page.About(prompt)->extend({from: win_getid()})
    win_gotoid(bufwinid(shown))
    execute $'belowright :{min([height, winheight(0) / 2])}split'
    silent execute 'buffer' prompt
    setlocal winfixheight
  endif
  if text != []
    const before = Question(prompt)->trim("\n")
    Replace(prompt, ((before == '' ? [] : [before, '']) + text + ['', ''])->join("\n"))
  endif
  List(prompt)
  cursor('$', 1)
  startinsert!
enddef

# When its window is closed, back to where the prompt was opened from.
export def Back()
  const [window, from] = [bufwinid(str2nr(expand('<abuf>'))), page.About(str2nr(expand('<abuf>'))).from]
  timer_start(0, (_) => {
    if win_id2tabwin(window) == [0, 0]
      win_gotoid(from)
    endif
  })
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
  staged = Listed(bufnr())->filter((_, id) => attachments->has_key(id))
  ListAll()
enddef

export def Title(): string
  const count = len(staged)
  return $'Ask about {page.Title()}' .. (count == 0 ? '' : $' with {count} of your selections')
enddef

def ListAll()
  prompts->filter((_, prompt) => bufloaded(prompt))
  for prompt in prompts
    List(prompt)
  endfor
enddef

def Listed(prompt: number): list<number>
  return prop_list(1, {bufnr: prompt, end_lnum: -1, types: [mark]})->mapnew((_, prop) => prop.id)
enddef

# Lists what is staged above the question.
def List(prompt: number)
  const question = Question(prompt)
  if Listed(prompt) != staged
    const labels = staged->mapnew((_, id) => attachments[id].label)
    silent deletebufline(prompt, 1, '$')
    setbufline(prompt, 1, labels + split(question, "\n", true))
    for [i, label] in items(labels)
      prop_add(i + 1, 1, {bufnr: prompt, type: mark, id: staged[i], length: len(label)})
    endfor
  endif
  setbufvar(prompt, '&modified', false)
enddef

defcompile  # the reason is in daemon.vim

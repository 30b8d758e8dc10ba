vim9script
# :AsideAdd: adds lines of the current buffer, files, problems or a git diff to the next question.

import autoload 'aside/attachment.vim'
import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/file.vim'
import autoload 'aside/prompt.vim'
import autoload 'aside/subject.vim'

# `range` is how many line numbers were given; `what` has the other arguments, as typed.
export def Add(range: number, first: number, last: number, what: string)
  const lines = what !~ '\S'
  if lines && subject.InAsideBuffer()
    daemon.Complain('these lines are part of the conversation already')
  elseif !daemon.Start()
    return
  elseif lines
    const row = attachment.Lines(bufnr(), first, last)
    Added(row.label, prompt.Stage(row))
  else
    const source: number = conversation.Of(bufnr()).source
    const asked = range > 0 && !subject.InAsideBuffer() ? [first, last] : [1, getbufinfo(source)[0].linecount]
    final rows: list<dict<any>> = []
    for word in file.Words(what)
      rows->extend(word == '++diff' ? [attachment.Diff(source)]
        : word == '++problems' ? [attachment.Problems(source, asked[0], asked[1])] : Files(word))
    endfor
    document.NameFolder(source)
    Stage(rows->copy()->filter((_, row) => row != {}), rows->index({}) < 0 ? []
      : [$'The quickfix and location lists have no entries for {document.Name(source)}{range > 0 ? " in this range" : ""}.'])
  endif
enddef

export def Complete(lead: string, _: string, _: number): list<string>
  return file.Complete(lead) + ['++diff', '++problems']->filter((_, word) => stridx(word, lead) == 0)
enddef

def Files(word: string): list<dict<any>>
  return file.Matching(word)->mapnew((_, path) => attachment.Named(path, []) ?? attachment.File(path))
enddef

# Stages the rows that the daemon doesn't refuse, and shows why it refuses others, after `complaints`.
def Stage(rows: list<dict<any>>, complaints: list<string>)
  attachment.Synchronise(rows->mapnew((_, row) => row.attachment))
  const answer = conversation.Answer('attachment/check', {attachments: rows->mapnew((_, row) => row.attachment)})
  final remarks = complaints->copy()
  final labels: list<string> = []
  var count = 0
  for [i, checked] in answer->get('attachments', [])->items()
    if checked->has_key('refused')
      remarks->add(checked.refused)
    else
      count = prompt.Stage(rows[i], checked)
      labels->add(rows[i].label)
    endif
  endfor
  if remarks != []
    daemon.Complain(remarks->join(' '))
  elseif labels != []
    Added(labels->join(', '), count)
  endif
enddef

def Added(label: string, count: number)
  prompt.Resume()
  daemon.Inform($'{label} will go with the next question' .. (count == 1 ? '' : $', {count} attachments now')
    .. prompt.Price(conversation.Of(bufnr())))
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why

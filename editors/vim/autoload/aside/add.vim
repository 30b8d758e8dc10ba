vim9script
# :AsideAdd: adds lines of the current buffer, files, problems or a git diff to the next question. For a
# folder or a pattern, it first shows the files that would be added, with their tokens and price.

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
    const here = conversation.Of(bufnr())
    const source: number = here.source
    const asked = range > 0 && !subject.InAsideBuffer() ? [first, last] : [1, v:numbermax]
    final rows: list<dict<any>> = []
    final complaints: list<string> = []
    document.NameFolder(source)
    for word in file.Words(what)
      const group = file.Group(word)
      if group != {} && daemon.Knows('find')
        const [files, refused] = Expand(word, group)
        rows->extend(files->mapnew((_, row) => Row(row)))
        complaints->extend(refused)
      else
        rows->extend(word == '++diff' ? [attachment.Diff(source, here.uri)]
          : word == '++problems' ? [attachment.Problems(source, asked[0], asked[1])] : Files(word))
      endif
    endfor
    Stage(rows->copy()->filter((_, row) => row != {}), complaints + (rows->index({}) < 0 ? []
      : [$'The quickfix and location lists have no entries for {document.Name(source)}{range > 0 ? " in this range" : ""}.']))
  endif
enddef

export def Complete(lead: string, _: string, _: number): list<string>
  return file.Complete(lead) + ['++diff', '++problems']->filter((_, word) => stridx(word, lead) == 0)
enddef

def Files(word: string): list<dict<any>>
  return file.Matching(word)->mapnew((_, path) => filereadable(path) ? attachment.File(path)
    : attachment.Named(path, []) ?? attachment.File(path))
enddef

# Returns two lists: the files to add, as rows of attachment/expand, and the reasons why other files can't be added. `word` is a
# folder or a pattern as the user has typed it, `group` the parameters for the daemon. The user sees the files with their
# tokens and price; if the user says no, the list of files to add is empty.
export def Expand(word: string, group: dict<any>): list<any>
  const answer = daemon.Answer('attachment/expand', conversation.Document(conversation.Of(bufnr()))->extend(group))
  if answer->has_key('error')
    const hint = answer.error->get('data', {})->get('hint', '')
    return [[], [$'{answer.error.message->substitute("^params\.pattern: ", "", "")}. {hint}'->strtrans()]]
  endif
  const files: list<dict<any>> = answer.result.files
  const good = files->copy()->filter((_, row) => !row->has_key('refused'))
  const refused = files->copy()->filter((_, row) => row->has_key('refused'))->mapnew((_, row) => row.refused)
  if good != [] && (len(good) == 1 || Wanted(word, good, answer.result->get('texts', {})))
    return [good, refused]
  endif
  return [[], refused]
enddef

# A row of attachment/expand as an entry {label, attachment}.
export def Row(one: dict<any>): dict<any>
  return attachment.Of(one.attachment)
enddef

# Shows the files with the sum of their tokens and their price, and asks whether they should be added.
def Wanted(word: string, files: list<dict<any>>, texts: dict<any>): bool
  const most = max([1, &lines - 8])
  final lines = files[: most - 1]->mapnew((_, row) => $'{row.name}  {row->get("remark", "")}')
    ->map((_, line) => line->strtrans()->strpart(0, &columns - 2))
  if len(files) > most
    lines->add($'and {len(files) - most} more')
  endif
  const sum = ['size', 'price']->filter((_, name) => texts->has_key(name))->map((_, name) => $', {texts[name]}')->join('')
  return confirm(lines->join("\n") .. $"\n\nAside: {word->strtrans()} means these {len(files)} files{sum}",
    "&Add them\n&Cancel", 1) == 1
enddef

# Stages the rows, except those that the daemon refuses. Then shows `complaints` and the daemon's reasons.
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
